#include "core/dictionary/saelens_config.h"

#include "core/files/json_file.h"

#include <fmt/format.h>

namespace core {

namespace {

/// Versions before 6 keep everything at the top level, some under other names; version 6 has
/// `metadata`.
nlohmann::json flatten(const nlohmann::json& json)
{
    nlohmann::json flat = json;
    if (const auto metadata = json.find("metadata");
        metadata != json.end() && metadata->is_object())
        for (const auto& [key, value] : metadata->items())
            if (!flat.contains(key))
                flat[key] = value;
    const std::pair<const char*, const char*> renamed[]
        = {{"hook_point", "hook_name"}, {"hook_point_head_index", "hook_head_index"},
            {"hook_point_layer", "hook_layer"}, {"activation_fn_str", "activation_fn"}};
    for (const auto& [old, now] : renamed)
        if (flat.contains(old) && !flat.contains(now))
            flat[now] = flat[old];
    return flat;
}

tl::unexpected<Error> unsupported(const std::filesystem::path& file, const char* field,
    const std::string& value, const std::string& advice)
{
    return fail(Error::Code::Unsupported,
        fmt::format("{}: field `{}` is \"{}\", which is not read here. {}", file.string(), field,
            value, advice));
}

Result<void> readArchitecture(const nlohmann::json& flat, JsonFields& fields,
    const std::filesystem::path& file, SaeLensConfig& config)
{
    DictionaryConfig& d = config.dictionary;
    d.architecture = fields.string("architecture", "standard");
    const bool isVersion6 = flat.contains("metadata");
    if (!isVersion6 && d.architecture == "standard" && flat.contains("activation_fn")) {
        const std::string activation = fields.string("activation_fn", "relu");
        if (activation == "topk")
            d.architecture = "topk";
        else if (activation != "relu")
            return unsupported(file, "activation_fn", activation,
                "relu and topk are read; convert the SAE to one of them.");
    }

    if (d.architecture == "topk") {
        d.activation = FeatureActivation::TopK;
        const auto kwargs = flat.find("activation_fn_kwargs");
        const bool isNested = !flat.contains("k") && kwargs != flat.end() && kwargs->is_object();
        JsonFields source(isNested ? *kwargs : flat, file.string());
        d.k = static_cast<int>(source.integer("k"));
        if (auto checked = source.check(); !checked)
            return checked;
        d.rescaleByDecoderNorm = fields.boolean("rescale_acts_by_decoder_norm", false);
    } else if (d.architecture == "jumprelu") {
        d.activation = FeatureActivation::JumpRelu;
    } else if (d.architecture == "transcoder" || d.architecture == "skip_transcoder"
        || d.architecture == "jumprelu_transcoder"
        || d.architecture == "jumprelu_skip_transcoder") {
        d.isTranscoder = true;
        config.hasSkip = d.architecture.find("skip") != std::string::npos;
        if (d.architecture.starts_with("jumprelu"))
            d.activation = FeatureActivation::JumpRelu;
    } else if (d.architecture != "standard") {
        const bool isTraining = d.architecture.find("batchtopk") != std::string::npos;
        return unsupported(file, "architecture", d.architecture,
            isTraining ? "It is a training checkpoint: save it for inference (as jumprelu) first."
                       : "standard, topk, jumprelu and (skip, jumprelu) transcoders are read.");
    }
    return {};
}

Result<void> readNormalization(const nlohmann::json& flat, JsonFields& fields,
    const std::filesystem::path& file, DictionaryConfig& d)
{
    const auto value = flat.find("normalize_activations");
    if (value != flat.end() && value->is_boolean())
        d.normalizationName = value->get<bool>() ? "expected_average_only_in" : "none";
    else
        d.normalizationName = fields.string("normalize_activations", "none");
    if (d.normalizationName == "layer_norm")
        d.normalization = InputNormalization::LayerNorm;
    else if (d.normalizationName == "constant_norm_rescale")
        d.normalization = InputNormalization::ConstantNormRescale;
    else if (d.normalizationName != "none" && d.normalizationName != "expected_average_only_in")
        return unsupported(file, "normalize_activations", d.normalizationName,
            "none, layer_norm, constant_norm_rescale and expected_average_only_in are known.");
    return {};
}

Result<HookPoint> readHook(const std::filesystem::path& file, const char* field, std::string name,
    const nlohmann::json& flat)
{
    if (const std::size_t at = name.find("{layer}"); at != std::string::npos) {
        const auto layer = flat.find("hook_layer");
        if (layer == flat.end() || !layer->is_number_integer())
            return fail(Error::Code::InvalidFile,
                fmt::format("{}: field `{}` is \"{}\" but `hook_layer` does not say which layer.",
                    file.string(), field, name));
        name.replace(at, 7, std::to_string(layer->get<std::int64_t>()));
    }
    // TransformerLens' hook_mlp_in is the residual stream before the norm.
    if (const std::size_t at = name.find(".hook_mlp_in"); at != std::string::npos)
        name.replace(at, std::string::npos, ".hook_resid_mid");
    auto point = HookPoint::parse(name);
    if (!point)
        return fail(point.error().code,
            fmt::format("{}: field `{}`: {}", file.string(), field, point.error().message));
    return point;
}

Result<void> readHooks(const nlohmann::json& flat, JsonFields& fields,
    const std::filesystem::path& file, DictionaryConfig& d)
{
    for (const char* field : {"hook_head_index", "hook_head_index_out"})
        if (fields.has(field))
            return unsupported(
                file, field, flat[field].dump(), "Dictionaries of a single head are not read.");
    const std::string in = fields.string("hook_name");
    const std::string out = d.isTranscoder ? fields.string("hook_name_out") : in;
    if (auto checked = fields.check(); !checked)
        return checked;
    auto hookIn = readHook(file, "hook_name", in, flat);
    if (!hookIn)
        return fail(hookIn.error());
    auto hookOut = readHook(file, d.isTranscoder ? "hook_name_out" : "hook_name", out, flat);
    if (!hookOut)
        return fail(hookOut.error());
    d.hookIn = *hookIn;
    d.hookOut = *hookOut;
    const std::string reshape = fields.string(
        "reshape_activations", in.find("hook_z") != std::string::npos ? "hook_z" : "none");
    if (reshape != "none" && reshape != "hook_z")
        return unsupported(file, "reshape_activations", reshape, "none and hook_z are known.");
    d.flattensHeads = reshape == "hook_z";
    return {};
}

} // namespace

Result<SaeLensConfig> readSaeLensConfig(
    const nlohmann::json& json, const std::filesystem::path& file)
{
    if (!json.is_object())
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: holds no JSON object. Is it the cfg.json of a SAELens dictionary?",
                file.string()));
    const nlohmann::json flat = flatten(json);
    JsonFields fields(flat, file.string());

    SaeLensConfig config;
    DictionaryConfig& d = config.dictionary;
    d.format = "SAELens";
    if (auto read = readArchitecture(flat, fields, file, config); !read)
        return fail(read.error());
    if (auto read = readNormalization(flat, fields, file, d); !read)
        return fail(read.error());

    constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
    const auto size = [&](const char* field) {
        const std::int64_t value = fields.integer(field);
        if (value <= 0 || value > kLargest)
            fields.complain(
                field, fmt::format("is {}; sizes lie between 1 and {}", value, kLargest));
        return static_cast<int>(value);
    };
    d.d_in = size("d_in");
    if (!fields.has("d_sae") && fields.has("expansion_factor")) {
        const std::int64_t factor = fields.integer("expansion_factor");
        if (factor <= 0 || d.d_in <= 0 || factor > kLargest / d.d_in)
            fields.complain(
                "expansion_factor", fmt::format("is {}, which is no sensible factor", factor));
        else
            d.d_sae = static_cast<int>(factor * d.d_in);
    } else
        d.d_sae = size("d_sae");
    d.d_out = d.isTranscoder ? size("d_out") : d.d_in;
    d.applyBDecToInput = !d.isTranscoder && fields.boolean("apply_b_dec_to_input", true);
    d.baseModel = fields.string("model_name", "");
    config.appliesScalingFactor = fields.boolean("finetuning_scaling_factor", false);
    if (auto checked = fields.check(); !checked)
        return fail(checked.error());
    if (auto read = readHooks(flat, fields, file, d); !read)
        return fail(read.error());
    return config;
}

} // namespace core
