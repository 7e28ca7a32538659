#include "core/files/atomic_write.h"
#include "core/model/architectures.h"
#include "core/model/model_config.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace core {

namespace {

using nlohmann::ordered_json;

const char* activationName(MlpActivation activation)
{
    constexpr std::array kNames{"gelu_new", "gelu", "silu", "relu"};
    return kNames.at(static_cast<std::size_t>(activation));
}

ordered_json tokenOrNull(int id)
{
    return id < 0 ? ordered_json(nullptr) : ordered_json(id);
}

void putGpt2(ordered_json& out, const ModelConfig& c)
{
    out["activation_function"] = activationName(c.activation);
    out["attn_pdrop"] = 0.0;
    out["embd_pdrop"] = 0.0;
    out["resid_pdrop"] = 0.0;
    out["layer_norm_epsilon"] = c.normEps;
    out["n_embd"] = c.d_model;
    out["n_head"] = c.n_heads;
    out["n_inner"] = c.d_mlp;
    out["n_layer"] = c.n_layers;
    out["n_positions"] = c.n_ctx;
    out["scale_attn_weights"] = c.scaleAttention;
    out["scale_attn_by_inverse_layer_idx"] = c.scaleByInverseLayer;
}

ordered_json scalingOf(const RotaryConfig& rotary)
{
    if (rotary.scaling == RotaryConfig::Scaling::Linear)
        return {{"rope_type", "linear"}, {"factor", rotary.factor}};
    if (rotary.scaling == RotaryConfig::Scaling::Llama3)
        return {{"rope_type", "llama3"}, {"factor", rotary.factor},
            {"low_freq_factor", rotary.lowFreqFactor}, {"high_freq_factor", rotary.highFreqFactor},
            {"original_max_position_embeddings", rotary.originalContext}};
    return nullptr;
}

void putSizes(ordered_json& out, const ModelConfig& c)
{
    out["attention_dropout"] = 0.0;
    out["hidden_size"] = c.d_model;
    out["intermediate_size"] = c.d_mlp;
    out["max_position_embeddings"] = c.n_ctx;
    out["num_attention_heads"] = c.n_heads;
    out["num_hidden_layers"] = c.n_layers;
    out["rope_scaling"] = scalingOf(c.rotary);
}

void putNeoX(ordered_json& out, const ModelConfig& c)
{
    putSizes(out, c);
    out["attention_bias"] = c.hasAttentionBias;
    out["hidden_act"] = activationName(c.activation);
    out["layer_norm_eps"] = c.normEps;
    out["rotary_emb_base"] = c.rotary.theta;
    out["rotary_pct"] = c.rotaryDims > 0 ? static_cast<double>(c.rotaryDims) / c.d_head : 1.0;
    out["use_parallel_residual"] = c.isParallel;
}

/// Llama and those that came after it.
void putLlama(ordered_json& out, const ModelConfig& c)
{
    const bool isGemma = c.storesGainMinusOne;
    const bool isQwen2 = c.modelType == "qwen2", isMistral = c.modelType == "mistral";
    putSizes(out, c);
    if (!isQwen2 && !isMistral)
        out["attention_bias"] = c.hasAttentionBias;
    if (c.modelType == "llama")
        out["mlp_bias"] = c.hasMlpBias;
    out["head_dim"] = c.d_head;
    out[isGemma ? "hidden_activation" : "hidden_act"]
        = isGemma && c.activation == MlpActivation::GeluNew ? "gelu_pytorch_tanh"
                                                            : activationName(c.activation);
    out["num_key_value_heads"] = c.n_key_value_heads;
    out["rms_norm_eps"] = c.normEps;
    out["rope_theta"] = c.rotary.theta;
    if (isGemma) {
        const auto capOrNull
            = [](double cap) { return cap > 0.0 ? ordered_json(cap) : ordered_json(nullptr); };
        out["attn_logit_softcapping"] = capOrNull(c.attentionSoftcap);
        out["final_logit_softcapping"] = capOrNull(c.finalSoftcap);
        out["query_pre_attn_scalar"] = c.queryScalar > 0.0 ? c.queryScalar : c.d_head;
    }
    if (c.localRotary)
        out["rope_local_base_freq"] = c.localRotary->theta;
}

void putWindows(ordered_json& out, const ModelConfig& c)
{
    const int window
        = c.windows.empty() ? 0 : *std::max_element(c.windows.begin(), c.windows.end());
    if (c.modelType == "mistral") {
        out["sliding_window"] = window > 0 ? ordered_json(window) : ordered_json(nullptr);
        return;
    }
    ordered_json types = ordered_json::array();
    for (int layer = 0; layer < c.n_layers; ++layer)
        types.push_back(c.windowOf(layer) > 0 ? "sliding_attention" : "full_attention");
    out["layer_types"] = types;
    if (window > 0)
        out["sliding_window"] = window;
    if (c.modelType.starts_with("qwen"))
        out["use_sliding_window"] = window > 0;
}

} // namespace

Result<void> ModelConfig::write(const std::filesystem::path& folder) const
{
    const Architecture* architecture = findArchitecture(modelType);
    if (!architecture)
        return fail(Error::Code::Unsupported,
            "A config of model type `" + modelType
                + "` cannot be written. Supported: " + supportedModelTypes() + ".");
    if (!rotary.factors.empty())
        return fail(Error::Code::Unsupported,
            "The model " + name
                + " scales its positions by factors of its own, which a config.json cannot say, so "
                  "it cannot be saved as a Hugging Face folder.");
    ordered_json out;
    if (!name.empty())
        out["_name_or_path"] = name;
    out["architectures"] = {std::string(architecture->className)};
    out["model_type"] = modelType;
    out["bos_token_id"] = tokenOrNull(bosToken);
    out["eos_token_id"] = tokenOrNull(eosToken);
    out["initializer_range"] = 0.02;
    out["tie_word_embeddings"] = isTied;
    out["torch_dtype"] = dtype;
    out["use_cache"] = true;
    out["vocab_size"] = d_vocab;
    if (modelType == "gpt2") {
        putGpt2(out, *this);
    } else if (modelType == "gpt_neox") {
        putNeoX(out, *this);
    } else {
        putLlama(out, *this);
        if (modelType != "llama")
            putWindows(out, *this);
    }
    if (modelType == "gemma3") { // The wrapper that may hold a picture's encoder too.
        ordered_json inner = out;
        inner["model_type"] = "gemma3_text";
        inner.erase("architectures");
        out["text_config"] = std::move(inner);
    }
    return writeAtomically(folder / "config.json", out.dump(2) + "\n");
}

} // namespace core
