#include "core/model/architectures.h"

#include <ATen/core/grad_mode.h>

namespace core {

namespace {

Architecture gpt2()
{
    Architecture a;
    a.modelType = "gpt2";
    a.className = "GPT2LMHeadModel";
    a.prefix = "transformer.";
    a.otherPrefixes = {""};
    a.isInOut = true;
    a.embedding = "wte.weight";
    a.positions = "wpe.weight";
    a.ln1 = "h.{}.ln_1.weight";
    a.ln2 = "h.{}.ln_2.weight";
    a.finalNorm = "ln_f.weight";
    a.unembedding = "lm_head.weight";
    a.qkv = "h.{}.attn.c_attn.weight";
    a.o = "h.{}.attn.c_proj.weight";
    a.up = "h.{}.mlp.c_fc.weight";
    a.down = "h.{}.mlp.c_proj.weight";
    a.ignoredSuffixes = {".attn.bias", ".attn.masked_bias"};
    return a;
}

Architecture gptNeoX()
{
    Architecture a;
    a.modelType = "gpt_neox";
    a.className = "GPTNeoXForCausalLM";
    a.prefix = "gpt_neox.";
    a.otherPrefixes = {""};
    a.isQkvByHead = true;
    a.embedding = "embed_in.weight";
    a.ln1 = "layers.{}.input_layernorm.weight";
    a.ln2 = "layers.{}.post_attention_layernorm.weight";
    a.finalNorm = "final_layer_norm.weight";
    a.unembedding = "embed_out.weight";
    a.otherUnembeddings = {"lm_head.weight"};
    a.qkv = "layers.{}.attention.query_key_value.weight";
    a.o = "layers.{}.attention.dense.weight";
    a.up = "layers.{}.mlp.dense_h_to_4h.weight";
    a.down = "layers.{}.mlp.dense_4h_to_h.weight";
    a.ignoredSuffixes = {".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"};
    return a;
}

/// Names that Llama gave and many families kept.
Architecture llama(std::string_view modelType, std::string_view className)
{
    Architecture a;
    a.modelType = modelType;
    a.className = className;
    a.prefix = "model.";
    a.otherPrefixes = {""};
    a.embedding = "embed_tokens.weight";
    a.ln1 = "layers.{}.input_layernorm.weight";
    a.ln2 = "layers.{}.post_attention_layernorm.weight";
    a.finalNorm = "norm.weight";
    a.unembedding = "lm_head.weight";
    a.q = "layers.{}.self_attn.q_proj.weight";
    a.k = "layers.{}.self_attn.k_proj.weight";
    a.v = "layers.{}.self_attn.v_proj.weight";
    a.o = "layers.{}.self_attn.o_proj.weight";
    a.up = "layers.{}.mlp.up_proj.weight";
    a.gate = "layers.{}.mlp.gate_proj.weight";
    a.down = "layers.{}.mlp.down_proj.weight";
    a.qNorm = "layers.{}.self_attn.q_norm.weight";
    a.kNorm = "layers.{}.self_attn.k_norm.weight";
    a.ignoredSuffixes = {"rotary_emb.inv_freq"};
    return a;
}

/// In Gemma post_attention_layernorm is behind attention, not before the MLP.
Architecture gemma(std::string_view modelType, std::string_view className)
{
    Architecture a = llama(modelType, className);
    a.ln1Post = "layers.{}.post_attention_layernorm.weight";
    a.ln2 = "layers.{}.pre_feedforward_layernorm.weight";
    a.ln2Post = "layers.{}.post_feedforward_layernorm.weight";
    return a;
}

/// The language model inside a multimodal checkpoint.
Architecture gemma3Multimodal()
{
    Architecture a = gemma("gemma3", "Gemma3ForConditionalGeneration");
    a.prefix = "language_model.model.";
    a.otherPrefixes = {"model.language_model.", "model.", ""};
    a.otherUnembeddings = {"language_model.lm_head.weight"};
    a.ignoredPrefixes = {"vision_tower.", "multi_modal_projector.", "model.vision_tower.",
        "model.multi_modal_projector."};
    return a;
}

const std::vector<Architecture>& table()
{
    static const std::vector<Architecture> families{gpt2(), gptNeoX(),
        llama("llama", "LlamaForCausalLM"), llama("mistral", "MistralForCausalLM"),
        llama("qwen2", "Qwen2ForCausalLM"), llama("qwen3", "Qwen3ForCausalLM"),
        gemma("gemma2", "Gemma2ForCausalLM"), gemma("gemma3_text", "Gemma3ForCausalLM"),
        gemma3Multimodal()};
    return families;
}

std::string inLayer(std::string_view pattern, int layer)
{
    std::string name(pattern);
    if (const auto hole = name.find("{}"); hole != std::string::npos)
        name.replace(hole, 2, std::to_string(layer));
    return name;
}

std::string biasName(const std::string& weightName)
{
    constexpr std::string_view kWeight = "weight";
    return weightName.substr(0, weightName.size() - kWeight.size()) + "bias";
}

/// Collects the slots of one model.
class SlotList {
public:
    SlotList(const Architecture& architecture, const ModelConfig& config)
        : m_architecture(architecture)
        , m_config(config)
    {
    }

    void addTensor(std::string name, std::vector<std::int64_t> shape, WeightRole role,
        at::Tensor& tensor, Linear* linear = nullptr)
    {
        m_slots.push_back({std::move(name), true, std::move(shape), role, &tensor, linear});
    }

    void addEmbedding(std::string_view name, Linear& linear)
    {
        addTensor(std::string(name), {m_config.d_vocab, m_config.d_model}, WeightRole::Embedding,
            linear.weight, &linear);
    }

