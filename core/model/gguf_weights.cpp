#include "core/model/gguf_weights.h"

#include "core/base/log.h"
#include "core/files/gguf_blocks.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

namespace core {

namespace {

using NamePair = std::pair<std::string_view, std::string_view>;

// Without `layers.N.` or `h.N.` in front and `.weight` or `.bias` behind.
constexpr std::array<NamePair, 6> kGpt2Block{
    {{"ln_1", "attn_norm"}, {"ln_2", "ffn_norm"}, {"attn.c_attn", "attn_qkv"},
        {"attn.c_proj", "attn_output"}, {"mlp.c_fc", "ffn_up"}, {"mlp.c_proj", "ffn_down"}}};
constexpr std::array<NamePair, 6> kNeoXBlock{
    {{"input_layernorm", "attn_norm"}, {"post_attention_layernorm", "ffn_norm"},
        {"attention.query_key_value", "attn_qkv"}, {"attention.dense", "attn_output"},
        {"mlp.dense_h_to_4h", "ffn_up"}, {"mlp.dense_4h_to_h", "ffn_down"}}};
constexpr std::array<NamePair, 11> kLlamaBlock{
    {{"input_layernorm", "attn_norm"}, {"post_attention_layernorm", "ffn_norm"},
        {"self_attn.q_proj", "attn_q"}, {"self_attn.k_proj", "attn_k"},
        {"self_attn.v_proj", "attn_v"}, {"self_attn.o_proj", "attn_output"},
        {"self_attn.q_norm", "attn_q_norm"}, {"self_attn.k_norm", "attn_k_norm"},
        {"mlp.up_proj", "ffn_up"}, {"mlp.gate_proj", "ffn_gate"}, {"mlp.down_proj", "ffn_down"}}};
/// Looked at before those of Llama.
constexpr std::array<NamePair, 3> kGemmaBlock{{{"post_attention_layernorm", "post_attention_norm"},
    {"pre_feedforward_layernorm", "ffn_norm"}, {"post_feedforward_layernorm", "post_ffw_norm"}}};
constexpr std::array<NamePair, 9> kOutside{
    {{"wte", "token_embd"}, {"wpe", "position_embd"}, {"ln_f", "output_norm"},
        {"lm_head", "output"}, {"embed_in", "token_embd"}, {"final_layer_norm", "output_norm"},
        {"embed_out", "output"}, {"embed_tokens", "token_embd"}, {"norm", "output_norm"}}};

std::string_view translated(std::span<const NamePair> names, std::string_view stem)
{
    const auto found = std::find_if(
        names.begin(), names.end(), [stem](const NamePair& pair) { return pair.first == stem; });
    return found == names.end() ? std::string_view() : found->second;
}

bool isGemma(const ModelConfig& config)
{
    return config.storesGainMinusOne;
}

std::string_view inBlock(const ModelConfig& config, std::string_view stem)
{
    if (config.modelType == "gpt2")
        return translated(kGpt2Block, stem);
    if (config.modelType == "gpt_neox")
        return translated(kNeoXBlock, stem);
    const std::string_view gemma
        = isGemma(config) ? translated(kGemmaBlock, stem) : std::string_view();
    return gemma.empty() ? translated(kLlamaBlock, stem) : gemma;
}

/// llama.cpp turns neighbouring numbers of a head together where Hugging Face turns the two halves:
/// row i of a half lies at 2 i. Which file row each row is.
std::vector<std::int64_t> halvesFromPairs(std::int64_t rows, std::int64_t d_head)
{
    std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
    const std::int64_t half = d_head / 2;
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::int64_t inHead = row % d_head;
        order[static_cast<std::size_t>(row)]
            = row - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1);
    }
    return order;
}

/// All heads' q, then k, then v in the file; each head's three together in Hugging Face's NeoX.
std::vector<std::int64_t> headsFromParts(const ModelConfig& config)
{
    std::vector<std::int64_t> order;
    for (std::int64_t head = 0; head < config.n_heads; ++head)
        for (std::int64_t part = 0; part < 3; ++part)
            for (std::int64_t i = 0; i < config.d_head; ++i)
                order.push_back((part * config.n_heads + head) * config.d_head + i);
    return order;
}

std::vector<std::int64_t> rowOrder(const ModelConfig& config, const WeightSlot& slot)
{
    const bool isQuery = slot.name.find(".self_attn.q_proj.") != std::string::npos;
    const bool isKey = slot.name.find(".self_attn.k_proj.") != std::string::npos;
    const bool isPermuted = config.modelType == "llama" || config.modelType == "mistral";
    if (isPermuted && (isQuery || isKey))
        return halvesFromPairs(
            std::int64_t{isQuery ? config.n_heads : config.n_key_value_heads} * config.d_head,
            config.d_head);
    if (slot.name.find(".query_key_value.") != std::string::npos)
        return headsFromParts(config);
    return {};
}

