#include "core/dictionary/llama_scope_file.h"

#include "core/dictionary/dictionary_file.h"
#include "core/dictionary/place.h"
#include "core/dictionary/side_file.h"
#include "core/dictionary/weight_product.h"
#include "core/files/json_file.h"

#include <cmath>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

struct Paths {
    std::filesystem::path config, weights;
};

Paths pathsIn(const std::filesystem::path& folder)
{
    std::error_code error;
    Paths paths{folder / "hyperparams.json", folder / "checkpoints" / "final.safetensors"};
    if (!std::filesystem::is_regular_file(paths.config, error))
        paths.config = folder / "config.json";
    for (const char* other : {"final.safetensors", "sae_weights.safetensors"})
        if (!std::filesystem::is_regular_file(paths.weights, error)
            && std::filesystem::is_regular_file(folder / other, error))
            paths.weights = folder / other;
    return paths;
}

class LlamaScopeReader {
public:
    LlamaScopeReader(const nlohmann::json& json, const Paths& paths, WeightReader& file)
        : m_json(json)
        , m_fields(json, paths.config.string())
        , m_paths(paths)
        , m_file(file)
    {
    }

    Result<Dictionary::Weights> read(DictionaryConfig& config)
    {
        if (auto known = refuseOthers(); !known)
            return fail(known.error());
        if (auto placed = place(config); !placed)
            return fail(placed.error());
        Dictionary::Weights weights = readTensors(config);
        readThreshold(config, weights);
        readNormalization(config);
        const bool isFirstRelease = config.path.filename().string().starts_with("Llama3_1-8B-Base");
        config.baseModel
            = m_fields.string("model_name", isFirstRelease ? "meta-llama/Llama-3.1-8B" : "");
        for (const Result<void>& checked : {m_fields.check(), m_file.check()})
            if (!checked)
                return fail(checked.error());
        if (m_includesNorms && weights.threshold.defined())
            weights.threshold = weights.threshold / rowNorms(weights.W_dec);
        config.architecture
            = std::string(
                  config.activation == FeatureActivation::JumpRelu ? "jumprelu" : "standard")
            + (config.isTranscoder ? "_transcoder" : "");
        return weights;
    }

private:
    tl::unexpected<Error> unsupported(const char* field, const std::string& value) const
    {
        return fail(Error::Code::Unsupported,
            fmt::format("{}: field `{}` is {}, which is not read here.", m_paths.config.string(),
                field, value));
    }

    Result<void> refuseOthers()
    {
        const std::string kind = m_fields.string("sae_type", "sae");
        if (kind != "sae" && kind != "transcoder")
            return unsupported("sae_type", kind);
        if (m_fields.boolean("use_glu_encoder", false) || m_file.has("W_E_glu"))
            return unsupported("use_glu_encoder", "true");
        m_activation = m_fields.string("act_fn", "relu");
        if (m_activation != "jumprelu" && m_activation != "relu")
            return unsupported("act_fn", m_activation);
        return m_fields.check();
    }

    Result<void> place(DictionaryConfig& config)
    {
        const std::string in = m_fields.string("hook_point_in");
        const std::string out = m_fields.string("hook_point_out", in);
        if (auto checked = m_fields.check(); !checked)
            return checked;
        const auto hookIn = placeOfHook(in), hookOut = placeOfHook(out);
        for (const auto& [field, hook] :
            {std::pair{"hook_point_in", &hookIn}, std::pair{"hook_point_out", &hookOut}})
            if (!*hook)
                return fail(hook->error().code,
                    fmt::format("{}: field `{}`: {}", m_paths.config.string(), field,
                        hook->error().message));
        config.isTranscoder = in != out;
        setPlace(config, *hookIn, *hookOut);
        return {};
    }

    Dictionary::Weights readTensors(DictionaryConfig& config)
    {
        Dictionary::Weights weights;
        const bool isNewer = m_file.has("W_E"); // [d, f]; the older files hold linear layers
        const MatrixSize encoder = m_file.matrixSize(isNewer ? "W_E" : "encoder.weight");
        const MatrixSize decoder = m_file.matrixSize(isNewer ? "W_D" : "decoder.weight");
        config.d_in = isNewer ? encoder.rows : encoder.columns;
        config.d_sae = isNewer ? encoder.columns : encoder.rows;
        config.d_out = isNewer ? decoder.columns : decoder.rows;
        config.dtype = m_file.dtype(isNewer ? "W_E" : "encoder.weight");
        config.applyBDecToInput = m_fields.boolean("apply_decoder_bias_to_pre_encoder", false);
        weights.W_enc
            = m_file.stored(isNewer ? "W_E" : "encoder.weight", {encoder.rows, encoder.columns});
        weights.W_dec
            = m_file.stored(isNewer ? "W_D" : "decoder.weight", {decoder.rows, decoder.columns});
        if (isNewer && weights.W_enc.defined())
            weights.W_enc = weights.W_enc.t();
        if (!isNewer && weights.W_dec.defined())
            weights.W_dec = weights.W_dec.t().contiguous(); // single rows are read all the time
        weights.b_enc = m_file.read(isNewer ? "b_E" : "encoder.bias", {config.d_sae});
        weights.b_dec = m_fields.boolean("use_decoder_bias", true)
            ? m_file.read(isNewer ? "b_D" : "decoder.bias", {config.d_out})
            : at::zeros({std::max(config.d_out, 1)});
        return weights;
    }

