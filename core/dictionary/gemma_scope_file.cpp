#include "core/dictionary/gemma_scope_file.h"

#include "core/dictionary/dictionary_file.h"
#include "core/dictionary/place.h"
#include "core/dictionary/side_file.h"

#include <cmath>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

struct Release {
    std::string text; // "gemma-scope-2b-pt-res/layer_5/width_16k/average_l0_68"
    bool isKnown = false;

    bool has(std::string_view part) const { return text.find(part) != std::string::npos; }
};

Release releaseOf(const std::filesystem::path& folder)
{
    const std::string path = releasePath(folder);
    const std::size_t at = path.rfind("gemma-scope");
    if (at != std::string::npos)
        return {path.substr(at), true};
    return {dictionaryName(folder, 4), false};
}

std::string modelOf(const Release& release)
{
    for (const char* size : {"27b", "9b", "2b"})
        if (release.has(std::string("gemma-scope-") + size))
            return std::string("gemma-2-") + size
                + (release.has(std::string(size) + "-it") ? "-it" : "");
    return {};
}

/// Nothing where the names do not tell.
std::optional<std::pair<HookPoint, HookPoint>> placesOf(const Release& release)
{
    const auto same = [](const HookPoint& point) { return std::pair{point, point}; };
    if (release.has("embedding"))
        return same({HookKind::Embed, Layer()});
    const std::optional<int> number = numberAfter(release.text, "layer_");
    if (!number)
        return std::nullopt;
    const Layer layer(*number);
    if (release.has("transcoder"))
        return std::pair{
            HookPoint{HookKind::Ln2Normalized, layer}, HookPoint{HookKind::MlpOut, layer}};
    if (!release.isKnown)
        return std::nullopt;
    if (release.has("-res"))
        return same({HookKind::ResidPost, layer});
    if (release.has("-mlp"))
        return same({HookKind::MlpOut, layer});
    if (release.has("-att"))
        return same({HookKind::Z, layer});
    return std::nullopt;
}

} // namespace

bool isGemmaScopeFolder(const std::filesystem::path& folder)
{
    std::error_code error;
    return std::filesystem::is_regular_file(folder / "params.npz", error);
}

Result<Dictionaries> openGemmaScope(const std::filesystem::path& folder)
{
    auto reader = WeightReader::open(folder / "params.npz", "the matrix of the encoder");
    if (!reader)
        return fail(reader.error());
    const std::string enc = reader->first({"W_enc", "w_enc"});
    const std::string dec = reader->first({"W_dec", "w_dec"});
    const MatrixSize encoder = reader->matrixSize(enc), decoder = reader->matrixSize(dec);

    const Release release = releaseOf(folder);
    DictionaryConfig config;
    config.name = dictionaryName(folder, 3);
    config.path = folder;
    config.format = "Gemma Scope";
    config.isTranscoder = release.has("transcoder");
    config.architecture = config.isTranscoder ? "jumprelu_transcoder" : "jumprelu";
    config.activation = FeatureActivation::JumpRelu;
    config.applyBDecToInput = false;
    config.d_in = encoder.rows;
    config.d_sae = encoder.columns;
    config.d_out = decoder.columns;
    config.baseModel = modelOf(release);
    config.dtype = reader->dtype(dec);
    config.facts.prependBos = true;
    config.facts.contextSize = 1024;

    Dictionary::Weights weights;
    const at::Tensor W_enc = reader->stored(enc, {config.d_in, config.d_sae});
    weights.b_enc = reader->read("b_enc", {config.d_sae});
    weights.W_dec = reader->stored(dec, {config.d_sae, config.d_out});
    weights.b_dec = reader->read("b_dec", {config.d_out});
    weights.threshold = reader->read("threshold", {config.d_sae});
    if (auto checked = reader->check(); !checked)
        return fail(checked.error());
    weights.W_enc = W_enc.t();
    if (release.has("embedding")) {
        // Trained on embeddings before Gemma scales them by the root of d_model; b_dec is added to
        // what the model really holds.
        config.inputFactor = 1.0 / std::sqrt(static_cast<double>(config.d_in));
        config.outputFactor = std::sqrt(static_cast<double>(config.d_in));
        weights.b_dec = weights.b_dec * config.inputFactor;
    }
    if (const auto places = placesOf(release)) {
        setPlace(config, places->first, places->second);
        config.warnings.emplace_back(
            fmt::format("That it reads {} is told from the name of its folder ({}).",
                config.hookIn.name(), release.text));
    } else {
        config.isPlaced = false;
    }
    auto dictionary = finishDictionary(std::move(config), std::move(weights));
    if (!dictionary)
        return fail(dictionary.error());
    return Dictionaries{std::move(*dictionary)};
}

} // namespace core
