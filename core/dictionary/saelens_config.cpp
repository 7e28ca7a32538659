#include "core/dictionary/saelens_config.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

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

/// Written by version 6 or later: the fields that only older ones know are leftovers there.
bool isVersion6(const nlohmann::json& flat)
{
    const auto version = flat.find("sae_lens_version");
    if (version == flat.end() || !version->is_string())
        return false;
    const std::string text = version->get<std::string>();
    int major = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), major);
    return error == std::errc() && major >= 6;
}

tl::unexpected<Error> unsupported(const std::filesystem::path& file, const char* field,
    const std::string& value, const std::string& advice)
{
    return fail(Error::Code::Unsupported,
        fmt::format("{}: field `{}` is \"{}\", which is not read here. {}", file.string(), field,
            value, advice));
}

Result<int> readK(const nlohmann::json& flat, const std::filesystem::path& file)
{
    const auto kwargs = flat.find("activation_fn_kwargs");
    const bool isNested = !flat.contains("k") && kwargs != flat.end() && kwargs->is_object();
    JsonFields source(isNested ? *kwargs : flat, file.string());
    const std::int64_t k = source.integer("k");
    if (k <= 0 || k > std::numeric_limits<std::int32_t>::max())
        source.complain("k", fmt::format("is {}; it must be a count above zero.", k));
    if (auto checked = source.check(); !checked)
        return fail(checked.error());
    return static_cast<int>(k);
}

/// Before version 6 the activation has a field of its own.
Result<void> readOldActivation(
    JsonFields& fields, const std::filesystem::path& file, DictionaryConfig& d)
{
    const std::string activation = fields.string("activation_fn", "relu");
    if (activation == "topk")
        d.architecture = "topk";
    else if (activation == "tanh-relu" && d.architecture == "standard")
        d.activation = FeatureActivation::TanhRelu;
    else if (activation != "relu")
        return unsupported(file, "activation_fn", activation,
            fmt::format("relu and topk are known for architecture {}, and tanh-relu for standard.",
                d.architecture));
    return {};
}

Result<void> readArchitecture(const nlohmann::json& flat, JsonFields& fields,
    const std::filesystem::path& file, SaeLensConfig& config)
{
    DictionaryConfig& d = config.dictionary;
    d.architecture = fields.string("architecture", "standard");
    if (!isVersion6(flat))
        if (auto read = readOldActivation(fields, file, d); !read)
            return read;

    const std::string& name = d.architecture;
    if (name == "topk" || name == "abstopk") {
        d.activation = FeatureActivation::TopK;
        d.picksBySize = name == "abstopk"; // with their signs
        d.reluAfterGate = !d.picksBySize;
        const auto k = readK(flat, file);
        if (!k)
            return fail(k.error());
        d.k = *k;
        d.rescaleByDecoderNorm = fields.boolean("rescale_acts_by_decoder_norm", false);
    } else if (name == "jumprelu") {
        d.activation = FeatureActivation::JumpRelu;
    } else if (name == "gated") {
        d.activation = FeatureActivation::Gated;
    } else if (name == "batchtopk" || name == "matryoshka_batchtopk") {
        // Trained with the k largest of a whole batch; afterwards one threshold stands in for them.
        d.activation = FeatureActivation::JumpRelu;
        d.rescaleByDecoderNorm = fields.boolean("rescale_acts_by_decoder_norm", false);
        config.isTrainingCheckpoint = true;
        d.batchK = fields.number("k", 0.0);
    } else if (name == "transcoder" || name == "skip_transcoder" || name == "jumprelu_transcoder"
        || name == "jumprelu_skip_transcoder") {
        d.isTranscoder = true;
        config.hasSkip = name.find("skip") != std::string::npos;
        if (name.starts_with("jumprelu"))
            d.activation = FeatureActivation::JumpRelu;
    } else if (name != "standard") {
        return unsupported(file, "architecture", name,
            "standard, gated, jumprelu, topk, abstopk, batchtopk, matryoshka_batchtopk and (skip, "
            "jumprelu) transcoders are.");
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

void readSizes(JsonFields& fields, DictionaryConfig& d)
{
    constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
    const auto size = [&](const char* field) {
        const std::int64_t value = fields.integer(field);
        if (value <= 0 || value > kLargest)
            fields.complain(
                field, fmt::format("is {}; sizes lie between 1 and {}.", value, kLargest));
        return static_cast<int>(value);
    };
    d.d_in = size("d_in");
    if (!fields.has("d_sae") && fields.has("expansion_factor")) {
        const std::int64_t factor = fields.integer("expansion_factor");
        if (factor <= 0 || d.d_in <= 0 || factor > kLargest / d.d_in)
            fields.complain(
                "expansion_factor", fmt::format("is {}, which is no sensible factor.", factor));
        else
            d.d_sae = static_cast<int>(factor * d.d_in);
    } else {
        d.d_sae = size("d_sae");
    }
    d.d_out = d.isTranscoder ? size("d_out") : d.d_in;
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
    readSizes(fields, d);
    d.applyBDecToInput = !d.isTranscoder && fields.boolean("apply_b_dec_to_input", true);
    config.appliesScalingFactor = fields.boolean("finetuning_scaling_factor", false);
    if (auto checked = fields.check(); !checked)
        return fail(checked.error());
    if (auto read = readSaeLensPlace(flat, fields, file, d); !read)
        return fail(read.error());
    return config;
}

} // namespace core
