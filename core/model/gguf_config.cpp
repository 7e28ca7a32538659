#include "core/model/gguf_config.h"

#include "core/files/gguf_split.h"
#include "core/model/config_reader.h"
#include "core/model/gguf_rotary.h"
#include "core/model/model_config.h"

#include <algorithm>
#include <array>
#include <optional>

#include <nlohmann/json.hpp>

namespace core {

namespace {

using nlohmann::json;
using GgufFiles = std::vector<std::shared_ptr<const GgufFile>>;

struct GgufFamily {
    std::string_view architecture, modelType;
};

constexpr std::array<GgufFamily, 7> kGgufFamilies{
    {{"gpt2", "gpt2"}, {"gptneox", "gpt_neox"}, {"llama", "llama"}, {"qwen2", "qwen2"},
        {"qwen3", "qwen3"}, {"gemma2", "gemma2"}, {"gemma3", "gemma3_text"}}};

// Keys behind the architecture's name that are read here, or that change no number.
constexpr std::array<std::string_view, 29> kReadKeys{"vocab_size", "context_length",
    "embedding_length", "block_count", "feed_forward_length", "use_parallel_residual",
    "tensor_data_layout", "expert_count", "expert_used_count", "attn_logit_softcapping",
    "final_logit_softcapping", "attention.head_count", "attention.head_count_kv",
    "attention.key_length", "attention.value_length", "attention.layer_norm_epsilon",
    "attention.layer_norm_rms_epsilon", "attention.causal", "attention.sliding_window",
    "attention.sliding_window_pattern", "rope.dimension_count", "rope.freq_base",
    "rope.freq_base_swa", "rope.scaling.type", "rope.scaling.factor",
    "rope.scaling.original_context_length", "rope.scaling.finetuned", "rope.scale_linear",
    "pooling_type"};

/// Reads typed keys of one architecture; the first problem wins.
class GgufKeys {
public:
    GgufKeys(const GgufFile& file, std::string architecture)
        : m_file(file)
        , m_prefix(std::move(architecture) + ".")
    {
    }

    bool has(std::string_view key) const { return m_file.value(full(key)) != nullptr; }

    /// A size, or a list that says the same size for every layer.
    std::optional<std::int64_t> size(std::string_view key)
    {
        if (const GgufValue* value = m_file.value(full(key)))
            if (const auto* list = std::get_if<GgufList>(value))
                return sameForAll(key, *list);
        const auto whole = take(m_file.whole(full(key)));
        if (whole && (*whole < 0 || *whole > INT32_MAX))
            note(m_file.invalid(full(key), "is " + std::to_string(*whole) + ", no size").value());
        return whole;
    }
    std::int64_t required(std::string_view key)
    {
        const auto found = size(key);
        if (!found && !m_error)
            note(m_file.invalid(full(key), "is missing").value());
        return found.value_or(1);
    }
    std::optional<double> number(std::string_view key) { return take(m_file.number(full(key))); }
    std::optional<bool> truth(std::string_view key) { return take(m_file.truth(full(key))); }
    std::optional<std::string> text(std::string_view key) { return take(m_file.text(full(key))); }
    const GgufList* list(std::string_view key) const
    {
        const auto list = m_file.list(full(key));
        return list ? *list : nullptr;
    }
    std::optional<std::int64_t> token(const std::string& name)
    {
        return take(m_file.whole("tokenizer.ggml." + name + "_token_id"));
    }

    std::string full(std::string_view key) const { return m_prefix + std::string(key); }
    const std::string& prefix() const { return m_prefix; }
    void refuse(std::string_view key, const std::string& problem)
    {
        note(Error{Error::Code::Unsupported,
            m_file.path().string() + ": metadata `" + full(key) + "` " + problem});
    }
    void note(Error error)
    {
        if (!m_error)
            m_error = std::move(error);
    }
    const std::optional<Error>& error() const { return m_error; }

private:
    template <typename Value> std::optional<Value> take(Result<std::optional<Value>> read)
    {
        if (!read)
            note(read.error());
        return read ? std::move(*read) : std::nullopt;
    }

