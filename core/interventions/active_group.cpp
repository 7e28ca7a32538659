#include "core/interventions/active_group.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace core {

namespace {

at::Tensor column(const std::vector<ChangeLine>& lines, float ChangeLine::*field,
    const at::TensorOptions& options)
{
    std::vector<float> values;
    for (const ChangeLine& line : lines)
        values.push_back(line.*field);
    return at::tensor(values).to(options);
}

at::Tensor indexOf(const std::vector<FeatureId>& features)
{
    at::Tensor index = at::empty({std::ssize(features)}, at::kLong);
    for (std::size_t i = 0; i < features.size(); ++i)
        index.data_ptr<std::int64_t>()[i] = features[i].value;
    return index;
}

} // namespace

void ActiveInterventions::Group::Part::add(
    FeatureId id, ChangeLine line, const PositionRange& where, const Threshold& threshold)
{
    thresholds.push_back(threshold);
    m_ids.push_back(id);
    lines.push_back(line);
    positions.push_back(where);
}

std::vector<FeatureId> ActiveInterventions::Group::Part::finish(const at::TensorOptions& options)
{
    slope = column(lines, &ChangeLine::slope, options);
    offset = column(lines, &ChangeLine::offset, options);
    bound = column(lines, &ChangeLine::bound, options);
    std::vector<FeatureId> different = m_ids;
    std::sort(different.begin(), different.end());
    different.erase(std::unique(different.begin(), different.end()), different.end());
    if (different.size() == m_ids.size())
        return m_ids;
    std::vector<std::int64_t> places;
    for (const FeatureId id : m_ids)
        places.push_back(
            std::lower_bound(different.begin(), different.end(), id) - different.begin());
    feature = at::tensor(places).to(options.device());
    return different;
}

at::Tensor ActiveInterventions::Group::Part::coefficients(
    const at::Tensor& read, bool isBoundedBelow) const
{
    const at::Tensor each = feature.defined() ? read.index_select(-1, feature) : read;
    const at::Tensor line = each * slope + offset;
    return isBoundedBelow ? at::maximum(line, bound) : at::minimum(line, bound);
}

at::Tensor ActiveInterventions::Group::Part::perFeature(const at::Tensor& coefficients) const
{
    if (!feature.defined())
        return coefficients;
    auto shape = coefficients.sizes().vec();
    shape.back() = directions.front().size(0);
    return at::zeros(shape, coefficients.options()).index_add_(-1, feature, coefficients);
}

at::Tensor ActiveInterventions::Group::Part::mask(
    std::vector<float> values, std::int64_t length) const
{
    const std::lock_guard lock(m_last->mutex);
    if (!m_last->mask.defined() || m_last->values != values) {
        const c10::InferenceMode noInference(false); // it outlives the run that made it
        m_last->mask = at::tensor(values).view({length, std::ssize(lines)}).to(slope.options());
        m_last->values = std::move(values);
    }
    return m_last->mask;
}

void ActiveInterventions::Group::finish()
{
    const at::TensorOptions options = dictionary->b_dec().options().dtype(at::kFloat);
    const int layersWritten = dictionary->config().layersWritten;
    if (!byActivation.lines.empty()) {
        const auto features = byActivation.finish(options);
        slice = dictionary->slice(features);
        for (int offset = 0; offset < layersWritten; ++offset)
            byActivation.directions.push_back(layersWritten == 1
                    ? slice.decoderRows
                    : dictionary->decoderRowsAt(indexOf(features), offset));
    }
    if (!byProjection.lines.empty()) {
        const at::Tensor index = indexOf(byProjection.finish(options));
        for (int offset = 0; offset < layersWritten; ++offset) {
            const at::Tensor rows = dictionary->decoderRowsAt(index, offset);
            // A row of zeros has no direction: leave it zero, so that the change is none.
            byProjection.directions.push_back(rows / at::norm(rows, 2, -1, true).clamp_min(1e-12));
        }
    }
}

bool acts(const PositionRange& range, std::int64_t position, const SteeredSpan& span)
{
    switch (range.kind) {
    case PositionRange::Kind::All:
        return position >= span.firstSteerable;
    case PositionRange::Kind::Prompt:
        return position >= span.firstSteerable && position < span.promptLength;
    case PositionRange::Kind::Generated:
        return position >= span.promptLength;
    case PositionRange::Kind::Range:
        return range.first.isValid() && position >= range.first.value
            && (!range.last.isValid() || position <= range.last.value);
    case PositionRange::Kind::Chosen:
        return std::find(range.chosen.begin(), range.chosen.end(), Position(position))
            != range.chosen.end();
    }
    return false;
}

} // namespace core
