#include "core/training/matryoshka_objective.h"

#include <ATen/ATen.h>

namespace core {

void MatryoshkaObjective::splitEntries(std::int64_t d_sae)
{
    const std::vector<std::int64_t> widths = m_options.widths(d_sae);
    m_rings.resize(widths.size());
    for (std::size_t m = 0; m < widths.size(); ++m) {
        m_rings[m].first = m == 0 ? 0 : widths[m - 1];
        m_rings[m].count = widths[m] - m_rings[m].first;
        m_rings[m].acts.clear();
    }
    // Features ascend within a token, so a ring's entries are one stretch of its row.
    for (std::size_t t = 0; t < static_cast<std::size_t>(m_acts.tokens()); ++t) {
        auto e = static_cast<std::size_t>(m_acts.rowBegin[t]);
        const auto end = static_cast<std::size_t>(m_acts.rowBegin[t + 1]);
        for (Ring& ring : m_rings) {
            for (; e < end && m_acts.features[e] < ring.first + ring.count; ++e) {
                ring.acts.features.push_back(
                    m_acts.features[e] - static_cast<std::int32_t>(ring.first));
                ring.acts.hidden_pre.push_back(m_acts.hidden_pre[e]);
                ring.acts.feature_acts.push_back(m_acts.feature_acts[e]);
            }
            ring.acts.rowBegin.push_back(ring.acts.entries());
        }
    }
}

at::Tensor MatryoshkaObjective::addReconstruction(
    const DictionaryWeights& weights, at::Tensor& error, Loss& loss)
{
    splitEntries(weights.d_sae());
    double inner = 0.0;
    for (Ring& ring : m_rings) {
        addDecoded(ring.acts, weights.W_dec.narrow(0, ring.first, ring.count), error);
        if (!ring.errors.defined() || ring.errors.sizes() != error.sizes())
            ring.errors = at::empty_like(error);
        ring.errors.copy_(error);
        if (&ring != &m_rings.back())
            inner += sumOfSquares(error);
    }
    loss.aux = inner / static_cast<double>(error.size(0));
    for (std::size_t m = m_rings.size() - 1; m-- > 0;)
        m_rings[m].errors.add_(m_rings[m + 1].errors);
    return m_rings.front().errors;
}

std::vector<float> MatryoshkaObjective::errorGradients(
    const DictionaryWeights& weights, const at::Tensor&, float scale)
{
    std::vector<std::vector<float>> ofRings;
    for (const Ring& ring : m_rings)
        ofRings.push_back(actGradients(
            ring.acts, weights.W_dec.narrow(0, ring.first, ring.count), ring.errors, scale));
    std::vector<float> all;
    all.reserve(m_acts.features.size());
    for (std::size_t t = 0; t < static_cast<std::size_t>(m_acts.tokens()); ++t)
        for (std::size_t m = 0; m < m_rings.size(); ++m)
            all.insert(all.end(), ofRings[m].begin() + m_rings[m].acts.rowBegin[t],
                ofRings[m].begin() + m_rings[m].acts.rowBegin[t + 1]);
    return all;
}

void MatryoshkaObjective::addEntryGradients(const std::vector<float>& preGradients,
    const at::Tensor& sae_in, const at::Tensor&, float scale, DictionaryWeights& gradients)
{
    std::vector<std::vector<float>> ofRings(m_rings.size());
    for (std::size_t t = 0; t < static_cast<std::size_t>(m_acts.tokens()); ++t) {
        auto next = preGradients.begin() + m_acts.rowBegin[t];
        for (std::size_t m = 0; m < m_rings.size(); ++m) {
            const auto& begin = m_rings[m].acts.rowBegin;
            const auto end = next + (begin[t + 1] - begin[t]);
            ofRings[m].insert(ofRings[m].end(), next, end);
            next = end;
        }
    }
    for (std::size_t m = 0; m < m_rings.size(); ++m) {
        const Ring& ring = m_rings[m];
        at::Tensor W_enc = gradients.W_enc.narrow(0, ring.first, ring.count),
                   b_enc = gradients.b_enc.narrow(0, ring.first, ring.count),
                   W_dec = gradients.W_dec.narrow(0, ring.first, ring.count);
        addWeightGradients(ring.acts, ofRings[m], sae_in, ring.errors, scale, W_enc, b_enc, W_dec);
    }
}

} // namespace core
