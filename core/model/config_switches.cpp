#include "core/model/config_reader.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

namespace core {

namespace {

using nlohmann::json;

/// Switches of these and related families that change numbers. A model that sets one to anything
/// but the harmless value is refused, unless its family is one that has the switch.
struct ForeignSwitch {
    const char* field;
    json harmless; // What is off (`isSwitchedOff`) and absent is harmless too.
};

const std::vector<ForeignSwitch>& foreignSwitches()
{
    static const std::vector<ForeignSwitch> switches{
        {"quantization_config", nullptr},
        {"attn_logit_softcapping", nullptr},
        {"final_logit_softcapping", nullptr},
        {"add_cross_attention", false},
        {"is_encoder_decoder", false},
        {"use_qk_norm", false},
        {"qk_norm", false},
        {"qk_layernorm", false},
        {"clip_qkv", nullptr},
        {"alibi", false},
        {"use_alibi", false},
        {"use_mrope", false},
        {"partial_rotary_factor", 1.0},
        {"rotary_pct", 1.0},
        {"use_parallel_residual", false},
        {"attention_bias", false},
        {"mlp_bias", false},
        {"parallel_attn", false},
        {"use_sliding_window", false},
        {"use_bidirectional_attention", false},
        {"embedding_multiplier", 1.0},
        {"residual_multiplier", 1.0},
        {"attention_multiplier", nullptr},
        {"logits_scaling", 1.0},
        {"logit_scale", 1.0},
        {"scale_embedding", false},
        {"query_pre_attn_scalar", nullptr},
        {"num_local_experts", 1},
        {"num_experts", 1},
        {"n_routed_experts", nullptr},
        {"no_rope_layers", nullptr},
        {"attention_chunk_size", nullptr},
        {"norm_after", false},
        {"altup_num_inputs", nullptr},
        {"pruned_heads", json::object()},
    };
    return switches;
}

// Read by some family, or of no effect on numbers, though their words say otherwise.
constexpr std::array<std::string_view, 19> kHeard{"num_attention_heads", "max_window_layers",
    "sliding_window", "sliding_window_pattern", "layer_types", "rope_theta", "rope_scaling",
    "rope_parameters", "rope_local_base_freq", "rotary_emb_base", "scale_attn_weights",
    "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "attn_implementation",
    "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "use_flash_attn",
    "use_flash_attention", "flash_attention"};
constexpr std::array<std::string_view, 33> kPassWords{"rope", "mrope", "rotary", "yarn", "alibi",
    "window", "sliding", "softcap", "softcapping", "norm", "layernorm", "qk", "qkv", "scale",
    "scaling", "multiplier", "expert", "experts", "moe", "router", "attn", "attention", "bias",
    "residual", "quantization", "compression", "lora", "bidirectional", "cross", "clip", "chunk",
    "parallel", "mup"};
// Those that act in training alone, and the small number inside a norm that a family reads under
// its own name.
constexpr std::array<std::string_view, 5> kHarmlessWords{
    "dropout", "pdrop", "eps", "epsilon", "prob"};

// Of these a zero is no "off": it multiplies, or says how much of a part is left.
constexpr std::array<std::string_view, 10> kWordsOfAmount{
    "scale", "scaling", "multiplier", "scalar", "rope", "rotary", "yarn", "alpha", "factor", "pct"};

/// Whether a switch with this value is off, so that no number depends on it.
bool isSwitchedOff(std::string_view field, const json& value)
{
    if (value.is_null() || value == false)
        return true;
    if (value.is_array() || value.is_object())
        return value.empty();
    if (value.is_string())
        return value == "" || value == "none" || value == "None";
    if (!value.is_number() || value != 0)
        return false;
    while (!field.empty()) {
        const std::string_view word = field.substr(0, field.find('_'));
        if (std::find(kWordsOfAmount.begin(), kWordsOfAmount.end(), word) != kWordsOfAmount.end())
            return false;
        field.remove_prefix(std::min(field.size(), word.size() + 1));
    }
    return true;
}

/// By the words between underscores, and between dots in GGUF; a leading underscore marks a note of
/// the library's own.
bool soundsLikeThePass(std::string_view field)
{
    if (field.starts_with('_'))
        return false;
    bool sounds = false;
    while (!field.empty()) {
        const std::string_view word = field.substr(0, field.find_first_of("_."));
        if (std::find(kHarmlessWords.begin(), kHarmlessWords.end(), word) != kHarmlessWords.end())
            return false;
        sounds |= std::find(kPassWords.begin(), kPassWords.end(), word) != kPassWords.end();
        field.remove_prefix(std::min(field.size(), word.size() + 1));
    }
    return sounds;
}

std::string shown(const json& value)
{
    return value.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 60);
}

} // namespace

