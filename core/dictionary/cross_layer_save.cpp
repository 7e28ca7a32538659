#include "core/dictionary/dictionary.h"
#include "core/dictionary/saved_form.h"

#include "core/files/atomic_write.h"
#include "core/model/tensor_io.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

/// What circuit-tracer's cross-layer layout cannot say; empty where there is nothing of the kind.
std::string unsayableAcrossLayers(
    const Dictionary& layer, const DictionaryConfig& first, std::size_t at, std::size_t count)
{
    const DictionaryConfig& config = layer.config();
    const HookPoint in{first.hookIn.kind, Layer(static_cast<std::int64_t>(at))};
    const HookPoint out{first.hookOut.kind, in.layer};
    if (!config.isCrossLayer || config.layersWritten != static_cast<int>(count - at))
        return fmt::format("it does not write to {} layers", count - at);
    if (config.hookIn != in || config.hookOut != out)
        return fmt::format("it reads {} and writes {}, expected were {} and {}",
            config.hookIn.name(), config.hookOut.name(), in.name(), out.name());
    if (config.activation != FeatureActivation::Relu
        && config.activation != FeatureActivation::JumpRelu)
        return "the format knows ReLU and JumpReLU alone";
    if (config.activation != first.activation || config.d_sae != first.d_sae
        || config.d_in != first.d_in || config.d_out != first.d_out)
        return "its sizes or its activation differ from layer 0's";
    if (config.normalization != InputNormalization::None || config.inputFactor != 1.0
        || config.outputFactor != 1.0 || config.applyBDecToInput || layer.W_skip().defined())
        return "the format knows no normalisation, scale or skip connection";
    return {};
}

} // namespace

Result<void> saveCrossLayerSet(const Dictionaries& layers, const std::filesystem::path& folder,
    const std::string& dtype, const std::string& modelName)
{
    const auto type = savedType(dtype);
    if (!type)
        return fail(type.error());
    if (layers.empty())
        return fail(Error::Code::NotFound,
            fmt::format("{}: there are no layers to save.", folder.string()));
    const DictionaryConfig& first = layers.front()->config();
    for (std::size_t layer = 0; layer < layers.size(); ++layer)
        if (const std::string why
            = unsayableAcrossLayers(*layers[layer], first, layer, layers.size());
            !why.empty())
            return fail(Error::Code::Unsupported,
                fmt::format("{}: cannot be layer {} of a cross-layer transcoder in "
                            "circuit-tracer's format: {}.",
                    layers[layer]->config().name, layer, why));
    if (auto made = makeSavedFolder(folder); !made)
        return made;
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        const Dictionary& own = *layers[layer];
        std::vector<at::Tensor> decoders;
        for (int offset = 0; offset < own.config().layersWritten; ++offset)
            decoders.push_back(own.decoderAt(offset));
        const auto name = [&](const char* what) { return fmt::format("{}_{}", what, layer); };
        const auto file = [&](const char* what) { return folder / (name(what) + ".safetensors"); };
        NamedTensors encoder{{name("W_enc"), savedTensor(own.W_enc(), *type)},
            {name("b_enc"), savedTensor(own.b_enc(), *type)},
            {name("b_dec"), savedTensor(own.b_dec(), *type)}};
        if (own.threshold().defined())
            encoder.emplace_back(name("threshold"), savedTensor(own.threshold(), *type));
        if (auto saved = saveTensors(file("W_enc"), encoder, {{"format", "pt"}}); !saved)
            return saved;
        if (auto saved = saveTensors(file("W_dec"),
                {{name("W_dec"), savedTensor(at::stack(decoders, 1), *type)}}, {{"format", "pt"}});
            !saved)
            return saved;
    }
    // Last: without it the folder is no dictionary yet.
    std::string yaml = fmt::format("model_name: \"{}\"\nmodel_kind: cross_layer_transcoder\n"
                                   "feature_input_hook: {}\nfeature_output_hook: {}\n",
        modelName, hookInItsBlock(first.hookIn), hookInItsBlock(first.hookOut));
    if (first.facts.prependBos)
        yaml += fmt::format("prepend_bos: {}\n", *first.facts.prependBos);
    return writeAtomically(folder / "config.yaml", yaml);
}

} // namespace core
