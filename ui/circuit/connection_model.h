#pragma once

#include "core/api/attribution_graph.h"
#include "ui/shared/row_model.h"

#include <memory>
#include <vector>

#include <QCoreApplication>

namespace ui {

/// An edge at the chosen node.
struct Connection {
    bool isIncoming = false;
    int other = 0; ///< The node at the other end.
    double weight = 0.0;
    double share = 0.0; ///< |weight| of all |weights| into the edge's target.
    double bar = 0.0; ///< Of the strongest.
};

/// The edges of one node of an attribution graph, strongest first: what feeds it and what it feeds.
class ConnectionModel : public RowModel<Connection> {
    Q_DECLARE_TR_FUNCTIONS(ConnectionModel)
public:
    enum Column { Direction, Node, Weight, Share };

    explicit ConnectionModel(QObject* parent = nullptr);

    void setNode(std::shared_ptr<const core::AttributionGraph> graph, int node); ///< -1 = none.
    int nodeAt(int row) const; ///< The node at the other end; -1 where there is none.
    QString toTable(const std::vector<int>& rows) const; ///< Tab-separated with a header line.

protected:
    QVariant more(const Connection& row, int column, int role) const override;

private:
    std::shared_ptr<const core::AttributionGraph> m_graph;
};

} // namespace ui
