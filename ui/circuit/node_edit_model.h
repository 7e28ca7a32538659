#pragma once

#include "core/api/attribution_graph.h"
#include "core/api/intervene.h"

#include <cstdint>
#include <string>
#include <vector>

#include <QAbstractTableModel>

namespace ui {

/// One change of a circuit: a node, or all features of a supernode, ablated, scaled or set.
struct NodeEdit {
    enum class Mode : std::uint8_t { Ablate, Scale, Set };
    struct Feature {
        core::Layer layer;
        core::Position position;
        core::FeatureId feature;
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
class NodeEditModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { What, Where, Change, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setEdits(std::vector<NodeEdit> edits);
    const std::vector<NodeEdit>& edits() const { return m_edits; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<NodeEdit> m_edits;
};

} // namespace ui
