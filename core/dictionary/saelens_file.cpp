#include "core/dictionary/saelens_file.h"

#include "core/dictionary/dictionary_file.h"
#include "core/dictionary/saelens_config.h"
#include "core/files/json_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

bool isSaeLensFolder(const std::filesystem::path& folder)
{
    return std::filesystem::is_regular_file(folder / "cfg.json");
}

Result<std::shared_ptr<const Dictionary>> openSaeLens(const std::filesystem::path& folder)
{
    const std::filesystem::path cfg = folder / "cfg.json";
    auto json = readJson(cfg);
    if (!json)
        return fail(json.error());
    auto read = readSaeLensConfig(*json, cfg);
    if (!read)
        return fail(read.error());
    DictionaryConfig config = std::move(read->dictionary);
    config.name = dictionaryName(folder);
    config.path = folder;

    auto reader = WeightReader::open(folder / "sae_weights.safetensors", "cfg.json");
    if (!reader)
        return fail(reader.error());
    config.dtype = reader->dtype("W_dec");

    Dictionary::Weights weights;
    const at::Tensor W_enc = reader->read("W_enc", {config.d_in, config.d_sae});
    weights.b_enc = reader->read("b_enc", {config.d_sae});
    weights.W_dec = reader->read("W_dec", {config.d_sae, config.d_out});
    weights.b_dec = reader->read("b_dec", {config.d_out});
    if (config.activation == FeatureActivation::JumpRelu)
        weights.threshold = reader->read("threshold", {config.d_sae});
    if (read->hasSkip)
        weights.W_skip = reader->read("W_skip", {config.d_out, config.d_in});
    at::Tensor scalingFactor;
    if (read->appliesScalingFactor)
        scalingFactor = reader->read("scaling_factor", {config.d_sae});
    if (auto checked = reader->check(); !checked)
        return fail(checked.error());

    weights.W_enc = W_enc.t(); // rows are features; the file keeps columns
    if (scalingFactor.defined()) {
        if (config.rescaleByDecoderNorm)
            return fail(Error::Code::Unsupported,
                fmt::format("{}: `finetuning_scaling_factor` and `rescale_acts_by_decoder_norm` "
                            "together are not "
                            "defined. Fold the scaling factor into W_dec and set it to false.",
                    cfg.string()));
        weights.W_dec = weights.W_dec * scalingFactor.unsqueeze(1);
    }
    return Dictionary::create(std::move(config), std::move(weights));
}

} // namespace core
