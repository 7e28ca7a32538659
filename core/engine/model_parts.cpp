#include "core/engine/model_parts.h"

#include <algorithm>

#include <fmt/format.h>

namespace core {

namespace {

std::string layerList(const std::vector<int>& layers, int n_layers)
{
    if (static_cast<int>(layers.size()) == n_layers)
        return "every layer";
    constexpr std::size_t kNamed = 8;
    std::string names;
    for (std::size_t i = 0; i < std::min(kNamed, layers.size()); ++i)
        names += (i == 0 ? "" : ", ") + std::to_string(layers[i]);
    if (layers.size() > kNamed)
        return fmt::format("{} of {} layers ({}, ...)", layers.size(), n_layers, names);
    return (layers.size() == 1 ? "layer " : "layers ") + names;
}

void addWindows(const ModelConfig& config, std::vector<std::string>& parts)
{
    std::vector<int> sizes;
    for (int layer = 0; layer < config.n_layers; ++layer)
        if (const int window = config.windowOf(layer);
            window > 0 && std::find(sizes.begin(), sizes.end(), window) == sizes.end())
            sizes.push_back(window);
    for (const int size : sizes) {
        std::vector<int> layers;
        for (int layer = 0; layer < config.n_layers; ++layer)
            if (config.windowOf(layer) == size)
                layers.push_back(layer);
        parts.push_back(fmt::format(
            "sliding window of {} tokens on {}", size, layerList(layers, config.n_layers)));
    }
}

std::string rotaryText(const RotaryConfig& rotary)
{
    std::string text = fmt::format("base {:g}", rotary.theta);
    if (rotary.scaling == RotaryConfig::Scaling::Linear)
        text += fmt::format(", stretched by {:g}", rotary.factor);
    if (rotary.scaling == RotaryConfig::Scaling::Llama3)
        text += fmt::format(", stretched by {:g} by Llama 3's rule (from a context of {})",
            rotary.factor, rotary.originalContext);
    return text;
}

void addPositions(const ModelConfig& config, std::vector<std::string>& parts)
{
    if (!config.hasRotary) {
        parts.emplace_back("learned positions");
        return;
    }
    std::string text = "rotary positions, " + rotaryText(config.rotary);
    if (config.rotaryDims > 0 && config.rotaryDims < config.d_head)
        text += fmt::format(", on {} of {} entries of a head", config.rotaryDims, config.d_head);
    if (config.localRotary)
        text += "; " + rotaryText(*config.localRotary) + " on sliding layers";
    parts.push_back(text);
}

std::string biases(const ModelConfig& config)
{
    std::vector<std::string> where;
    if (config.hasAttentionBias)
        where.emplace_back("q, k, v");
    if (config.hasOutputBias)
        where.emplace_back("attention output");
    if (config.hasMlpBias)
        where.emplace_back("MLP");
    std::string text;
    for (const std::string& one : where)
        text += (text.empty() ? "" : "; ") + one;
    return text;
}

std::string mlpText(const ModelConfig& config)
{
    const auto activation = [&] {
        switch (config.activation) {
        case MlpActivation::Silu:
            return "SiLU";
        case MlpActivation::Relu:
            return "ReLU";
        case MlpActivation::Gelu:
            return "GELU";
        case MlpActivation::GeluNew:
            break;
        }
        return "GELU (tanh form)";
    }();
    return fmt::format("{}, {}{} MLP", config.norm == NormKind::LayerNorm ? "LayerNorm" : "RMSNorm",
        config.isGated ? "gated " : "", activation);
}

} // namespace

std::vector<std::string> modelParts(const ModelConfig& config)
{
    std::vector<std::string> parts{mlpText(config)};
    const int shared = config.n_heads / std::max(1, config.n_key_value_heads);
    if (config.n_key_value_heads == 1 && config.n_heads > 1)
        parts.emplace_back("all query heads share one key head");
    else if (shared > 1)
        parts.push_back(fmt::format("{} query heads share a key head", shared));
    addWindows(config, parts);
    addPositions(config, parts);
    if (config.attentionSoftcap > 0)
        parts.push_back(fmt::format("attention scores capped at {:g}", config.attentionSoftcap));
    if (config.finalSoftcap > 0)
        parts.push_back(fmt::format("logits capped at {:g}", config.finalSoftcap));
    if (config.hasQkNorm)
        parts.emplace_back("queries and keys normalised in each head");
    if (config.queryScalar > 0 && config.queryScalar != config.d_head)
        parts.push_back(fmt::format("scores divided by the root of {:g}", config.queryScalar));
    if (!config.scaleAttention)
        parts.emplace_back("scores not scaled");
    if (config.scaleByInverseLayer)
        parts.emplace_back("scores divided by the layer's number");
    if (config.isParallel)
        parts.emplace_back("attention and MLP side by side");
    if (config.hasPostNorms)
        parts.emplace_back("norms also behind attention and MLP");
    if (config.scalesEmbedding)
        parts.emplace_back("embeddings scaled by the root of d_model");
    if (const std::string where = biases(config); !where.empty())
        parts.emplace_back("biases: " + where);
    if (config.isTied)
        parts.emplace_back("unembedding tied to the embedding");
    return parts;
}

} // namespace core
