#include "core/dictionary/dictionary_learning_file.h"

#include "core/dictionary/dictionary_file.h"
#include "core/dictionary/place.h"
#include "core/dictionary/side_file.h"
#include "core/dictionary/weight_product.h"
#include "core/files/json_file.h"

#include <algorithm>
#include <limits>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

constexpr const char* kTrainedWeights = "ae.pt";

/// What config.json says of the class and the place; empty where there is no such file.
struct TrainerConfig {
    std::string dictClass, submodule, io;
    std::int64_t k = 0;
};

Result<TrainerConfig> readConfig(const std::filesystem::path& folder, DictionaryConfig& dictionary)
{
    const std::filesystem::path path = folder / "config.json";
    TrainerConfig config;
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return config;
    const auto json = readJson(path);
    if (!json)
        return fail(json.error());
    const nlohmann::json none = nlohmann::json::object();
    const auto part = [&](const char* key) -> const nlohmann::json& {
        const auto found = json->is_object() ? json->find(key) : json->end();
        return found != json->end() && found->is_object() ? *found : none;
    };
    JsonFields trainer(part("trainer"), path.string()), buffer(part("buffer"), path.string());
    config.dictClass = trainer.string("dict_class", "");
    config.submodule = trainer.string("submodule_name", "");
    config.k = trainer.integer("k", 0);
    config.io = buffer.string("io", "out");
    dictionary.baseModel = trainer.string("lm_name", "");
    dictionary.facts.contextSize
        = static_cast<int>(std::clamp<std::int64_t>(buffer.integer("ctx_len", 0), 0, 1 << 30));
    if (auto checked = trainer.check(); !checked)
        return fail(checked.error());
    if (auto checked = buffer.check(); !checked)
        return fail(checked.error());
    return config;
}

/// By its tensors, where no configuration names the class.
std::string classByTensors(const WeightReader& reader)
{
    if (reader.has("r_mag"))
        return "GatedAutoEncoder";
    if (reader.has("W_enc"))
        return reader.has("k") ? "MatryoshkaBatchTopKSAE" : "JumpReluAutoEncoder";
    if (reader.has("bias"))
        return "AutoEncoder";
    if (reader.has("decoder.bias"))
        return "AutoEncoderNew";
    return {}; // AutoEncoderTopK and BatchTopKSAE keep the same tensors
}

int count(std::int64_t k)
{
    return static_cast<int>(
        std::clamp<std::int64_t>(k, 0, std::numeric_limits<std::int32_t>::max()));
}

class TrainedReader {
public:
    TrainedReader(WeightReader& file, const TrainerConfig& said, DictionaryConfig& config)
        : m_file(file)
        , m_said(said)
        , m_config(config)
    {
    }

    Result<Dictionary::Weights> read()
    {
        const std::string& name = m_config.architecture;
        m_config.applyBDecToInput = true;
        if (name == "AutoEncoder") {
            readLinear("bias");
            warnOfLengths();
        } else if (name == "AutoEncoderNew") {
            m_config.applyBDecToInput = false;
            readLinear("decoder.bias");
        } else if (name == "GatedAutoEncoder") {
            readGated();
        } else if (name == "JumpReluAutoEncoder") {
            readJumpRelu();
        } else if (name == "AutoEncoderTopK") {
            readLinear("b_dec");
            m_config.activation = FeatureActivation::TopK;
            m_config.k
                = count(m_file.has("k") ? static_cast<std::int64_t>(m_file.scalar("k")) : m_said.k);
        } else if (name == "BatchTopKSAE" || name == "MatryoshkaBatchTopKSAE") {
            if (name == "BatchTopKSAE")
                readLinear("b_dec");
            else
                readMatrices();
            readBatchThreshold();
        } else {
            return fail(Error::Code::Unsupported,
                fmt::format(
                    "{}: `dict_class` is \"{}\"; AutoEncoder, AutoEncoderNew, "
                    "GatedAutoEncoder, JumpReluAutoEncoder, AutoEncoderTopK, BatchTopKSAE "
                    "and MatryoshkaBatchTopKSAE are read. Where config.json is missing, put "
                    "it beside ae.pt.",
                    m_config.path.string(), name));
        }
        if (auto checked = m_file.check(); !checked)
            return fail(checked.error());
        return m_weights;
    }

private:
    /// encoder.weight [f, d] and decoder.weight [d, f], as torch's linear layers keep them.
    void readLinear(const char* outputBias)
    {
        const MatrixSize encoder = m_file.matrixSize("encoder.weight");
        m_config.d_sae = encoder.rows;
        m_config.d_in = m_config.d_out = encoder.columns;
        m_config.dtype = m_file.dtype("encoder.weight");
        m_weights.W_enc = m_file.stored("encoder.weight", {m_config.d_sae, m_config.d_in});
        const at::Tensor decoder
            = m_file.stored("decoder.weight", {m_config.d_out, m_config.d_sae});
        if (decoder.defined())
            m_weights.W_dec = decoder.t().contiguous(); // single rows are read all the time
        m_weights.b_dec = m_file.read(outputBias, {m_config.d_out});
        if (!m_file.has("r_mag"))
            m_weights.b_enc = m_file.read("encoder.bias", {m_config.d_sae});
    }

