#include "core/circuits/feature_edit.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace core {

FeatureEdit::FeatureEdit(
    std::shared_ptr<const Dictionary> dictionary, std::vector<FeatureChange> changes)
    : m_dictionary(std::move(dictionary))
    , m_changes(std::move(changes))
{
    std::vector<FeatureId> features;
    for (const FeatureChange& change : m_changes)
        features.push_back(change.feature);
    std::sort(features.begin(), features.end());
    features.erase(std::unique(features.begin(), features.end()), features.end());
    for (const FeatureChange& change : m_changes)
        m_column.push_back(
            std::lower_bound(features.begin(), features.end(), change.feature) - features.begin());
    m_slice = m_dictionary->slice(features);
    at::Tensor index = at::empty({static_cast<std::int64_t>(features.size())}, at::kLong);
    for (std::size_t i = 0; i < features.size(); ++i)
        index.data_ptr<std::int64_t>()[i] = features[i].value;
    for (int offset = 0; offset < m_dictionary->config().layersWritten; ++offset)
        m_written.push_back(m_dictionary->decoderRowsAt(index, offset));
}

at::Tensor FeatureEdit::activations(const at::Tensor& x) const
{
    return m_dictionary->activationsOf(x.squeeze(0), m_slice);
}

at::Tensor FeatureEdit::delta(
    const at::Tensor& x, std::int64_t start, const at::Tensor& given, int offset) const
{
    const at::Tensor now = given.defined() ? given : activations(x);
    const std::int64_t T = x.size(1);
    at::Tensor change = at::zeros_like(now); // [T, features]
    for (std::size_t i = 0; i < m_changes.size(); ++i) {
        const std::int64_t first = m_changes[i].position.value - start;
        const std::int64_t last = m_changes[i].isOpenEnded ? T : first + 1;
        for (std::int64_t p = std::max<std::int64_t>(first, 0); p < std::min(last, T); ++p)
            change[p][m_column[i]] = m_changes[i].value - now[p][m_column[i]];
    }
    at::Tensor delta = at::mm(change, m_written.at(static_cast<std::size_t>(offset)));
    if (!m_dictionary->config().isTranscoder)
        delta = delta * m_dictionary->outputScale(x.squeeze(0));
    return delta.unsqueeze(0);
}

} // namespace core
