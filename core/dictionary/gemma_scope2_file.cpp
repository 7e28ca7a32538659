#include "core/dictionary/gemma_scope_file.h"

#include "core/dictionary/dictionary_file.h"
#include "core/dictionary/place.h"
#include "core/dictionary/side_file.h"
#include "core/files/json_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

/// What config.json says; empty where there is none.
struct GemmaScope2Config {
    std::string in, out, type, modelName;
};

Result<GemmaScope2Config> readConfig(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder / "config.json";
    GemmaScope2Config config;
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return config;
    const auto json = readJson(path);
    if (!json)
        return fail(json.error());
    JsonFields fields(*json, path.string());
    config.in = fields.string("hf_hook_point_in", "");
    config.out = fields.string("hf_hook_point_out", "");
    config.type = fields.string("type", "");
    config.modelName = fields.string("model_name", "");
    const std::string architecture = fields.string("architecture", "jump_relu");
    if (auto checked = fields.check(); !checked)
        return fail(checked.error());
    if (architecture != "jump_relu" && architecture != "jumprelu")
        return fail(Error::Code::Unsupported,
            fmt::format("{}: field `architecture` is \"{}\"; jump_relu is read.", path.string(),
                architecture));
    if (!config.type.empty() && config.type != "sae" && config.type != "transcoder")
        return fail(Error::Code::Unsupported,
            fmt::format("{}: field `type` is \"{}\"; sae and transcoder are read, and "
                        "cross-layer transcoders as a folder with params_layer_N.safetensors.",
                path.string(), config.type));
    // One release spells its models gemma-v3-1b-pt.
    if (const std::size_t at = config.modelName.find("gemma-v3"); at != std::string::npos)
        config.modelName.replace(at, 8, "gemma-3");
    return config;
}

Result<HookPoint> modulePlace(
    const std::filesystem::path& folder, const char* field, const std::string& name)
{
    if (const auto place = placeOfModule(name))
        return *place;
    return fail(Error::Code::Unsupported,
        fmt::format("{}: field `{}` is \"{}\", a module that is no known place of a model.",
            (folder / "config.json").string(), field, name));
}

/// By the folders' names: "transcoder_all/layer_12_width_16k_l0_small_affine".
bool placeByName(const std::string& release, DictionaryConfig& config)
{
    const std::optional<int> number = numberAfter(release, "layer_");
    if (!number)
        return false;
    const Layer layer(*number);
    HookPoint in{HookKind::ResidPost, layer}, out;
    if (config.isTranscoder) {
        in.kind = HookKind::MlpIn;
        out = {HookKind::MlpOut, layer};
    } else if (release.find("resid_post") != std::string::npos) {
        out = in;
    } else if (release.find("mlp_out") != std::string::npos) {
        in.kind = HookKind::MlpOut;
        out = in;
    } else if (release.find("attn_out") != std::string::npos) {
        in.kind = HookKind::Z; // the input of the output projection
        out = in;
    } else {
        return false;
    }
    setPlace(config, in, out);
    config.warnings.emplace_back(
        fmt::format("That it reads {} is told from the name of its folder ({}).",
            config.hookIn.name(), release));
    return true;
}

Result<void> placeFromConfig(
    const std::filesystem::path& folder, const GemmaScope2Config& said, DictionaryConfig& config)
{
    if (said.in.empty()) {
        config.isPlaced = placeByName(dictionaryName(folder, 3), config);
        return {};
    }
    const auto in = modulePlace(folder, "hf_hook_point_in", said.in);
    if (!in)
        return fail(in.error());
    auto out = in;
    if (config.isTranscoder)
        out = modulePlace(folder, "hf_hook_point_out", said.out);
    if (!out)
        return fail(out.error());
    setPlace(config, *in, *out);
    return {};
}

} // namespace

bool isGemmaScope2Folder(const std::filesystem::path& folder)
{
    std::error_code error;
    return std::filesystem::is_regular_file(folder / "params.safetensors", error);
}

Result<Dictionaries> openGemmaScope2(const std::filesystem::path& folder)
{
    const auto said = readConfig(folder);
    if (!said)
        return fail(said.error());
    const std::filesystem::path file = folder / "params.safetensors";
    auto reader = WeightReader::open(file, "the matrix of the encoder");
    if (!reader)
        return fail(reader.error());
    if (reader->shape("w_enc").size() > 2 || reader->shape("w_dec").size() > 2)
        return fail(Error::Code::Unsupported,
            fmt::format("{}: is a crosscoder (its matrices have a dimension for the layers), which "
                        "is not read; SAEs, transcoders and cross-layer transcoders are.",
                file.string()));
    const MatrixSize encoder = reader->matrixSize("w_enc"), decoder = reader->matrixSize("w_dec");

    constexpr const char* kSkip = "affine_skip_connection";
    const bool hasSkip = reader->has(kSkip);
    DictionaryConfig config;
    config.name = dictionaryName(folder);
    config.path = folder;
    config.format = "Gemma Scope 2";
    config.facts.prependBos = true; // every prompt is read so where these are used
    config.isTranscoder = said->type == "transcoder" || hasSkip
        || (said->type.empty()
            && (said->in != said->out
                || dictionaryName(folder, 3).find("transcoder") != std::string::npos));
    config.architecture = std::string("jumprelu") + (hasSkip ? "_skip" : "")
        + (config.isTranscoder ? "_transcoder" : "");
    config.activation = FeatureActivation::JumpRelu;
    config.applyBDecToInput = false;
    config.d_in = encoder.rows;
    config.d_sae = encoder.columns;
    config.d_out = decoder.columns;
    config.baseModel = said->modelName;
    config.dtype = reader->dtype("w_dec");

    Dictionary::Weights weights;
    const at::Tensor W_enc = reader->stored("w_enc", {config.d_in, config.d_sae});
    weights.b_enc = reader->read("b_enc", {config.d_sae});
    weights.W_dec = reader->stored("w_dec", {config.d_sae, config.d_out});
    weights.b_dec = reader->read("b_dec", {config.d_out});
    weights.threshold = reader->read("threshold", {config.d_sae});
    at::Tensor skip;
    if (hasSkip)
        skip = reader->read(kSkip, {config.d_in, config.d_out});
    if (auto checked = reader->check(); !checked)
        return fail(checked.error());
    weights.W_enc = W_enc.t();
    if (hasSkip)
        weights.W_skip = skip.t(); // the file multiplies x from the left, untransposed
    if (auto placed = placeFromConfig(folder, *said, config); !placed)
        return fail(placed.error());
    auto dictionary = finishDictionary(std::move(config), std::move(weights));
    if (!dictionary)
        return fail(dictionary.error());
    return Dictionaries{std::move(*dictionary)};
}

} // namespace core
