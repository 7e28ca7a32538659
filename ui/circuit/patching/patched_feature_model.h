#pragma once

#include "core/api/patch.h"
#include "ui/shared/row_model.h"

#include <cstdint>
#include <memory>

#include <QCoreApplication>

namespace ui {

/// Features and error terms that were patched, in the engine's order: strongest first. A proxy may
/// sort them by kSortRole.
class PatchedFeatureModel : public RowModel<core::PatchedFeature> {
    Q_DECLARE_TR_FUNCTIONS(PatchedFeatureModel)
public:
    enum Column : std::uint8_t { Feature, Layer, Position, Approximate, Exact, Clean, Corrupt };
    static constexpr int kSortRole = Qt::UserRole;

    explicit PatchedFeatureModel(QObject* parent = nullptr);

    void setResult(std::shared_ptr<const core::PatchResult> result); ///< Null empties it.
    int rowOf(const core::FeatureRef& feature) const; ///< The strongest place of it; -1: none.

protected:
    QVariant more(const core::PatchedFeature& feature, int column, int role) const override;

private:
    QString placeText(core::Position position) const; ///< And the tokens of both prompts there.
    bool hasEffect(const core::PatchedFeature& feature, int column) const;
    QString effectText(const core::PatchedFeature& feature, int column) const;
    QVariant effectBar(const core::PatchedFeature& feature, int column) const;
    QVariant sortKey(const core::PatchedFeature& feature, int column) const;

    std::shared_ptr<const core::PatchResult> m_result;
    double m_largest = 0.0; ///< Of |approximate| and |exact|: a full bar.
};

/// "Texas", or "layer 3 / 12" without a label, or "error term".
QString patchedName(const core::PatchedFeature& feature);

} // namespace ui
