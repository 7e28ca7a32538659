#pragma once

#include "tests/core/dictionary/random_dictionary.h"
#include "tests/support/tiny_model.h"

#include <span>

namespace tests {

/// One per layer of a tiny model, "plt/layer_N", each from the stream between attention and MLP to
/// what the MLP adds.
inline core::Dictionaries tinyTranscoders(
    const core::ModelConfig& model, int features = 24, bool hasSkip = false)
{
    core::Dictionaries layers;
    for (int layer = 0; layer < model.n_layers; ++layer) {
        core::DictionaryConfig config = saeConfig(model.d_model, features);
        config.name = "plt/layer_" + std::to_string(layer);
        config.isTranscoder = true;
        config.hookIn = {core::HookKind::ResidMid, core::Layer(layer)};
        config.hookOut = {core::HookKind::MlpOut, core::Layer(layer)};
        layers.push_back(randomDictionary(config, static_cast<std::uint64_t>(layer) + 4, hasSkip));
    }
    return layers;
}

/// A cross-layer transcoder of the same shape, "clt/layer_N".
inline core::Dictionaries tinyCrossLayer(const core::ModelConfig& model, int features = 24)
{
    core::Dictionaries layers;
    for (int layer = 0; layer < model.n_layers; ++layer) {
        core::DictionaryConfig config = saeConfig(model.d_model, features);
        config.name = "clt/layer_" + std::to_string(layer);
        config.isTranscoder = config.isCrossLayer = true;
        config.layersWritten = model.n_layers - layer;
        config.hookIn = {core::HookKind::ResidMid, core::Layer(layer)};
        config.hookOut = {core::HookKind::MlpOut, core::Layer(layer)};
        core::Dictionary::Weights weights
            = randomWeights(config, static_cast<std::uint64_t>(layer) + 9);
        weights.W_dec = at::randn({features, config.layersWritten, model.d_model}) * 0.3;
        layers.push_back(core::Dictionary::create(config, weights).value());
    }
    return layers;
}

/// A feature that fires on some rows of [T, d_in] and not on all.
inline core::FeatureId livelyFeature(const core::Dictionary& dictionary, const at::Tensor& x)
{
    const at::Tensor active = dictionary.encode(x).feature_acts.gt(0).sum(0);
    for (std::int64_t i = 0; i < active.numel(); ++i)
        if (const auto n = active[i].item<std::int64_t>(); n >= 2 && n < x.size(0))
            return core::FeatureId(i);
    throw std::runtime_error("no feature fires on some positions only: another seed is needed");
}

inline std::vector<core::TokenId> idList(const at::Tensor& ids)
{
    std::vector<core::TokenId> list;
    const at::Tensor flat = ids.flatten();
    for (std::int64_t i = 0; i < flat.numel(); ++i)
        list.emplace_back(flat[i].item<std::int64_t>());
    return list;
}

inline at::Tensor idRow(const std::vector<core::TokenId>& ids)
{
    at::Tensor row = at::empty({1, std::ssize(ids)}, at::kLong);
    for (std::size_t i = 0; i < ids.size(); ++i)
        row[0][static_cast<std::int64_t>(i)] = ids[i].value;
    return row;
}

inline at::Tensor rowTensor(std::span<const float> row)
{
    return at::tensor(at::ArrayRef<float>(row.data(), row.size()));
}

} // namespace tests