    /// Its own loader makes decoder columns unit length and scales activations instead.
    void warnOfLengths()
    {
        if (!m_weights.W_dec.defined())
            return;
        const at::Tensor lengths = rowNorms(m_weights.W_dec);
        if ((lengths - 1.0).abs().max().item<double>() > 1e-2)
            m_config.warnings.emplace_back(
                "Its decoder rows are not of unit length. Activations are as stored; "
                "dictionary_learning's own loader multiplies them by those lengths.");
    }

    void readMatrices()
    {
        const MatrixSize encoder = m_file.matrixSize("W_enc");
        m_config.d_sae = encoder.columns;
        m_config.d_in = m_config.d_out = encoder.rows;
        m_config.dtype = m_file.dtype("W_enc");
        const at::Tensor W_enc = m_file.stored("W_enc", {m_config.d_in, m_config.d_sae});
        if (W_enc.defined())
            m_weights.W_enc = W_enc.t();
        m_weights.b_enc = m_file.read("b_enc", {m_config.d_sae});
        m_weights.W_dec = m_file.stored("W_dec", {m_config.d_sae, m_config.d_out});
        m_weights.b_dec = m_file.read("b_dec", {m_config.d_out});
    }

    void readGated()
    {
        readLinear("decoder_bias");
        m_config.activation = FeatureActivation::Gated;
        m_weights.b_enc = m_file.read("mag_bias", {m_config.d_sae});
        m_weights.b_gate = m_file.read("gate_bias", {m_config.d_sae});
        m_weights.r_mag = m_file.read("r_mag", {m_config.d_sae});
    }

    void readJumpRelu()
    {
        readMatrices();
        m_config.activation = FeatureActivation::JumpRelu;
        m_config.reluAfterGate = false;
        m_config.applyBDecToInput
            = m_file.has("apply_b_dec_to_input") && m_file.scalar("apply_b_dec_to_input") != 0.0;
        m_weights.threshold = m_file.read("threshold", {m_config.d_sae});
    }

    /// Trained with k per token on average; read with the one threshold found then.
    void readBatchThreshold()
    {
        m_config.activation = FeatureActivation::JumpRelu;
        const double threshold = m_file.scalar("threshold");
        if (m_config.d_sae <= 0)
            return;
        if (threshold < 0.0)
            m_config.warnings.emplace_back("Its threshold was never set in training (it is below "
                                           "zero), so every positive feature counts as active.");
        m_weights.threshold = at::full({m_config.d_sae}, threshold, at::kFloat);
    }

    WeightReader& m_file;
    const TrainerConfig& m_said;
    DictionaryConfig& m_config;
    Dictionary::Weights m_weights;
};

/// "resid_post_layer_8" of the configuration, else of one of the folders above.
void place(const std::filesystem::path& folder, const TrainerConfig& said, DictionaryConfig& config)
{
    const auto take = [&](const std::string& name, bool isInferred) {
        auto point = placeOfSubmodule(name);
        if (!point)
            point = placeOfModule(name, said.io == "in");
        if (!point)
            return false;
        setPlace(config, *point, *point);
        if (isInferred)
            config.warnings.push_back(fmt::format(
                "That it reads {} is told from the name of a folder ({}).", point->name(), name));
        return true;
    };
    if (!said.submodule.empty() && take(said.submodule, false))
        return;
    if (take(folder.filename().string(), true)
        || take(folder.parent_path().filename().string(), true))
        return;
    config.isPlaced = false;
}

} // namespace

bool isDictionaryLearningFolder(const std::filesystem::path& folder)
{
    std::error_code error;
    return std::filesystem::is_regular_file(folder / kTrainedWeights, error);
}

Result<Dictionaries> openDictionaryLearning(const std::filesystem::path& folder)
{
    DictionaryConfig config;
    config.name = dictionaryName(folder);
    config.path = folder;
    config.format = "dictionary_learning";
    const auto said = readConfig(folder, config);
    if (!said)
        return fail(said.error());
    auto reader = WeightReader::open(folder / kTrainedWeights, "the matrix of the encoder");
    if (!reader)
        return fail(reader.error());
    config.architecture = said->dictClass.empty() ? classByTensors(*reader) : said->dictClass;
    auto weights = TrainedReader(*reader, *said, config).read();
    if (!weights)
        return fail(weights.error());
    if (said->io == "in_and_out")
        return fail(Error::Code::Unsupported,
            fmt::format("{}: field `io` is in_and_out: a transcoder of dictionary_learning, which "
                        "is not read. Convert it to a circuit-tracer set.",
                (folder / "config.json").string()));
    place(folder, *said, config);
    auto dictionary = finishDictionary(std::move(config), std::move(*weights));
    if (!dictionary)
        return fail(dictionary.error());
    return Dictionaries{std::move(*dictionary)};
}

} // namespace core
