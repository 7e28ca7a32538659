#include "core/model/architectures.h"

namespace core {

namespace {

const std::vector<Architecture>& table()
{
    static const std::vector<Architecture> families{
        {.modelType = "gpt2",
            .className = "GPT2LMHeadModel",
            .prefix = "transformer.",
            .isPrefixOptional = true,
            .isInOut = true,
            .embedding = "wte.weight",
            .positions = "wpe.weight",
            .ln1 = "h.{}.ln_1.weight",
            .ln2 = "h.{}.ln_2.weight",
            .finalNorm = "ln_f.weight",
            .unembedding = "lm_head.weight",
            .qkv = "h.{}.attn.c_attn.weight",
            .q = "",
            .k = "",
            .v = "",
            .o = "h.{}.attn.c_proj.weight",
            .up = "h.{}.mlp.c_fc.weight",
            .gate = "",
            .down = "h.{}.mlp.c_proj.weight",
            .ignoredSuffixes = {".attn.bias", ".attn.masked_bias"}},
        {.modelType = "llama",
            .className = "LlamaForCausalLM",
            .prefix = "model.",
            .isPrefixOptional = true,
            .isInOut = false,
            .embedding = "embed_tokens.weight",
            .positions = "",
            .ln1 = "layers.{}.input_layernorm.weight",
            .ln2 = "layers.{}.post_attention_layernorm.weight",
            .finalNorm = "norm.weight",
            .unembedding = "lm_head.weight",
            .qkv = "",
            .q = "layers.{}.self_attn.q_proj.weight",
            .k = "layers.{}.self_attn.k_proj.weight",
            .v = "layers.{}.self_attn.v_proj.weight",
            .o = "layers.{}.self_attn.o_proj.weight",
            .up = "layers.{}.mlp.up_proj.weight",
            .gate = "layers.{}.mlp.gate_proj.weight",
            .down = "layers.{}.mlp.down_proj.weight",
            .ignoredSuffixes = {"rotary_emb.inv_freq"}},
    };
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

    void addTensor(
        std::string name, std::vector<std::int64_t> shape, WeightRole role, at::Tensor& tensor)
    {
        m_slots.push_back({std::move(name), true, std::move(shape), role, &tensor});
    }

    void addNorm(const std::string& name, Norm& norm)
    {
        addTensor(name, {m_config.d_model}, WeightRole::Gain, norm.gain);
        if (m_config.norm == NormKind::LayerNorm)
            addTensor(biasName(name), {m_config.d_model}, WeightRole::Bias, norm.bias);
    }

    void addLinear(std::string_view pattern, int layer, std::int64_t in, std::int64_t out,
        bool hasBias, Linear& linear, WeightRole role = WeightRole::Matrix)
    {
        if (pattern.empty())
            return;
        const std::string name = inLayer(pattern, layer);
        linear.isInOut = m_architecture.isInOut;
        addTensor(name, linear.isInOut ? std::vector{in, out} : std::vector{out, in}, role,
            linear.weight);
        if (hasBias)
            addTensor(biasName(name), {out}, WeightRole::Bias, linear.bias);
    }

    void addBlock(int layer, BlockWeights& block)
    {
        const Architecture& a = m_architecture;
        const ModelConfig& c = m_config;
        const std::int64_t d_query = std::int64_t{c.n_heads} * c.d_head;
        const std::int64_t d_key = std::int64_t{c.n_key_value_heads} * c.d_head;
        addNorm(inLayer(a.ln1, layer), block.ln1);
        AttentionWeights& attention = block.attention;
        addLinear(a.qkv, layer, c.d_model, d_query + 2 * d_key, c.hasAttentionBias, attention.qkv);
        addLinear(a.q, layer, c.d_model, d_query, c.hasAttentionBias, attention.q);
        addLinear(a.k, layer, c.d_model, d_key, c.hasAttentionBias, attention.k);
        addLinear(a.v, layer, c.d_model, d_key, c.hasAttentionBias, attention.v);
        addLinear(a.o, layer, d_query, c.d_model, c.hasAttentionBias, attention.o,
            WeightRole::ResidualMatrix);
        addNorm(inLayer(a.ln2, layer), block.ln2);
        addLinear(a.gate, layer, c.d_model, c.d_mlp, c.hasMlpBias, block.mlp.gate);
        addLinear(a.up, layer, c.d_model, c.d_mlp, c.hasMlpBias, block.mlp.up);
        addLinear(a.down, layer, c.d_mlp, c.d_model, c.hasMlpBias, block.mlp.down,
            WeightRole::ResidualMatrix);
    }

    std::vector<WeightSlot> take() { return std::move(m_slots); }
    std::vector<WeightSlot>& slots() { return m_slots; }

private:
    const Architecture& m_architecture;
    const ModelConfig& m_config;
    std::vector<WeightSlot> m_slots;
};

Linear slice(const Linear& whole, std::int64_t start, std::int64_t size)
{
    Linear part;
    part.isInOut = whole.isInOut;
    part.weight = whole.weight.narrow(whole.isInOut ? 1 : 0, start, size);
    if (whole.bias.defined())
        part.bias = whole.bias.narrow(0, start, size);
    return part;
}

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
    list.addTensor(std::string(architecture.embedding), {config.d_vocab, config.d_model},
        WeightRole::Embedding, weights.W_E);
    if (!architecture.positions.empty())
        list.addTensor(std::string(architecture.positions), {config.n_ctx, config.d_model},
            WeightRole::Embedding, weights.W_pos);
    for (int layer = 0; layer < config.n_layers; ++layer)
        list.addBlock(layer, weights.blocks[static_cast<std::size_t>(layer)]);
    list.addNorm(std::string(architecture.finalNorm), weights.final);
    if (!config.isTied) {
        list.addTensor(std::string(architecture.unembedding), {config.d_vocab, config.d_model},
            WeightRole::Embedding, weights.W_U);
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
        if (!attention.qkv.weight.defined())
            continue;
        attention.q = slice(attention.qkv, 0, d_query);
        attention.k = slice(attention.qkv, d_query, d_key);
        attention.v = slice(attention.qkv, d_query + d_key, d_key);
    }
}

} // namespace core
