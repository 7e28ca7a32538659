#pragma once

#include "core/api/compare_graphs.h"
#include "ui/shared/row_model.h"

#include <memory>

#include <QCoreApplication>

namespace ui {

/// A node of two compared graphs.
struct ComparedNode {
    int index = 0; ///< Into the comparison's nodes.
    const core::GraphNode* node = nullptr;
    core::GraphComparison::Node figures;
    double difference = 0.0; ///< Of influence, second - first.
    double bar = 0.0; ///< Of the largest difference.
};

/// The nodes of two compared graphs, those first whose influence on the outputs differs most.
class ComparisonModel : public RowModel<ComparedNode> {
    Q_DECLARE_TR_FUNCTIONS(ComparisonModel)
public:
    enum Column { Node, Where, Difference, First, Second };

    explicit ComparisonModel(QObject* parent = nullptr);

    void setComparison(std::shared_ptr<const core::GraphComparison> comparison);
    int nodeAt(int row) const; ///< Index into the comparison's nodes, -1 for none.
    int rowOf(int node) const;

protected:
    QVariant more(const ComparedNode& row, int column, int role) const override;

private:
    std::shared_ptr<const core::GraphComparison> m_comparison;
};

} // namespace ui
