#include "core/model/config_reader.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

namespace core {

namespace {

using nlohmann::json;

constexpr std::int64_t kMostPositions = 1 << 28;

constexpr std::array<std::string_view, 8> kFields{"rope_type", "type", "rope_theta", "factor",
    "low_freq_factor", "high_freq_factor", "original_max_position_embeddings",
    "partial_rotary_factor"};

} // namespace

/// Older files keep theta and scaling apart; transformers 5 keeps both in `rope_parameters`, for
/// models with two kinds of layers one for each kind.
void ConfigReader::readRotary(double theta)
{
    m_config.hasRotary = true;
    m_config.rotary.theta = positive(m_fields, "rope_theta", theta);
    const bool isNew = m_fields.has("rope_parameters");
    if (isNew && m_fields.has("rope_scaling")
        && m_json.at("rope_scaling") != m_json.at("rope_parameters"))
        return refuse("rope_scaling and rope_parameters are both set and differ. One of them must "
                      "go.");
    const std::string field = isNew ? "rope_parameters" : "rope_scaling";
    if (!m_fields.has(field.c_str()))
        return;
    const json& object = m_json.at(field);
    if (!object.is_object())
        return m_fields.complain(field, "must be an object or null.");
    const bool isByKind = object.contains("full_attention") || object.contains("sliding_attention");
    if (!isByKind)
        return readRotaryObject(object, field, m_config.rotary);
    for (const auto& [kind, value] : object.items()) {
        const std::string inside = field + "." + kind;
        if (value.is_null())
            continue;
        if (!value.is_object() || (kind != "full_attention" && kind != "sliding_attention"))
            return m_fields.complain(
                inside, "is not known; objects full_attention and sliding_attention are.");
        if (kind == "full_attention") {
            readRotaryObject(value, inside, m_config.rotary);
        } else {
            RotaryConfig local = m_config.localRotary.value_or(RotaryConfig{theta});
            readRotaryObject(value, inside, local);
            m_config.localRotary = local;
        }
    }
}

void ConfigReader::readRotaryObject(const json& object, const std::string& field, RotaryConfig& out)
{
    for (const auto& [name, value] : object.items()) {
        const bool isKnownField
            = std::find(kFields.begin(), kFields.end(), name) != kFields.end() || value.is_null();
        if (!isKnownField)
            return refuse(field + " sets " + name.substr(0, 60) + ", which is not supported.");
    }
    JsonFields fields(object, m_file + ": " + field);
    out.theta = positive(fields, "rope_theta", out.theta);
    if (fields.has("partial_rotary_factor")) {
        const double share = positive(fields, "partial_rotary_factor", 1.0);
        if (m_config.modelType == "gpt_neox")
            setRotaryShare(share, field + ".partial_rotary_factor");
        else if (share != 1.0)
            refuse(field + " sets partial_rotary_factor, which " + m_config.modelType
                + " models do not have here.");
    }
    readScaling(fields, field, out);
    if (const auto checked = fields.check(); !checked && !m_error)
        m_error = checked.error();
}

void ConfigReader::readScaling(JsonFields& fields, const std::string& field, RotaryConfig& out)
{
    const std::string type = fields.string("rope_type", fields.string("type", "default"));
    const auto required = [&](const char* name) {
        if (!fields.has(name))
            fields.complain(name, "is missing; rope scaling of type " + type + " needs it.");
        return positive(fields, name, 1.0);
    };
    if (type == "linear") {
        out.scaling = RotaryConfig::Scaling::Linear;
        out.factor = required("factor");
    } else if (type == "llama3") {
        out.scaling = RotaryConfig::Scaling::Llama3;
        out.factor = required("factor");
        out.lowFreqFactor = required("low_freq_factor");
        out.highFreqFactor = required("high_freq_factor");
        out.originalContext = fields.integer("original_max_position_embeddings");
        if (out.originalContext < 1 || out.originalContext > kMostPositions)
            fields.complain("original_max_position_embeddings", "must be a positive size.");
        if (out.highFreqFactor <= out.lowFreqFactor)
            fields.complain("high_freq_factor", "must be above low_freq_factor.");
    } else if (type != "default") {
        refuse(field + " of type `" + type.substr(0, 40)
            + "` is not supported. Supported: default, linear, llama3.");
    }
}

} // namespace core