    std::optional<std::int64_t> sameForAll(std::string_view key, const GgufList& list)
    {
        const auto first = list.number(0);
        for (std::size_t i = 0; first && i < list.count; ++i)
            if (list.number(i) != first) {
                refuse(key, "differs between layers, which is not supported.");
                return std::nullopt;
            }
        if (!first || *first < 0 || *first > INT32_MAX) {
            note(m_file.invalid(full(key), "must hold sizes").value());
            return std::nullopt;
        }
        return static_cast<std::int64_t>(*first);
    }

    const GgufFile& m_file;
    std::string m_prefix;
    std::optional<Error> m_error;
};

/// One model's metadata, turned into the fields of its family's config.json.
class ConfigFromGguf {
public:
    ConfigFromGguf(const GgufFiles& files, const GgufFamily& family)
        : m_files(files)
        , m_keys(*files.front(), std::string(family.architecture))
        , m_type(family.modelType)
    {
    }

    Result<json> make()
    {
        m_out["model_type"] = m_type;
        m_out["vocab_size"] = rowsOf("token_embd.weight");
        m_out["tie_word_embeddings"] = !has("output.weight");
        putTokens();
        if (m_type == "gpt2")
            putGpt2();
        else
            putOthers();
        if (m_keys.size("expert_count").value_or(0) > 0)
            m_keys.refuse("expert_count", "is not 0: mixtures of experts are not supported.");
        if (!m_keys.truth("attention.causal").value_or(true))
            m_keys.refuse("attention.causal",
                "is false: such a model reads whole texts and predicts no next token.");
        putUnknownKeys();
        if (m_keys.error())
            return fail(*m_keys.error());
        return m_out;
    }

private:
    const TensorView* find(std::string_view name) const
    {
        for (const auto& file : m_files)
            if (const TensorView* tensor = file->find(name))
                return tensor;
        return nullptr;
    }
    bool has(std::string_view name) const { return find(name) != nullptr; }

    std::int64_t rowsOf(std::string_view name)
    {
        const TensorView* tensor = find(name);
        if (tensor && tensor->shape.size() == 2)
            return tensor->shape.front();
        m_keys.note({Error::Code::InvalidFile,
            m_files.front()->path().string() + ": tensor `" + std::string(name)
                + (tensor ? "` must have two dimensions." : "` is missing.")
                + " The file may be incomplete; fetch it again."});
        return 1;
    }

    void putTokens()
    {
        const auto bos = m_keys.token("bos");
        m_out["bos_token_id"] = bos ? json(*bos) : json(nullptr);
        json ends = json::array();
        for (const char* name : {"eos", "eot", "eom"}) {
            const auto id = m_keys.token(name);
            if (id && std::find(ends.begin(), ends.end(), *id) == ends.end())
                ends.push_back(*id);
        }
        m_out["eos_token_id"] = ends;
    }

    void putGpt2()
    {
        m_out["n_positions"] = m_keys.required("context_length");
        m_out["n_embd"] = m_keys.required("embedding_length");
        m_out["n_layer"] = m_keys.required("block_count");
        m_out["n_head"] = m_keys.required("attention.head_count");
        m_out["n_inner"] = m_keys.required("feed_forward_length");
        if (const auto eps = m_keys.number("attention.layer_norm_epsilon"))
            m_out["layer_norm_epsilon"] = *eps;
    }