void ConfigReader::know(std::initializer_list<const char*> fields)
{
    m_known.insert(m_known.end(), fields.begin(), fields.end());
}

void ConfigReader::refuse(const std::string& message)
{
    if (!m_error)
        m_error = Error{Error::Code::Unsupported, m_file + ": " + message};
}

bool ConfigReader::isKnown(const std::string& field) const
{
    return std::find(m_known.begin(), m_known.end(), field) != m_known.end();
}

void ConfigReader::refuseForeignSwitches()
{
    for (const ForeignSwitch& foreign : foreignSwitches()) {
        const auto found = m_json.find(foreign.field);
        if (found == m_json.end() || isSwitchedOff(foreign.field, *found)
            || *found == foreign.harmless || isKnown(foreign.field))
            continue;
        refuse(std::string(foreign.field) + " is " + shown(*found)
            + ", a part of the forward pass that is not supported here for " + m_config.modelType
            + " models.");
    }
    refuseForeignLayers();
    refuseUnknownSwitches();
}

/// What a family without sliding layers says about them, and heads that are no language model's.
void ConfigReader::refuseForeignLayers()
{
    if (const auto types = m_json.find("layer_types");
        types != m_json.end() && types->is_array() && !isKnown("layer_types")) {
        for (const json& type : *types) {
            if (type != "full_attention")
                refuse("layer_types holds " + shown(type) + "; only full_attention is supported in "
                    + m_config.modelType + " models.");
        }
    }
    const auto isOff = [this](const char* field) {
        const auto found = m_json.find(field);
        return found == m_json.end() || isSwitchedOff(field, *found);
    };
    const std::int64_t window = isKnown("sliding_window") || isOff("sliding_window")
        ? 0
        : m_fields.integer("sliding_window", 0);
    if (window > 0 && window < m_config.n_ctx)
        refuse("sliding_window is " + std::to_string(window) + ", which " + m_config.modelType
            + " models do not have here.");
    // Gemma 2's own is 2, whatever a file says.
    if (!isKnown("sliding_window_pattern") && !isOff("sliding_window_pattern")
        && m_fields.integer("sliding_window_pattern", 2) != 2)
        refuse("sliding_window_pattern is " + shown(m_json.at("sliding_window_pattern"))
            + ", which " + m_config.modelType + " models do not have here.");
    const auto classes = m_json.find("architectures");
    if (classes == m_json.end() || !classes->is_array())
        return;
    for (const json& name : *classes) {
        const std::string text = name.is_string() ? name.get<std::string>() : std::string();
        for (const char* head : {"Classification", "QuestionAnswering", "Reward"}) {
            if (text.find(head) != std::string::npos)
                refuse("the checkpoint is a " + text.substr(0, 60)
                    + ", which gives no next-token predictions.");
        }
    }
}

/// A field nobody here has heard of is refused when its words say that it is about the pass.
void ConfigReader::refuseUnknownSwitches()
{
    for (const auto& [field, value] : m_json.items()) {
        const bool isOff = isSwitchedOff(field, value);
        const bool isListed = std::find(kHeard.begin(), kHeard.end(), field) != kHeard.end()
            || std::any_of(foreignSwitches().begin(), foreignSwitches().end(),
                [&name = field](const ForeignSwitch& foreign) { return name == foreign.field; });
        if (!isOff && !isListed && !isKnown(field) && soundsLikeThePass(field))
            refuse(field.substr(0, 60) + " is " + shown(value)
                + ", a switch that is not known here and may change the forward pass.");
    }
}

} // namespace core