    void addNorm(const std::string& name, Norm& norm, std::int64_t width)
    {
        addTensor(name, {width}, WeightRole::Gain, norm.gain);
        if (m_config.norm == NormKind::LayerNorm)
            addTensor(biasName(name), {width}, WeightRole::Bias, norm.bias);
    }

    void addLinear(std::string_view pattern, int layer, std::int64_t in, std::int64_t out,
        bool hasBias, Linear& linear, WeightRole role = WeightRole::Matrix)
    {
        if (pattern.empty())
            return;
        const std::string name = inLayer(pattern, layer);
        const bool isInOut = m_architecture.isInOut;
        if (!linear.isDefined()) // What is open may be kept the other way round.
            linear.isInOut = isInOut;
        addTensor(name, isInOut ? std::vector{in, out} : std::vector{out, in}, role, linear.weight,
            &linear);
        m_slots.back().isInOut = isInOut;
        if (hasBias)
            addTensor(biasName(name), {out}, WeightRole::Bias, linear.bias);
    }

    void addBlock(int layer, BlockWeights& block)
    {
        const Architecture& a = m_architecture;
        const ModelConfig& c = m_config;
        const std::int64_t d_query = std::int64_t{c.n_heads} * c.d_head;
        const std::int64_t d_key = std::int64_t{c.n_key_value_heads} * c.d_head;
        addNorm(inLayer(a.ln1, layer), block.ln1, c.d_model);
        AttentionWeights& attention = block.attention;
        attention.isQkvByHead = a.isQkvByHead;
        addLinear(a.qkv, layer, c.d_model, d_query + 2 * d_key, c.hasAttentionBias, attention.qkv);
        addLinear(a.q, layer, c.d_model, d_query, c.hasAttentionBias, attention.q);
        addLinear(a.k, layer, c.d_model, d_key, c.hasAttentionBias, attention.k);
        addLinear(a.v, layer, c.d_model, d_key, c.hasAttentionBias, attention.v);
        if (c.hasQkNorm) {
            addNorm(inLayer(a.qNorm, layer), attention.qNorm, c.d_head);
            addNorm(inLayer(a.kNorm, layer), attention.kNorm, c.d_head);
        }
        addLinear(a.o, layer, d_query, c.d_model, c.hasOutputBias, attention.o,
            WeightRole::ResidualMatrix);
        if (c.hasPostNorms)
            addNorm(inLayer(a.ln1Post, layer), block.ln1Post, c.d_model);
        addNorm(inLayer(a.ln2, layer), block.ln2, c.d_model);
        addLinear(a.gate, layer, c.d_model, c.d_mlp, c.hasMlpBias, block.mlp.gate);
        addLinear(a.up, layer, c.d_model, c.d_mlp, c.hasMlpBias, block.mlp.up);
        addLinear(a.down, layer, c.d_mlp, c.d_model, c.hasMlpBias, block.mlp.down,
            WeightRole::ResidualMatrix);
        if (c.hasPostNorms)
            addNorm(inLayer(a.ln2Post, layer), block.ln2Post, c.d_model);
    }

    std::vector<WeightSlot> take() { return std::move(m_slots); }
    std::vector<WeightSlot>& slots() { return m_slots; }

private:
    const Architecture& m_architecture;
    const ModelConfig& m_config;
    std::vector<WeightSlot> m_slots;
};

} // namespace

std::span<const Architecture> architectures()
{
    return table();
}

const Architecture* findArchitecture(std::string_view modelType)
{
    for (const Architecture& architecture : table()) {
        if (architecture.modelType == modelType)
            return &architecture;
    }
    return nullptr;
}

std::string supportedModelTypes()
{
    std::string names;
    for (const Architecture& architecture : table())
        names += (names.empty() ? "" : ", ") + std::string(architecture.modelType);
    return names;
}

std::vector<WeightSlot> weightSlots(const ModelConfig& config, TransformerWeights& weights)
{
    const Architecture& architecture = *findArchitecture(config.modelType);
    weights.blocks.resize(static_cast<std::size_t>(config.n_layers));
    SlotList list(architecture, config);
    list.addEmbedding(architecture.embedding, weights.W_E);
    if (!architecture.positions.empty())
        list.addTensor(std::string(architecture.positions), {config.n_ctx, config.d_model},
            WeightRole::Embedding, weights.W_pos);
    for (int layer = 0; layer < config.n_layers; ++layer)
        list.addBlock(layer, weights.blocks[static_cast<std::size_t>(layer)]);
    list.addNorm(std::string(architecture.finalNorm), weights.final, config.d_model);
    if (!config.isTied) {
        list.addEmbedding(architecture.unembedding, weights.W_U);
        list.slots().back().hasPrefix = false;
    }
    return list.take();
}

void bindSharedWeights(const ModelConfig& config, TransformerWeights& weights)
{
    // The pass takes gradients through the stored matrix; these are for reading.
    const at::NoGradGuard noGrad;
    if (config.isTied)
        weights.W_U = weights.W_E;
    const std::int64_t d_query = std::int64_t{config.n_heads} * config.d_head;
    const std::int64_t d_key = std::int64_t{config.n_key_value_heads} * config.d_head;
    for (BlockWeights& block : weights.blocks) {
        AttentionWeights& attention = block.attention;
        if (!attention.qkv.isDefined() || attention.isQkvByHead)
            continue;
        attention.q = attention.qkv.slice(0, d_query);
        attention.k = attention.qkv.slice(d_query, d_key);
        attention.v = attention.qkv.slice(d_query + d_key, d_key);
    }
}

} // namespace core
