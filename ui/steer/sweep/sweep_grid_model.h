#pragma once

#include "core/api/sweep.h"
#include "ui/session/session.h"
#include "ui/steer/sweep/sweep_painter.h"

#include <QAbstractTableModel>

namespace ui {

/// A sweep as a grid: ways of steering down, strengths across.
class SweepGridModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    void setSweep(Shared<core::Sweep> sweep); ///< Null: nothing.
    const Shared<core::Sweep>& sweep() const { return m_sweep; }
    SweepCellLook look(const QModelIndex& index) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    Shared<core::Sweep> m_sweep;
};

} // namespace ui