    void putOthers()
    {
        const std::int64_t width = m_keys.required("embedding_length");
        const std::int64_t heads
            = std::max<std::int64_t>(m_keys.required("attention.head_count"), 1);
        const std::int64_t d_head = m_keys.size("attention.key_length").value_or(width / heads);
        if (m_keys.size("attention.value_length").value_or(d_head) != d_head)
            m_keys.refuse("attention.value_length",
                "differs from the length of keys, " + std::to_string(d_head)
                    + ", which is not supported.");
        m_out["max_position_embeddings"] = m_keys.required("context_length");
        m_out["hidden_size"] = width;
        m_out["num_hidden_layers"] = m_keys.required("block_count");
        m_out["num_attention_heads"] = heads;
        m_out["intermediate_size"] = m_keys.required("feed_forward_length");
        if (m_type == "gpt_neox")
            return putNeoX(d_head);
        m_out["head_dim"] = d_head;
        m_out["num_key_value_heads"] = m_keys.size("attention.head_count_kv").value_or(heads);
        if (const auto eps = m_keys.number("attention.layer_norm_rms_epsilon"))
            m_out["rms_norm_eps"] = *eps;
        putRotary(d_head);
        if (m_type != "qwen2")
            m_out["attention_bias"] = has("blk.0.attn_q.bias");
        if (m_type == "llama")
            putLlama();
        else if (m_type.starts_with("gemma"))
            putGemma(width, heads, d_head);
    }

    void putNeoX(std::int64_t d_head)
    {
        m_out["layer_norm_eps"] = m_keys.number("attention.layer_norm_epsilon").value_or(1e-5);
        m_out["use_parallel_residual"] = m_keys.truth("use_parallel_residual").value_or(true);
        const std::int64_t turned = m_keys.size("rope.dimension_count").value_or(d_head / 4);
        m_out["rotary_pct"] = static_cast<double>(turned) / static_cast<double>(d_head);
        m_out["rotary_emb_base"] = m_keys.number("rope.freq_base").value_or(10000.0);
        // GGUF does not say which GELU; Pythia's is the exact one.
        m_out["hidden_act"] = "gelu";
    }

    void putRotary(std::int64_t d_head)
    {
        if (const auto turned = m_keys.size("rope.dimension_count"); turned && *turned != d_head)
            m_keys.refuse("rope.dimension_count",
                "is " + std::to_string(*turned) + ", only a part of a head's "
                    + std::to_string(d_head) + " entries, which " + m_type
                    + " models do not have here.");
        m_out["rope_theta"] = m_keys.number("rope.freq_base").value_or(10000.0);
        if (const auto local = m_keys.number("rope.freq_base_swa"))
            m_out["rope_local_base_freq"] = *local;
        const double factor = m_keys
                                  .number(m_keys.has("rope.scaling.factor") ? "rope.scaling.factor"
                                                                            : "rope.scale_linear")
                                  .value_or(1.0);
        const std::string type
            = m_keys.text("rope.scaling.type").value_or(factor == 1.0 ? "none" : "linear");
        if (type == "linear")
            m_out["rope_scaling"] = {{"rope_type", "linear"}, {"factor", factor}};
        else if (type != "none")
            m_keys.refuse("rope.scaling.type",
                "is `" + type.substr(0, 40) + "`, which is not supported. Supported: none, linear, "
                    + "and the factors of Llama 3.");
    }

    void putLlama()
    {
        m_out["mlp_bias"] = has("blk.0.ffn_down.bias");
        const auto window = m_keys.size("attention.sliding_window");
        if (!window || *window == 0)
            return;
        // Mistral's files call themselves llama; nothing but the window sets them apart.
        m_out["model_type"] = "mistral";
        m_out["sliding_window"] = *window;
        m_out.erase("mlp_bias");
        m_out.erase("attention_bias");
    }

    void putGemma(std::int64_t width, std::int64_t heads, std::int64_t d_head)
    {
        for (const char* cap : {"attn_logit_softcapping", "final_logit_softcapping"}) {
            const auto number = m_keys.number(cap);
            if (number && *number != 0.0)
                m_out[cap] = *number;
        }
        m_out["sliding_window"] = m_keys.size("attention.sliding_window").value_or(4096);
        const std::int64_t layers = m_out["num_hidden_layers"];
        if (m_type == "gemma3_text")
            putPattern(layers);
        // The divisor of scores is not in the file. It is the head's length, but in the 27B models,
        // which are known by their layers as llama.cpp knows them: 46 of Gemma 2, 62 of Gemma 3.
        const bool is27B = layers == (m_type == "gemma2" ? 46 : 62);
        m_out["query_pre_attn_scalar"] = is27B ? width / heads : d_head;
    }

