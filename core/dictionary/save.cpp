#include "core/dictionary/dictionary.h"

#include "core/dictionary/saved_form.h"
#include "core/files/atomic_write.h"
#include "core/model/tensor_io.h"

#include <cmath>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

// The version whose layout is written; SAELens reads the file as of that version.
constexpr const char* kSaeLensVersion = "6.18.0";

/// JumpReLU with and without a ReLU agree where no threshold is below zero.
at::Tensor thresholdWithoutRelu(const Dictionary& dictionary)
{
    return dictionary.config().reluAfterGate ? at::relu(dictionary.threshold())
                                             : dictionary.threshold();
}

/// The matrices with every fixed scale worked into them.
struct PlainWeights {
    at::Tensor W_enc, W_dec, b_dec;
};

PlainWeights plainWeights(const Dictionary& dictionary)
{
    const DictionaryConfig& config = dictionary.config();
    if (config.rescaleByDecoderNorm) // the rows below would hold the norms; the file says them
        return {dictionary.W_enc(), dictionary.W_dec(), dictionary.b_dec()};
    const at::Tensor all = at::arange(config.d_sae, at::kLong);
    return {dictionary.encoderRows(all), dictionary.decoderRows(all),
        dictionary.b_dec() * config.outputFactor};
}

/// What neither format can say; empty where there is nothing of the kind.
const char* unsayable(const Dictionary& dictionary)
{
    const DictionaryConfig& config = dictionary.config();
    if (!config.isPlaced)
        return "its files do not say which place of a model it reads";
    if (config.isCrossLayer)
        return "it is one layer of a cross-layer transcoder";
    if (config.activation == FeatureActivation::GroupMax
        || config.activation == FeatureActivation::TanhRelu)
        return "its activation is not among those the format knows";
    if (dictionary.subtractsOwnBias())
        return "it takes one bias from its input and adds another to its output";
    const bool scales = config.inputFactor != 1.0 || config.outputFactor != 1.0;
    const bool usesBDecTwice = config.applyBDecToInput && !config.isTranscoder;
    if (scales
        && (config.rescaleByDecoderNorm
            || (usesBDecTwice && std::abs(config.inputFactor * config.outputFactor - 1.0) > 1e-9)))
        return "its fixed scales cannot be worked into the weights";
    return "";
}

Result<std::string> saeLensArchitecture(const Dictionary& dictionary)
{
    const DictionaryConfig& config = dictionary.config();
    const auto refuse = [&](const char* why) {
        return fail(Error::Code::Unsupported,
            fmt::format("{}: cannot be saved in SAELens' format: {}.", config.name, why));
    };
    if (const char* why = unsayable(dictionary); *why)
        return refuse(why);
    if (config.rescaleByDecoderNorm && config.activation != FeatureActivation::TopK)
        return refuse("only its TopK counts in units of the decoder's length");
    const bool isSigned = config.activation == FeatureActivation::TopK && !config.reluAfterGate;
    if (isSigned && !config.picksBySize)
        return refuse("its TopK keeps negative activations, SAELens' does not");
    if (config.picksBySize && config.reluAfterGate)
        return refuse("it picks by size and drops what is negative");
    if (!config.reluAfterGate && config.activation == FeatureActivation::JumpRelu
        && dictionary.threshold().lt(0).any().item<bool>())
        return refuse("it has thresholds below zero, which let negative activations through");
    if (config.isTranscoder) {
        if (config.activation == FeatureActivation::TopK)
            return refuse("it knows no TopK transcoder; save it as a circuit-tracer set");
        if (config.activation == FeatureActivation::Gated)
            return refuse("it knows no gated transcoder");
        return std::string(config.activation == FeatureActivation::JumpRelu ? "jumprelu_" : "")
            + (dictionary.W_skip().defined() ? "skip_transcoder" : "transcoder");
    }
    switch (config.activation) {
    case FeatureActivation::Relu:
        return "standard";
    case FeatureActivation::JumpRelu:
        return "jumprelu";
    case FeatureActivation::TopK:
        return isSigned ? "abstopk" : "topk";
    case FeatureActivation::Gated:
        return "gated";
    case FeatureActivation::GroupMax:
    case FeatureActivation::TanhRelu:
        break;
    }
    return refuse("its activation is unknown");
}

} // namespace

