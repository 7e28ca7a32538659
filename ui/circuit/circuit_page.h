#pragma once

#include "core/api/session.h"
#include "core/base/result.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/graph_picture.h"

#include <cstdint>

#include <QWidget>

class QTabWidget;

namespace ui {

class CircuitCompare;
class CircuitInterventions;
class CircuitScores;
class CircuitSwap;
class GraphFileButtons;
class GraphView;
class MessageBar;
class PatchPanel;
class Settings;
class SubgraphPane;
class SwapTestPanel;

/// Why the model says what it says: traces a prompt to an attribution graph, prunes it, lets a
/// person pin and group nodes, checks it against the model, changes features and swaps concepts,
/// lays the graphs of two prompts over each other, patches, and saves it all. Views stand above,
/// what is known of the graph in panels below; all of them look at one document.
class CircuitPage : public QWidget {
    Q_OBJECT
public:
    enum class View : std::uint8_t { Graph, Subgraph, Compare, Patching, SwapTest };
    enum class Panel : std::uint8_t { Node, Supernodes, Interventions, Swap, Scores };

    /// Without settings nothing is remembered.
    CircuitPage(
        Session* session, Selection* selection, Settings* settings, QWidget* parent = nullptr);

    CircuitDocument* document() { return m_document; }
    bool hasGraph() const { return m_document->graph() != nullptr; }
    void showView(View view);
    View view() const;
    void showPanel(Panel panel);
    void focusFind();
    void save(core::SavedSession& session) const;
    void restore(const core::SavedSession& session);
    /// The graph as a picture, in colours for paper, by the ending of `path` (.png, .svg, .pdf).
    core::Result<void> exportTo(const QString& path,
        GraphExportOptions::What what = GraphExportOptions::What::Whole, double scale = 0.0) const;

    CircuitCompare* comparison() const { return m_compare; }
    CircuitInterventions* interventions() const { return m_interventions; }
    PatchPanel* patching() const { return m_patching; }
    CircuitScores* scores() const { return m_scores; }
    CircuitSwap* swap() const { return m_swap; }
    SwapTestPanel* swapTest() const { return m_swapTest; }

Q_SIGNALS:
    void changed(); ///< Something that save() writes.

protected:
    void showEvent(QShowEvent* event) override;

private:
    void makeViews();
    void makePanels();
    void rememberLegend(Settings* settings); ///< One wish for every view that has a legend.
    void viewChanged();
    GraphPicture picture() const; ///< Of the view that is shown.

    CircuitDocument* m_document;
    MessageBar* m_messages;
    QTabWidget* m_views;
    GraphView* m_graph;
    SubgraphPane* m_subgraph;
    CircuitCompare* m_compare;
    PatchPanel* m_patching;
    SwapTestPanel* m_swapTest;
    GraphFileButtons* m_files;
    QTabWidget* m_panels;
    CircuitInterventions* m_interventions;
    CircuitSwap* m_swap;
    CircuitScores* m_scores;
};

} // namespace ui
