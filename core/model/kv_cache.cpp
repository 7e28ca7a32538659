#include "core/model/kv_cache.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

KvCache::KvCache(int n_layers, std::int64_t capacity)
    : m_keys(static_cast<std::size_t>(n_layers))
    , m_values(static_cast<std::size_t>(n_layers))
    , m_capacity(capacity)
{
}

std::pair<at::Tensor, at::Tensor> KvCache::append(
    int layer, const at::Tensor& k, const at::Tensor& v)
{
    const at::NoGradGuard noGrad;
    const std::int64_t T = k.size(2);
    const auto put = [&](at::Tensor& kept, const at::Tensor& fresh) {
        if (!kept.defined()) {
            // Untouched pages of it cost nothing; an inference tensor could not be extended in
            // another mode.
            const c10::InferenceMode noInference(false);
            kept = at::empty(
                {fresh.size(0), fresh.size(1), m_capacity, fresh.size(3)}, fresh.options());
        }
        kept.narrow(2, m_length, T).copy_(fresh);
        return kept.narrow(2, 0, m_length + T);
    };
    const auto index = static_cast<std::size_t>(layer);
    at::Tensor keys = put(m_keys[index], k);
    at::Tensor values = put(m_values[index], v);
    return {std::move(keys), std::move(values)};
}

void KvCache::repeat(std::int64_t batch)
{
    const at::NoGradGuard noGrad;
    const c10::InferenceMode noInference(false);
    for (auto* side : {&m_keys, &m_values}) {
        for (at::Tensor& kept : *side) {
            if (!kept.defined())
                continue;
            auto shape = kept.sizes().vec();
            shape[0] = batch;
            at::Tensor wide = at::empty(shape, kept.options());
            wide.narrow(2, 0, m_length)
                .copy_(kept.narrow(2, 0, m_length)); // Broadcasts the one stream.
            kept = std::move(wide);
        }
    }
}

} // namespace core
