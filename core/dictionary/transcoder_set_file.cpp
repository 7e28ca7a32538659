#include "core/dictionary/transcoder_set_file.h"

#include "core/dictionary/dictionary_file.h"
#include "core/dictionary/plain_yaml.h"

#include <charconv>
#include <fstream>
#include <iterator>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

struct SetConfig {
    std::string modelName, inputHook, outputHook;
    bool isTopK = false;
    int k = 0;
    std::vector<std::filesystem::path> files; // index = layer
};

tl::unexpected<Error> refuse(
    Error::Code code, const std::filesystem::path& file, const std::string& problem)
{
    return fail(code, fmt::format("{}: {}", file.string(), problem));
}

/// layer_0.safetensors, layer_1.safetensors ... without a gap.
Result<std::vector<std::filesystem::path>> numberedFiles(const std::filesystem::path& folder)
{
    std::vector<std::filesystem::path> files;
    int highest = -1;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        const std::string stem = entry.path().stem().string();
        int layer = -1;
        if (entry.path().extension() == ".safetensors" && stem.starts_with("layer_")
            && std::from_chars(stem.data() + 6, stem.data() + stem.size(), layer).ptr
                == stem.data() + stem.size())
            highest = std::max(highest, layer);
    }
    if (highest < 0)
        return refuse(Error::Code::NotFound, folder,
            "config.yaml has no list `transcoders` and there is no layer_0.safetensors beside it.");
    for (int layer = 0; layer <= highest; ++layer) {
        files.push_back(folder / fmt::format("layer_{}.safetensors", layer));
        if (!std::filesystem::exists(files.back()))
            return refuse(Error::Code::NotFound, files.back(),
                fmt::format(
                    "is missing, while layer {} is there. A set needs a file for every layer.",
                    highest));
    }
    return files;
}

Result<std::vector<std::filesystem::path>> listedFiles(
    const std::filesystem::path& folder, const std::vector<std::string>& names)
{
    const std::filesystem::path config = folder / "config.yaml";
    std::vector<std::filesystem::path> files;
    for (const std::string& name : names) {
        const std::filesystem::path relative = std::filesystem::path(name).lexically_normal();
        if (name.find("://") != std::string::npos)
            return refuse(Error::Code::Unsupported, config,
                fmt::format(
                    "`transcoders` names \"{}\" on the network. Fetch the file and write its path "
                    "relative to this folder.",
                    name));
        if (relative.is_absolute() || relative.empty() || *relative.begin() == "..")
            return refuse(Error::Code::InvalidFile, config,
                fmt::format("`transcoders` names \"{}\", which is outside this folder. Paths are "
                            "relative to it.",
                    name));
        if (relative.extension() != ".safetensors")
            return refuse(Error::Code::Unsupported, config,
                fmt::format(
                    "`transcoders` names \"{}\"; .safetensors files are read. Convert it first.",
                    name));
        files.push_back(folder / relative);
    }
    return files;
}

Result<SetConfig> readConfig(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder / "config.yaml";
    std::ifstream stream(path, std::ios::binary);
    if (!stream)
        return refuse(Error::Code::Io, path, "cannot be read. Check that it may be opened.");
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    auto yaml = PlainYaml::parse(text, path.string());
    if (!yaml)
        return fail(yaml.error());
    const auto value = [&](const char* key) {
        const auto found = yaml->scalars.find(key);
        return found == yaml->scalars.end() ? std::string{} : found->second;
    };

    const std::string kind = value("model_kind");
    if (kind == "cross_layer_transcoder")
        return refuse(Error::Code::Unsupported, path,
            "`model_kind` is cross_layer_transcoder, which is not read yet; per-layer sets are.");
    if (!kind.empty() && kind != "transcoder_set")
        return refuse(Error::Code::Unsupported, path,
            fmt::format("`model_kind` is \"{}\"; transcoder_set is read.", kind));

    SetConfig config;
    config.modelName = value("model_name");
    config.inputHook = value("feature_input_hook");
    config.outputHook = value("feature_output_hook");
    for (const auto& [key, hook] : {std::pair{"feature_input_hook", &config.inputHook},
             std::pair{"feature_output_hook", &config.outputHook}})
        if (hook->empty())
            return refuse(Error::Code::InvalidFile, path,
                fmt::format(
                    "field `{}` is missing. Say which place of a block it is, for example `{}`.",
                    key, hook == &config.inputHook ? "hook_resid_mid" : "hook_mlp_out"));

    const std::string activation = value("activation");
    config.isTopK = activation == "topk";
    if (!activation.empty() && activation != "relu" && activation != "jump_relu"
        && activation != "jumprelu" && !config.isTopK)
        return refuse(Error::Code::Unsupported, path,
            fmt::format("`activation` is \"{}\"; relu and topk are known.", activation));
    if (config.isTopK) {
        const std::string k = value("k");
        if (std::from_chars(k.data(), k.data() + k.size(), config.k).ec != std::errc()
            || config.k <= 0)
            return refuse(Error::Code::InvalidFile, path,
                "`activation` is topk, so field `k` must be a count above 0.");
    }
    auto files = yaml->lists.contains("transcoders")
        ? listedFiles(folder, yaml->lists.at("transcoders"))
        : numberedFiles(folder);
    if (!files)
        return fail(files.error());
    config.files = std::move(*files);
    return config;
}

