#include "core/dictionary/place.h"
#include "core/dictionary/side_file.h"
#include "core/dictionary/single_file.h"
#include "core/files/json_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

/// "blocks.8.ln2.hook_normalized" somewhere in a file's name.
std::optional<HookPoint> hookInName(const std::string& name)
{
    const std::size_t begin = name.find("blocks.");
    if (begin == std::string::npos)
        return std::nullopt;
    // The name goes on behind the hook ("_24576.pt"): take the longest part that is one.
    for (std::size_t length = name.size() - begin; length > 0; --length)
        if (auto point = placeOfHook(name.substr(begin, length)))
            return *point;
    return std::nullopt;
}

/// <name>_cfg.json beside <name>.pt: {act_name, layer, act_size, dict_size, model_name}.
Result<void> readSideConfig(const std::filesystem::path& file, DictionaryConfig& config)
{
    const std::filesystem::path path = file.parent_path() / (file.stem().string() + "_cfg.json");
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return {};
    const auto json = readJson(path);
    if (!json)
        return fail(json.error());
    JsonFields fields(*json, path.string());
    std::string hook = fields.string("act_name", "");
    const std::int64_t layer = fields.integer("layer", -1);
    config.baseModel = fields.string("model_name", "gpt2-small");
    for (const auto& [field, size] :
        {std::pair{"act_size", config.d_in}, std::pair{"dict_size", config.d_sae}})
        if (const std::int64_t said = fields.integer(field, size); said != size)
            fields.complain(field,
                fmt::format("is {}, the weights have {}. The two belong to different dictionaries.",
                    said, size));
    if (auto checked = fields.check(); !checked)
        return checked;
    if (hook.empty())
        return {};
    if (!hook.starts_with("blocks.") && layer >= 0)
        hook = fmt::format("blocks.{}.{}{}", layer, hook == "hook_z" ? "attn." : "", hook);
    auto point = placeOfHook(hook);
    if (!point)
        return fail(point.error().code,
            fmt::format("{}: field `act_name`: {}", path.string(), point.error().message));
    config.isPlaced = true;
    setPlace(config, *point, *point);
    return {};
}

} // namespace

bool isMatricesFile(const WeightReader& reader)
{
    return reader.has("W_enc") && reader.has("W_dec") && reader.has("b_enc") && reader.has("b_dec");
}

Result<std::shared_ptr<const Dictionary>> openMatrices(
    WeightReader& reader, const std::filesystem::path& file)
{
    for (const char* other : {"threshold", "log_threshold", "r_mag", "b_gate", "k"})
        if (reader.has(other))
            return fail(Error::Code::Unsupported,
                fmt::format("{}: has a tensor `{}`, so it is no plain ReLU dictionary, and no "
                            "configuration beside it says which kind it is.",
                    file.string(), other));
    const MatrixSize encoder = reader.matrixSize("W_enc"), decoder = reader.matrixSize("W_dec");
    DictionaryConfig config;
    config.name = dictionaryName(std::filesystem::path(file).replace_extension());
    config.path = file;
    config.isTranscoder = reader.has("b_dec_out");
    config.format = config.isTranscoder ? "Dunefsky transcoder" : "SAE matrices";
    config.architecture = config.isTranscoder ? "transcoder" : "standard";
    config.d_in = encoder.rows;
    config.d_sae = encoder.columns;
    config.d_out = decoder.columns;
    config.dtype = reader.dtype("W_dec");
    config.isPlaced = false;

    Dictionary::Weights weights;
    const at::Tensor W_enc = reader.stored("W_enc", {config.d_in, config.d_sae});
    weights.b_enc = reader.read("b_enc", {config.d_sae});
    weights.W_dec = reader.stored("W_dec", {config.d_sae, config.d_out});
    const at::Tensor b_dec = reader.read("b_dec", {config.d_in});
    weights.b_dec = config.isTranscoder ? reader.read("b_dec_out", {config.d_out}) : b_dec;
    if (auto checked = reader.check(); !checked)
        return fail(checked.error());
    weights.W_enc = W_enc.t();
    if (config.isTranscoder)
        weights.b_in = b_dec;

    if (auto read = readSideConfig(file, config); !read)
        return fail(read.error());
    const auto point = config.isPlaced ? std::nullopt : hookInName(file.filename().string());
    if (point) {
        setPlace(config, *point,
            config.isTranscoder ? HookPoint{HookKind::MlpOut, point->layer} : *point);
        config.isPlaced = true;
        config.warnings.push_back(fmt::format(
            "That it reads {} is told from the name of its file.", config.hookIn.name()));
    }
    return finishDictionary(std::move(config), std::move(weights));
}

std::string unsupportedKind(const WeightReader& reader)
{
    for (const TensorView& tensor : reader.file().tensors()) {
        const std::string_view name = tensor.name;
        const auto has
            = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
        if (has("encoder_module.encoders.") || has("decoder_module.decoders."))
            return "a cross-layer transcoder of crosslayer-coding";
        if (has("W_decs.") || has("b_decs."))
            return "a cross-layer transcoder of EleutherAI's clt-training";
        if (has("W_dec_norm"))
            return "a cross-layer TopK transcoder of ByteDance";
        if (has("W_Q") && reader.has("W_O") && reader.has("b_D"))
            return "a low-rank sparse attention dictionary (Lorsa)";
        if ((has("encoder.weight") || has("decoder.weight") || has("W_enc") || has("W_dec"))
            && tensor.shape.size() > 2)
            return "a crosscoder";
    }
    return {};
}

} // namespace core