    void readThreshold(DictionaryConfig& config, Dictionary::Weights& weights)
    {
        if (m_activation != "jumprelu" || config.d_sae <= 0)
            return;
        config.activation = FeatureActivation::JumpRelu;
        config.reluAfterGate = false;
        m_includesNorms = m_fields.boolean("sparsity_include_decoder_norm", false);
        const std::string log = m_file.first(
            {"log_jumprelu_threshold", "activation_function.log_jumprelu_threshold"});
        if (m_file.has(log)) {
            const at::Tensor values = m_file.read(log, {config.d_sae});
            if (values.defined())
                weights.threshold = values.exp();
            return;
        }
        if (!m_fields.has("jump_relu_threshold"))
            m_fields.complain("jump_relu_threshold", "is missing, though `act_fn` is jumprelu.");
        weights.threshold
            = at::full({config.d_sae}, m_fields.number("jump_relu_threshold", 0.0), at::kFloat);
    }

    /// Mean length of the activations at one side, 0 where it is not said.
    double averageNorm(const char* side, const std::string& hook)
    {
        const auto found = m_json.find("dataset_average_activation_norm");
        if (found != m_json.end() && found->is_object())
            for (const std::string& key : {std::string(side), hook})
                if (const auto value = found->find(key);
                    value != found->end() && value->is_number())
                    return value->get<double>();
        const std::string tensor = "dataset_average_activation_norm." + hook;
        return m_file.has(tensor) ? m_file.scalar(tensor) : 0.0;
    }

    void readNormalization(DictionaryConfig& config)
    {
        config.normalizationName = m_fields.string("norm_activation", "none");
        const std::string& name = config.normalizationName;
        if (name == "none" || name == "inference") // what is folded in already
            return;
        if (name != "dataset-wise") {
            m_fields.complain("norm_activation",
                fmt::format("is \"{}\"; dataset-wise, inference and none are read.", name));
            return;
        }
        const double in = averageNorm("in", config.hookIn.name());
        const double out = config.isTranscoder ? averageNorm("out", config.hookOut.name()) : in;
        if (in == 0.0 && out == 0.0) {
            config.normalizationName = "expected_average_only_in"; // a side file may give the scale
            return;
        }
        if (!(std::isfinite(in) && in > 0.0 && std::isfinite(out) && out > 0.0)) {
            m_fields.complain("dataset_average_activation_norm",
                "must give `in` (and for a transcoder `out`), numbers above zero.");
            return;
        }
        config.inputFactor = std::sqrt(static_cast<double>(config.d_in)) / in;
        config.outputFactor = out / std::sqrt(static_cast<double>(config.d_out));
    }

    const nlohmann::json& m_json;
    JsonFields m_fields;
    const Paths& m_paths;
    WeightReader& m_file;
    std::string m_activation;
    bool m_includesNorms = false;
};

} // namespace

bool isLlamaScopeFolder(const std::filesystem::path& folder)
{
    std::error_code error;
    if (std::filesystem::is_regular_file(folder / "hyperparams.json", error))
        return true;
    return std::filesystem::is_regular_file(folder / "config.json", error)
        && std::filesystem::is_regular_file(folder / "sae_weights.safetensors", error)
        && !std::filesystem::is_regular_file(folder / "cfg.json", error);
}

Result<Dictionaries> openLlamaScope(const std::filesystem::path& folder)
{
    const Paths paths = pathsIn(folder);
    const auto json = readJson(paths.config);
    if (!json)
        return fail(json.error());
    auto file = WeightReader::open(paths.weights, "the matrix of the encoder");
    if (!file)
        return fail(file.error());
    DictionaryConfig config;
    config.name = dictionaryName(folder);
    config.path = folder;
    config.format = "Llama Scope";
    auto weights = LlamaScopeReader(*json, paths, *file).read(config);
    if (!weights)
        return fail(weights.error());
    auto dictionary = finishDictionary(std::move(config), std::move(*weights));
    if (!dictionary)
        return fail(dictionary.error());
    return Dictionaries{std::move(*dictionary)};
}

} // namespace core