Result<HookPoint> hookAt(const std::filesystem::path& config, int layer, const std::string& hook)
{
    auto point = HookPoint::parse(fmt::format("blocks.{}.{}", layer, hook));
    if (!point)
        return refuse(point.error().code, config, point.error().message);
    return point;
}

Result<std::shared_ptr<const Dictionary>> openLayer(
    const std::filesystem::path& folder, const SetConfig& set, int layer)
{
    const std::filesystem::path& path = set.files[static_cast<std::size_t>(layer)];
    auto reader = WeightReader::open(path, "W_enc");
    if (!reader)
        return fail(reader.error());
    const std::vector<std::int64_t> shape = reader->shape("W_enc");
    constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
    if (shape.size() != 2 || shape[0] <= 0 || shape[1] <= 0 || shape[0] > kLargest
        || shape[1] > kLargest)
        return refuse(Error::Code::InvalidFile, path,
            "tensor `W_enc` must be a matrix [features, d_model]. The file holds no circuit-tracer "
            "transcoder.");
    const std::vector<std::int64_t> out = reader->shape("b_dec");

    DictionaryConfig config;
    config.name = dictionaryName(folder / fmt::format("layer_{}", layer));
    config.path = path;
    config.format = "circuit-tracer";
    config.isTranscoder = true;
    config.d_sae = static_cast<int>(shape[0]);
    config.d_in = static_cast<int>(shape[1]);
    config.d_out = out.size() == 1 && out[0] <= kLargest ? static_cast<int>(out[0]) : config.d_in;
    config.applyBDecToInput = false;
    config.reluAfterGate = false;
    config.baseModel = set.modelName;
    config.dtype = reader->dtype("W_dec");
    auto hookIn = hookAt(folder / "config.yaml", layer, set.inputHook);
    if (!hookIn)
        return fail(hookIn.error());
    auto hookOut = hookAt(folder / "config.yaml", layer, set.outputHook);
    if (!hookOut)
        return fail(hookOut.error());
    config.hookIn = *hookIn;
    config.hookOut = *hookOut;

    constexpr const char* kThreshold = "activation_function.threshold";
    Dictionary::Weights weights;
    weights.W_enc = reader->read("W_enc", {config.d_sae, config.d_in});
    weights.b_enc = reader->read("b_enc", {config.d_sae});
    weights.W_dec = reader->read("W_dec", {config.d_sae, config.d_out});
    weights.b_dec = reader->read("b_dec", {config.d_out});
    const bool hasSkip = reader->has("W_skip");
    if (hasSkip)
        weights.W_skip = reader->read("W_skip", {config.d_out, config.d_in});
    if (set.isTopK) {
        config.activation = FeatureActivation::TopK;
        config.k = set.k;
    } else if (reader->has(kThreshold)) {
        config.activation = FeatureActivation::JumpRelu;
        weights.threshold = reader->read(kThreshold, {config.d_sae});
    }
    if (auto checked = reader->check(); !checked)
        return fail(checked.error());
    config.architecture = std::string(config.activation == FeatureActivation::TopK   ? "topk_"
                                  : config.activation == FeatureActivation::JumpRelu ? "jumprelu_"
                                                                                     : "")
        + (hasSkip ? "skip_transcoder" : "transcoder");
    return Dictionary::create(std::move(config), std::move(weights));
}

} // namespace

bool isTranscoderSetFolder(const std::filesystem::path& folder)
{
    return std::filesystem::is_regular_file(folder / "config.yaml");
}

Result<Dictionaries> openTranscoderSet(const std::filesystem::path& folder)
{
    auto set = readConfig(folder);
    if (!set)
        return fail(set.error());
    Dictionaries layers;
    for (std::size_t layer = 0; layer < set->files.size(); ++layer) {
        auto dictionary = openLayer(folder, *set, static_cast<int>(layer));
        if (!dictionary)
            return fail(dictionary.error());
        if (!layers.empty() && (*dictionary)->config().d_sae != layers.front()->config().d_sae)
            return refuse(Error::Code::InvalidFile, set->files[layer],
                fmt::format(
                    "has {} features, layer 0 has {}. The layers of a set must be of one width.",
                    (*dictionary)->config().d_sae, layers.front()->config().d_sae));
        layers.push_back(std::move(*dictionary));
    }
    if (layers.empty())
        return refuse(
            Error::Code::InvalidFile, folder / "config.yaml", "the list `transcoders` is empty.");
    return layers;
}

} // namespace core
