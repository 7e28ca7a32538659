#include "core/engine/feature_rows.h"

#include "core/features/feature_cards.h"

namespace core {

namespace {

FeatureRow unknownRow(const FeatureRef& feature)
{
    FeatureRow row;
    row.feature = feature;
    return row;
}

} // namespace

RowLookup rowLookup(WorkspaceReader& reader)
{
    return [&reader](const FeatureRef& feature) {
        auto row = featureRow(reader, feature);
        return row ? std::move(*row) : unknownRow(feature);
    };
}

MaxActivationFn maxActivation(WorkspaceReader& reader)
{
    return [&reader](const FeatureRef& feature) -> std::optional<double> {
        auto stored = reader.dictionary(feature.dictionary);
        if (!stored || !*stored || (*stored)->harvestedTokens == 0)
            return std::nullopt;
        auto columns = reader.columns(**stored);
        if (!columns || feature.feature.value < 0
            || static_cast<std::size_t>(feature.feature.value) >= (*columns)->max.size())
            return std::nullopt;
        return static_cast<double>(
            (*columns)->max[static_cast<std::size_t>(feature.feature.value)]);
    };
}

RowLookup FeatureRows::lookup() const
{
    auto reader = m_workspace.reader(m_thread);
    if (reader)
        return rowLookup(**reader);
    return unknownRow;
}

MaxActivationFn FeatureRows::maxActivation() const
{
    auto reader = m_workspace.reader(m_thread);
    if (!reader)
        return {};
    return core::maxActivation(**reader);
}

} // namespace core
