#pragma once

#include "core/api/attribution_graph.h"

#include <memory>
#include <vector>

#include <QAbstractTableModel>

namespace ui {

/// The edges of one node of an attribution graph, strongest first: what feeds it and what it feeds.
class ConnectionModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Direction, Node, Weight, Share, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setNode(std::shared_ptr<const core::AttributionGraph> graph, int node); ///< -1 = none.
    int nodeAt(int row) const; ///< The node at the other end; -1 where there is none.
    QString toTable(const std::vector<int>& rows) const; ///< Tab-separated with a header line.

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Connection {
        bool isIncoming = false;
        int other = 0;
        double weight = 0.0;
        double share = 0.0; ///< |weight| of all |weights| into the edge's target.
    };
    QString text(const Connection& connection, int column) const;

    std::shared_ptr<const core::AttributionGraph> m_graph;
    std::vector<Connection> m_connections;
    double m_strongest = 0.0;
};

} // namespace ui
