#include "core/dictionary/dictionary.h"

#include "core/dictionary/sparse_decode.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

Result<std::vector<at::Tensor>> reconstructLayers(
    const Dictionaries& layers, const std::vector<at::Tensor>& x)
{
    if (layers.size() != x.size())
        return fail(Error::Code::Unsupported,
            fmt::format("A cross-layer transcoder of {} layers needs the inputs of them all; {} "
                        "are given.",
                layers.size(), x.size()));
    std::vector<at::Tensor> out;
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        const DictionaryConfig& config = layers[layer]->config();
        if (!config.isCrossLayer || config.hookIn.layer != Layer(static_cast<std::int64_t>(layer))
            || config.layersWritten != static_cast<int>(layers.size() - layer))
            return fail(Error::Code::Unsupported,
                fmt::format("{}: is not layer {} of a cross-layer transcoder of {} layers.",
                    config.name, layer, layers.size()));
        const at::Tensor acts = layers[layer]->activations(x[layer]);
        // Its own layer, with the bias and the skip connection that belong to it ...
        const at::Tensor own = layers[layer]->decode(acts, x[layer]);
        if (layer < out.size())
            out[layer] = out[layer] + own;
        else
            out.push_back(own);
        // ... and what it adds to each layer after it.
        for (int offset = 1; offset < config.layersWritten; ++offset) {
            const std::size_t to = layer + static_cast<std::size_t>(offset);
            const at::Tensor part
                = decodeActive(acts, layers[layer]->decoderAt(offset)).to(x[layer].scalar_type());
            if (to < out.size())
                out[to] = out[to] + part;
            else
                out.push_back(part);
        }
    }
    return out;
}

} // namespace core
