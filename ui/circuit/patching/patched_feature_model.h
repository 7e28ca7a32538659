#pragma once

#include "core/api/patch.h"

#include <cstdint>
#include <memory>

#include <QAbstractTableModel>

namespace ui {

/// Features and error terms that were patched, in the engine's order: strongest first. A proxy may
/// sort them by kSortRole.
class PatchedFeatureModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        Feature,
        Layer,
        Position,
        Approximate,
        Exact,
        Clean,
        Corrupt,
        ColumnCount
    };
    static constexpr int kSortRole = Qt::UserRole;

    using QAbstractTableModel::QAbstractTableModel;

    void setResult(std::shared_ptr<const core::PatchResult> result); ///< Null empties it.
    const core::PatchedFeature* at(int row) const; ///< Null out of range.
    int rowOf(const core::FeatureRef& feature) const; ///< The strongest place of it; -1: none.

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString textOf(const core::PatchedFeature& feature, int column) const;
    QString tokensAt(core::Position position) const;

    std::shared_ptr<const core::PatchResult> m_result;
    double m_largest = 0.0; ///< Of |approximate| and |exact|: a full bar.
};

/// "Texas", or "layer 3 / 12" without a label, or "error term".
QString patchedName(const core::PatchedFeature& feature);

} // namespace ui
