#pragma once

#include "core/api/attribution_graph.h"
#include "core/api/intervene.h"
#include "ui/shared/row_model.h"

#include <cstdint>
#include <string>
#include <vector>

#include <QCoreApplication>

namespace ui {

/// One change of a circuit: a node, or all features of a supernode, ablated, scaled or set.
struct NodeEdit {
    enum class Mode : std::uint8_t { Ablate, Scale, Set };
    struct Feature {
        core::FeatureAt at;
        float activation = 0.0f; ///< On the prompt.

        auto operator<=>(const Feature&) const = default;
    };

    std::string name;
    std::vector<Feature> features; ///< More than one: a supernode.
    Mode mode = Mode::Ablate;
    double value = 0.0; ///< Scale: multiple of the activation. Set: the new activation.
    bool isEverywhere = false; ///< At all positions where the features stand in the graph.

    bool operator==(const NodeEdit&) const = default;
};

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
