#include "core/training/cross_layer_weights.h"

#include "core/training/start_weights.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

CrossLayerWeights CrossLayerWeights::zerosLike() const
{
    CrossLayerWeights zeros;
    for (const DictionaryWeights& layer : layers)
        zeros.layers.push_back(layer.zerosLike());
    return zeros;
}

at::Tensor writtenColumns(const at::Tensor& outputs, std::int64_t layer, std::int64_t layers)
{
    const std::int64_t d = outputs.size(1) / layers;
    return outputs.narrow(1, layer * d, (layers - layer) * d);
}

at::Tensor outputColumns(const at::Tensor& outputs, std::int64_t layer, std::int64_t layers)
{
    const std::int64_t d = outputs.size(1) / layers;
    return outputs.narrow(1, layer * d, d);
}

CrossLayerPlaces CrossLayerPlaces::measure(
    const ActivationStore& store, std::vector<DictionaryTrainerOptions> options)
{
    CrossLayerPlaces places;
    places.options = std::move(options);
    for (const DictionaryTrainerOptions& layer : places.options)
        places.scaling.push_back(DictionaryScaling::measure(store, layer));
    return places;
}

CrossLayerBatch CrossLayerPlaces::batch(
    const ActivationStore& store, const at::Tensor& indices) const
{
    CrossLayerBatch batch;
    std::vector<at::Tensor> outputs;
    for (std::size_t layer = 0; layer < options.size(); ++layer) {
        DictionaryBatch own = scaling[layer].batch(store, options[layer], indices);
        batch.x.push_back(std::move(own.x));
        outputs.push_back(std::move(own.y));
    }
    batch.y = at::cat(outputs, 1);
    return batch;
}

CrossLayerWeights initialCrossLayerWeights(
    const ActivationStore& store, const CrossLayerPlaces& places)
{
    const at::NoGradGuard noGrad;
    CrossLayerWeights weights;
    for (std::size_t layer = 0; layer < places.options.size(); ++layer) {
        if (places.options[layer].start) {
            std::vector<double> outScales;
            for (std::size_t to = layer; to < places.options.size(); ++to)
                outScales.push_back(places.scaling[to].out);
            weights.layers.push_back(startWeights(*places.options[layer].start,
                places.scaling[layer], places.options[layer], outScales));
            continue;
        }
        DictionaryWeights own = initialWeights(store, places.scaling[layer], places.options[layer]);
        const auto later = static_cast<std::int64_t>(places.options.size() - layer - 1);
        own.W_dec = at::cat({own.W_dec, at::zeros({own.d_sae(), later * own.W_dec.size(1)})}, 1);
        weights.layers.push_back(std::move(own));
    }
    return weights;
}

Result<Dictionaries> foldCrossLayer(const CrossLayerWeights& weights,
    const CrossLayerPlaces& places, const std::vector<double>& thresholds)
{
    const at::NoGradGuard noGrad;
    Dictionaries layers;
    const auto count = static_cast<std::size_t>(weights.count());
    for (std::size_t layer = 0; layer < count; ++layer) {
        const DictionaryWeights& own = weights.layers[layer];
        const DictionaryTrainerOptions& options = places.options[layer];
        const DictionaryScaling& scaling = places.scaling[layer];
        const std::int64_t d_sae = own.d_sae(), d_out = own.b_dec.size(0);

        DictionaryConfig config;
        config.name = options.name;
        config.format = "circuit-tracer";
        config.isTranscoder = config.isCrossLayer = true;
        config.layersWritten = static_cast<int>(count - layer);
        config.d_in = static_cast<int>(own.W_enc.size(1));
        config.d_out = static_cast<int>(d_out);
        config.d_sae = static_cast<int>(d_sae);
        config.hookIn = options.hookIn;
        config.hookOut = options.hookOut;
        config.applyBDecToInput = false;
        config.reluAfterGate = false; // as circuit-tracer reads it; thresholds are never below 0
        config.baseModel = options.baseModel;
        config.facts = options.facts;

        Dictionary::Weights folded;
        folded.W_dec = own.W_dec.view({d_sae, config.layersWritten, d_out}).clone();
        for (int offset = 0; offset < config.layersWritten; ++offset)
            folded.W_dec.select(1, offset).div_(
                places.scaling[layer + static_cast<std::size_t>(offset)].out);
        const at::Tensor norm = folded.W_dec.flatten(1).norm(2, 1); // [d_sae]
        folded.W_dec.div_(norm.view({-1, 1, 1}));
        folded.W_enc = own.W_enc * (norm * scaling.in).unsqueeze(1);
        folded.b_enc = own.b_enc * norm - at::mv(folded.W_enc, scaling.inMean);
        folded.b_dec = own.b_dec / scaling.out;
        if (options.objective == DictionaryObjective::BatchTopK)
            folded.threshold = norm * thresholds.at(layer);
        else if (options.objective == DictionaryObjective::JumpRelu)
            folded.threshold = own.log_threshold.exp() * norm;
        config.activation
            = folded.threshold.defined() ? FeatureActivation::JumpRelu : FeatureActivation::Relu;
        config.architecture = folded.threshold.defined() ? "jumprelu_cross_layer_transcoder"
                                                         : "cross_layer_transcoder";
        auto dictionary = Dictionary::create(std::move(config), std::move(folded));
        if (!dictionary)
            return fail(dictionary.error());
        layers.push_back(std::move(*dictionary));
    }
    return layers;
}

} // namespace core