    /// Which layers slide: a number n (every n-th sees all), or one truth for each layer.
    void putPattern(std::int64_t layers)
    {
        constexpr std::string_view kKey = "attention.sliding_window_pattern";
        const GgufList* list = m_keys.list(kKey);
        if (!list) {
            if (const auto every = m_keys.size(kKey); every && *every > 0)
                m_out["sliding_window_pattern"] = *every;
            return;
        }
        json types = json::array();
        for (std::size_t i = 0; i < list->count && std::ssize(types) < layers; ++i)
            types.push_back(
                list->number(i).value_or(0) != 0 ? "sliding_attention" : "full_attention");
        m_out["layer_types"] = types;
    }

    /// The config's reader refuses those whose words say that they are about the pass.
    void putUnknownKeys()
    {
        const std::string& prefix = m_keys.prefix();
        for (const auto& [key, value] : m_files.front()->metadata()) {
            if (!key.starts_with(prefix))
                continue;
            const std::string_view name = std::string_view(key).substr(prefix.size());
            if (std::find(kReadKeys.begin(), kReadKeys.end(), name) != kReadKeys.end())
                continue;
            m_out[key] = std::visit(
                [](const auto& held) -> json {
                    using Held = std::decay_t<decltype(held)>;
                    if constexpr (std::is_same_v<Held, GgufList>)
                        return "a list of " + std::to_string(held.count);
                    else if constexpr (std::is_same_v<Held, std::string_view>)
                        return held.empty() ? "" : "a text";
                    else
                        return held;
                },
                value);
        }
    }

    const GgufFiles& m_files;
    GgufKeys m_keys;
    std::string m_type;
    json m_out = json::object();
};

std::string supportedArchitectures()
{
    std::string names;
    for (const GgufFamily& family : kGgufFamilies)
        names += (names.empty() ? "" : ", ") + std::string(family.architecture);
    return names;
}

/// As a person knows the file: without its ending and the number of its part. Programs that keep
/// models under their hash (Ollama) leave only the name inside.
std::string nameOfModel(const std::filesystem::path& path, const GgufFile& file)
{
    const auto inside = file.text("general.name");
    const std::string stem = path.stem().string();
    if (stem.starts_with("sha256-") && inside && *inside && !(*inside)->empty())
        return **inside;
    return stem.substr(0, stem.rfind("-00001-of-"));
}

} // namespace

Result<json> ggufConfigJson(const GgufFiles& model)
{
    const GgufFile& file = *model.front();
    const auto architecture = file.text("general.architecture");
    if (!architecture)
        return fail(architecture.error());
    if (!*architecture)
        return file.invalid("general.architecture", "is missing");
    const auto* const family = std::find_if(kGgufFamilies.begin(), kGgufFamilies.end(),
        [&](const GgufFamily& one) { return one.architecture == **architecture; });
    if (family == kGgufFamilies.end())
        return fail(Error::Code::Unsupported,
            file.path().string() + ": architecture `" + (*architecture)->substr(0, 60)
                + "` is not supported. Supported in GGUF: " + supportedArchitectures() + ".");
    return ConfigFromGguf(model, *family).make();
}

Result<ModelConfig> readGgufConfig(const std::filesystem::path& path)
{
    const auto model = openGgufModel(path);
    if (!model)
        return fail(model.error());
    const auto fields = ggufConfigJson(*model);
    if (!fields)
        return fail(fields.error());
    auto config = ConfigReader(*fields, path.string(), fields->at("model_type")).read();
    if (!config)
        return config;
    config->name = nameOfModel(firstGgufFile(path), *model->front());
    if (auto read = readGgufRotaryFactors(*model, *config); !read)
        return fail(read.error());
    return config;
}

} // namespace core
