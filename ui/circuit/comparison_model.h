#pragma once

#include "core/api/compare_graphs.h"

#include <memory>
#include <vector>

#include <QAbstractTableModel>

namespace ui {

/// The nodes of two compared graphs, those first whose influence on the outputs differs most.
class ComparisonModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Node, Where, Difference, First, Second, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setComparison(std::shared_ptr<const core::GraphComparison> comparison);
    int nodeAt(int row) const; ///< Index into the comparison's nodes, -1 for none.
    int rowOf(int node) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    double difference(int node) const;

    std::shared_ptr<const core::GraphComparison> m_comparison;
    std::vector<int> m_order;
    double m_largest = 0.0;
};

} // namespace ui