std::string shapeInFile(const std::vector<std::int64_t>& shape)
{
    std::string text;
    for (auto size = shape.rbegin(); size != shape.rend(); ++size)
        text += (text.empty() ? "" : ", ") + std::to_string(*size);
    return "[" + text + "]";
}

bool isReadable(const TensorView& view)
{
    return view.dtype == DType::F32 || view.dtype == DType::F16 || view.dtype == DType::BF16
        || view.dtype == DType::F64 || findBlockFormat(view.typeName());
}

Result<StoredWeight> findOne(
    const CheckpointFiles& files, const ModelConfig& config, const WeightSlot& slot)
{
    const std::string name = ggufName(config, slot.name);
    // The files keep no matrix as GPT-2's [in, out].
    const bool isTurned = slot.isInOut;
    std::vector<std::int64_t> shape = slot.shape;
    if (isTurned)
        std::reverse(shape.begin(), shape.end());
    const TensorView* view = files.find(name);
    if (!view)
        return fail(Error::Code::InvalidFile,
            files.shards().front()->path().string() + ": tensor `" + name
                + "` is missing; the metadata say it has shape " + shapeInFile(shape)
                + ". The file may be incomplete; fetch it again.");
    const auto file = files.fileOf(name);
    const std::string what = file->path().string() + ": tensor `" + name + "` ";
    if (!isReadable(*view))
        return fail(Error::Code::Unsupported,
            what + "has type " + std::string(view->typeName())
                + ", which is not read here. Read are F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, "
                  "Q8_0, Q2_K to Q6_K, IQ4_NL and IQ4_XS: fetch the model in one of these.");
    if (view->shape != shape)
        return fail(Error::Code::InvalidFile,
            what + "has shape " + shapeInFile(view->shape) + ", the metadata say "
                + shapeInFile(shape) + ". The file may belong to another model; fetch it again.");
    StoredWeight stored{slot, view, file->owner(), file->path(), true};
    stored.blocks = view->dtype == DType::Other ? findBlockFormat(view->typeName()) : nullptr;
    stored.rowOrder = rowOrder(config, slot);
    stored.isTurned = isTurned;
    stored.hasWholeGain = true;
    return stored;
}

} // namespace

std::string ggufName(const ModelConfig& config, const std::string& slotName)
{
    const std::size_t ending = slotName.rfind('.');
    const std::string_view all = slotName;
    for (const std::string_view prefix : {"layers.", "h."}) {
        if (!all.starts_with(prefix))
            continue;
        const std::size_t dot = all.find('.', prefix.size());
        const std::string_view name = inBlock(config, all.substr(dot + 1, ending - dot - 1));
        return name.empty() ? std::string()
                            : "blk." + std::string(all.substr(prefix.size(), dot - prefix.size()))
                + "." + std::string(name) + slotName.substr(ending);
    }
    const std::string_view name = translated(kOutside, all.substr(0, ending));
    return name.empty() ? std::string() : std::string(name) + slotName.substr(ending);
}

Result<StoredWeights> findGgufWeights(
    const std::filesystem::path& path, ModelConfig& config, TransformerWeights& weights)
{
    auto files = CheckpointFiles::open(path);
    if (!files)
        return fail(files.error());
    StoredWeights stored{*files, {}, {}};
    // Of the rotary factors the config knows (core/model/gguf_rotary.h).
    std::set<std::string> used{"rope_freqs.weight"};
    for (const WeightSlot& slot : weightSlots(config, weights)) {
        auto one = findOne(**files, config, slot);
        if (!one)
            return fail(one.error());
        used.insert(one->view->name);
        stored.list.push_back(std::move(*one));
    }
    std::vector<std::string> unused;
    for (const std::string& name : (*files)->names())
        if (!used.contains(name))
            unused.push_back(name);
    if (!unused.empty())
        return fail(Error::Code::Unsupported,
            (*files)->fileOf(unused.front())->path().string() + ": tensor `" + unused.front()
                + "` is no part of a " + config.modelType + " model as it is run here"
                + (unused.size() > 1
                        ? ", and so with " + std::to_string(unused.size() - 1) + " more"
                        : "")
                + ". Without it the model would say something else.");
    return stored;
}

} // namespace core
