#pragma once

#include "core/api/check_graph.h"

#include <memory>

#include <QAbstractTableModel>

namespace ui {

/// How well a graph predicts what changes in later layers, by how many layers later.
class CheckDistanceModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Layers, Cosine, Size, Features, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setCheck(std::shared_ptr<const core::PerturbationCheck> check); ///< Null empties it.

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::shared_ptr<const core::PerturbationCheck> m_check;
};

} // namespace ui
