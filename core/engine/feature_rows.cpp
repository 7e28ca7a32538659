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

FeatureRows::FeatureRows(WorkspaceAccess& workspace, WorkspaceAccess::Thread thread)
{
    if (auto reader = workspace.reader(thread))
        m_reader = std::move(*reader);
}

RowLookup FeatureRows::lookup() const
{
    return [reader = m_reader](const FeatureRef& feature) {
        if (!reader)
            return unknownRow(feature);
        auto row = featureRow(*reader, feature);
        return row ? std::move(*row) : unknownRow(feature);
    };
}

MaxActivationFn FeatureRows::maxActivation() const
{
    if (!m_reader)
        return {};
    return [reader = m_reader](const FeatureRef& feature) -> std::optional<double> {
        auto stored = reader->dictionary(feature.dictionary);
        if (!stored || !*stored || (*stored)->harvestedTokens == 0)
            return std::nullopt;
        const auto max = reader->column(**stored, "max");
        if (!max || feature.feature.value < 0 || feature.feature.index() >= (*max)->size())
            return std::nullopt;
        return static_cast<double>((**max)[feature.feature.index()]);
    };
}

} // namespace core
