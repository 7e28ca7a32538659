#include "core/dictionary/place.h"
#include "core/dictionary/side_file.h"
#include "core/dictionary/single_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

bool isLinearLayersFile(const WeightReader& reader)
{
    return reader.has("encoder_linear.weight")
        || (reader.has("encoder.weight") && reader.has("decoder.weight")
            && reader.has("decoder.bias"));
}

Result<std::shared_ptr<const Dictionary>> openLinearLayers(
    WeightReader& reader, const std::filesystem::path& file)
{
    const bool isGoodfire = reader.has("encoder_linear.weight");
    const std::string suffix = isGoodfire ? "_linear" : "";
    const auto name
        = [&](const char* layer, const char* tensor) { return layer + suffix + "." + tensor; };
    const MatrixSize encoder = reader.matrixSize(name("encoder", "weight"));
    DictionaryConfig config;
    config.name = dictionaryName(std::filesystem::path(file).replace_extension());
    config.path = file;
    config.format = isGoodfire ? "Goodfire" : "linear layers";
    config.architecture = "standard";
    config.applyBDecToInput = false;
    config.d_sae = encoder.rows;
    config.d_in = config.d_out = encoder.columns;
    config.dtype = reader.dtype(name("encoder", "weight"));

    Dictionary::Weights weights;
    weights.W_enc = reader.stored(name("encoder", "weight"), {config.d_sae, config.d_in});
    weights.b_enc = reader.read(name("encoder", "bias"), {config.d_sae});
    const at::Tensor decoder
        = reader.stored(name("decoder", "weight"), {config.d_out, config.d_sae});
    weights.b_dec = reader.read(name("decoder", "bias"), {config.d_out});
    if (auto checked = reader.check(); !checked)
        return fail(checked.error());
    weights.W_dec = decoder.t().contiguous(); // single rows are read all the time

    // "Llama-3.3-70B-Instruct-SAE-l50": the model and the layer whose output it reads.
    const std::string stem = file.stem().string();
    const std::size_t at = stem.find("-SAE-l");
    const auto layer = at == std::string::npos ? std::nullopt : numberAfter(stem, "-SAE-l");
    config.isPlaced = layer.has_value();
    if (layer) {
        config.baseModel = stem.substr(0, at);
        const HookPoint point{HookKind::ResidPost, Layer(*layer)};
        setPlace(config, point, point);
        config.warnings.emplace_back(
            fmt::format("That it reads {} of {} is told from the name of its file.", point.name(),
                config.baseModel));
    }
    return finishDictionary(std::move(config), std::move(weights));
}

} // namespace core
