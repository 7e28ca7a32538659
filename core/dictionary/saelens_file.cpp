#include "core/dictionary/saelens_file.h"

#include "core/dictionary/dictionary_file.h"
#include "core/dictionary/saelens_config.h"
#include "core/dictionary/side_file.h"
#include "core/files/json_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

constexpr const char* kSaelensWeights = "sae_weights.safetensors";

/// Training classes keep a logarithm (JumpReLU) or one number for all features (BatchTopK).
at::Tensor readThreshold(WeightReader& reader, const SaeLensConfig& config)
{
    const std::int64_t d_sae = config.dictionary.d_sae;
    if (!reader.has("threshold") && reader.has("log_threshold")) {
        const at::Tensor log = reader.read("log_threshold", {d_sae});
        return log.defined() ? log.exp() : log;
    }
    if (config.isTrainingCheckpoint && !reader.has("threshold"))
        return at::full({d_sae}, reader.scalar("topk_threshold"), at::kFloat);
    return reader.read("threshold", {d_sae});
}

std::string trainingCheckpointWarning(const DictionaryConfig& config, const at::Tensor& threshold)
{
    const float least = threshold.min().item<float>();
    std::string text = fmt::format(
        "It is a training checkpoint of a {} dictionary. It is used as SAELens saves one for use: "
        "a feature fires where it is above `topk_threshold` ({:.4g}), whatever the other tokens "
        "do.",
        config.architecture, least);
    if (config.batchK > 0.0)
        text
            += fmt::format(" Only vectors encoded from a file are one batch, of which the k = {:g} "
                           "a vector largest are kept, as in training.",
                config.batchK);
    if (least <= 0.0f)
        text += " A threshold of 0 was never learned: every positive value fires.";
    return text;
}

/// The factor a fine-tuned SAE multiplies its activations by on decoding; undefined where there is
/// none.
at::Tensor readScalingFactor(
    WeightReader& reader, const SaeLensConfig& config, std::vector<std::string>& warnings)
{
    const std::string name = reader.first({"scaling_factor", "finetuning_scaling_factor"});
    if (!reader.has(name) && !config.appliesScalingFactor)
        return {};
    const at::Tensor factor = reader.read(name, {config.dictionary.d_sae});
    if (!factor.defined() || at::allclose(factor, at::ones_like(factor)))
        return {};
    if (config.appliesScalingFactor)
        return factor;
    warnings.emplace_back("Its weights hold a `scaling_factor` that cfg.json does not ask for "
                          "(`finetuning_scaling_factor` is not true); it is left out.");
    return {};
}

at::Tensor readSparsity(const std::filesystem::path& folder, const DictionaryConfig& config,
    std::vector<std::string>& warnings)
{
    const std::filesystem::path path = folder / "sparsity.safetensors";
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return {};
    auto reader = WeightReader::open(path, "cfg.json");
    at::Tensor sparsity;
    Result<void> checked = {};
    if (reader) {
        sparsity = reader->read("sparsity", {config.d_sae});
        checked = reader->check();
    }
    if (!reader || !checked || !at::isfinite(sparsity).all().item<bool>()) {
        warnings.push_back(fmt::format("How often its features fired in training is not known: {}",
            !reader        ? reader.error().message
                : !checked ? checked.error().message
                           : path.string() + ": holds values that are not finite."));
        return {};
    }
    return sparsity;
}

} // namespace

bool isSaeLensFolder(const std::filesystem::path& folder)
{
    std::error_code error;
    return std::filesystem::is_regular_file(folder / "cfg.json", error)
        && !std::filesystem::is_regular_file(folder / "sae.safetensors", error);
}

Result<Dictionaries> openSaeLens(const std::filesystem::path& folder)
{
    const std::filesystem::path cfg = folder / "cfg.json";
    auto json = readJson(cfg);
    if (!json)
        return fail(json.error());
    auto read = readSaeLensConfig(*json, cfg);
    if (!read)
        return fail(read.error());
    DictionaryConfig config = read->dictionary;
    config.name = dictionaryName(folder);
    config.path = folder;

    auto reader = WeightReader::open(folder / kSaelensWeights, "cfg.json");
    if (!reader)
        return fail(reader.error());
    config.dtype = reader->dtype("W_dec");

    const bool isGated = config.activation == FeatureActivation::Gated;
    Dictionary::Weights weights;
    const at::Tensor W_enc = reader->stored("W_enc", {config.d_in, config.d_sae});
    weights.b_enc = reader->read(isGated ? "b_mag" : "b_enc", {config.d_sae});
    weights.W_dec = reader->stored("W_dec", {config.d_sae, config.d_out});
    weights.b_dec = reader->read("b_dec", {config.d_out});
    if (config.activation == FeatureActivation::JumpRelu)
        weights.threshold = readThreshold(*reader, *read);
    if (read->isTrainingCheckpoint && weights.threshold.defined())
        config.warnings.push_back(trainingCheckpointWarning(config, weights.threshold));
    if (isGated) {
        weights.b_gate = reader->read("b_gate", {config.d_sae});
        weights.r_mag = reader->read("r_mag", {config.d_sae});
    }
    if (read->hasSkip)
        weights.W_skip = reader->stored("W_skip", {config.d_out, config.d_in});
    weights.decodeScale = readScalingFactor(*reader, *read, config.warnings);
    if (auto checked = reader->check(); !checked)
        return fail(checked.error());
    if (weights.decodeScale.defined() && config.rescaleByDecoderNorm)
        return fail(Error::Code::Unsupported,
            fmt::format("{}: `finetuning_scaling_factor` and `rescale_acts_by_decoder_norm` "
                        "together are not defined. Fold the scaling factor into W_dec and set it "
                        "to false.",
                cfg.string()));
    weights.W_enc = W_enc.t(); // rows are features; the file keeps columns
    weights.logFiringFrequency = readSparsity(folder, config, config.warnings);
    auto dictionary = finishDictionary(std::move(config), std::move(weights));
    if (!dictionary)
        return fail(dictionary.error());
    return Dictionaries{std::move(*dictionary)};
}

} // namespace core