Result<void> saveSaeLens(
    const Dictionary& dictionary, const std::filesystem::path& folder, const std::string& dtype)
{
    const DictionaryConfig& config = dictionary.config();
    const auto type = savedType(dtype);
    if (!type)
        return fail(type.error());
    const auto architecture = saeLensArchitecture(dictionary);
    if (!architecture)
        return fail(architecture.error());

    nlohmann::json metadata = {{"sae_lens_version", kSaeLensVersion},
        {"sae_lens_training_version", nullptr}, {"model_name", config.baseModel},
        {"hook_name", config.hookIn.name()}, {"hook_head_index", nullptr},
        {"model_from_pretrained_kwargs", {{"center_writing_weights", config.centersInput}}}};
    if (config.headIn >= 0)
        metadata["hook_head_index"] = config.headIn;
    if (config.facts.prependBos)
        metadata["prepend_bos"] = *config.facts.prependBos;
    if (config.facts.contextSize > 0)
        metadata["context_size"] = config.facts.contextSize;
    if (config.facts.areConcepts)
        metadata["concept_directions"] = true;
    nlohmann::json cfg = {{"architecture", *architecture}, {"d_in", config.d_in},
        {"d_sae", config.d_sae}, {"dtype", dtype}, {"device", "cpu"},
        {"apply_b_dec_to_input", config.applyBDecToInput && !config.isTranscoder},
        {"normalize_activations", config.normalizationName},
        {"reshape_activations", config.flattensHeads ? "hook_z" : "none"}};
    if (config.isTranscoder) {
        cfg["d_out"] = config.d_out;
        metadata["hook_name_out"] = config.hookOut.name();
        metadata["hook_head_index_out"] = nullptr;
    }
    if (config.activation == FeatureActivation::TopK) {
        cfg["k"] = config.k;
        cfg["rescale_acts_by_decoder_norm"] = config.rescaleByDecoderNorm;
    }
    cfg["metadata"] = metadata;

    const PlainWeights weights = plainWeights(dictionary);
    const bool isGated = config.activation == FeatureActivation::Gated;
    NamedTensors tensors = {{"W_enc", savedTensor(weights.W_enc.t(), *type)},
        {isGated ? "b_mag" : "b_enc", savedTensor(dictionary.b_enc(), *type)},
        {"W_dec", savedTensor(weights.W_dec, *type)}, {"b_dec", savedTensor(weights.b_dec, *type)}};
    if (config.activation == FeatureActivation::JumpRelu)
        tensors.emplace_back("threshold", savedTensor(dictionary.threshold(), *type));
    if (isGated) {
        tensors.emplace_back("b_gate", savedTensor(dictionary.b_gate(), *type));
        tensors.emplace_back("r_mag", savedTensor(dictionary.r_mag(), *type));
    }
    if (dictionary.W_skip().defined())
        tensors.emplace_back("W_skip", savedTensor(dictionary.W_skip(), *type));

    if (auto made = makeSavedFolder(folder); !made)
        return made;
    // The configuration goes last: without it the folder is no dictionary yet.
    if (auto saved = saveTensors(folder / "sae_weights.safetensors", tensors, {{"format", "pt"}});
        !saved)
        return saved;
    return writeAtomically(folder / "cfg.json", cfg.dump(4) + "\n");
}

Result<void> saveTranscoderSet(const Dictionaries& layers, const std::filesystem::path& folder,
    const std::string& dtype, const std::string& modelName)
{
    const auto type = savedType(dtype);
    if (!type)
        return fail(type.error());
    if (layers.empty())
        return fail(Error::Code::NotFound,
            fmt::format("{}: there are no transcoders to save.", folder.string()));

    const DictionaryConfig& first = layers.front()->config();
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        const DictionaryConfig& config = layers[layer]->config();
        const auto refuse = [&](const std::string& why) {
            return fail(Error::Code::Unsupported,
                fmt::format("{}: cannot be layer {} of a circuit-tracer set: {}.", config.name,
                    layer, why));
        };
        const HookPoint in{first.hookIn.kind, Layer(static_cast<std::int64_t>(layer))};
        const HookPoint out{first.hookOut.kind, in.layer};
        if (!config.isTranscoder)
            return refuse("it is an SAE");
        if (const char* why = unsayable(*layers[layer]); *why)
            return refuse(why);
        if (config.activation == FeatureActivation::Gated || config.rescaleByDecoderNorm
            || config.picksBySize)
            return refuse("the format knows ReLU, JumpReLU and TopK alone");
        if (config.hookIn != in || config.hookOut != out)
            return refuse(fmt::format("it reads {} and writes {}, expected were {} and {}",
                config.hookIn.name(), config.hookOut.name(), in.name(), out.name()));
        if (config.normalization != InputNormalization::None)
            return refuse("the format knows no normalisation of the input");
        if (config.d_sae != first.d_sae || config.activation != first.activation
            || config.k != first.k)
            return refuse("its width or activation differs from layer 0's");
        if (config.activation == FeatureActivation::TopK && config.reluAfterGate)
            return refuse("its TopK drops negative activations, the format's keeps them");
    }

    if (auto made = makeSavedFolder(folder); !made)
        return made;
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        const Dictionary& dictionary = *layers[layer];
        const PlainWeights weights = plainWeights(dictionary);
        NamedTensors tensors = {{"W_enc", savedTensor(weights.W_enc, *type)},
            {"b_enc", savedTensor(dictionary.b_enc(), *type)},
            {"W_dec", savedTensor(weights.W_dec, *type)},
            {"b_dec", savedTensor(weights.b_dec, *type)}};
        if (dictionary.config().activation == FeatureActivation::JumpRelu)
            tensors.emplace_back("activation_function.threshold",
                savedTensor(thresholdWithoutRelu(dictionary), *type));
        if (dictionary.W_skip().defined())
            tensors.emplace_back("W_skip", savedTensor(dictionary.W_skip(), *type));
        const std::filesystem::path file = folder / fmt::format("layer_{}.safetensors", layer);
        if (auto saved = saveTensors(file, tensors, {{"format", "pt"}}); !saved)
            return saved;
    }

    std::string yaml
        = fmt::format("model_name: \"{}\"\nmodel_kind: transcoder_set\nfeature_input_hook: {}\n"
                      "feature_output_hook: {}\n",
            modelName, hookInItsBlock(first.hookIn), hookInItsBlock(first.hookOut));
    if (first.activation == FeatureActivation::TopK)
        yaml += fmt::format("activation: topk\nk: {}\n", first.k);
    else if (first.activation == FeatureActivation::Relu)
        yaml += "activation: relu\n";
    if (first.facts.prependBos)
        yaml += fmt::format("prepend_bos: {}\n", *first.facts.prependBos);
    yaml += "transcoders:\n";
    for (std::size_t layer = 0; layer < layers.size(); ++layer)
        yaml += fmt::format("  - layer_{}.safetensors\n", layer);
    return writeAtomically(folder / "config.yaml", yaml);
}

} // namespace core
