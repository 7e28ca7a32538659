#pragma once

#include "core/api/attribution_graph.h"
#include "core/api/intervene.h"
#include "core/api/node_edit.h"
#include "ui/shared/row_model.h"

#include <vector>

#include <QCoreApplication>

namespace ui {

using core::NodeEdit;

/// The edits as the engine takes them: of two for the same feature and place the later counts.
std::vector<core::FeatureSetting> settingsOf(
    const std::vector<NodeEdit>& edits, const core::AttributionGraph& graph);
/// "Texas × 0" and the like: what an edit does, in a few words.
QString editText(const NodeEdit& edit);

/// The list of edits of a circuit.
class NodeEditModel : public RowModel<NodeEdit> {
    Q_DECLARE_TR_FUNCTIONS(NodeEditModel)
public:
    enum Column { What, Where, Change };

    explicit NodeEditModel(QObject* parent = nullptr);

protected:
    QVariant more(const NodeEdit& edit, int column, int role) const override;
};

} // namespace ui
