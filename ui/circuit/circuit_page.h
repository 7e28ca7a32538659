#pragma once

#include "core/base/result.h"
#include "ui/circuit/canvas/graph_export.h"
#include "ui/session/coalescer.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <QWidget>

class QAction;
class QLabel;
class QLineEdit;
class QPushButton;
class QTabWidget;
class QToolButton;

namespace ui {

class CircuitCanvas;
class CircuitCompare;
class CircuitGroups;
class CircuitInterventions;
class CircuitNodePanel;
class CircuitScores;
class CircuitSettings;
class CircuitSwap;
class CircuitTools;
class GraphMarks;
class JobProgress;
class MessageBar;
class PatchPanel;
class Settings;
class SubgraphView;
class SwapTestPanel;
struct NodeGroup;

/// Why the model says what it says: traces a prompt to an attribution graph, prunes it, lets a
/// person pin and group nodes, checks it against the model, changes features and swaps concepts,
/// lays the graphs of two prompts over each other, patches, and saves it all. Views stand above,
/// what is known of the graph in panels below.
class CircuitPage : public QWidget {
    Q_OBJECT
public:
    enum class View : std::uint8_t { Graph, Subgraph, Compare, Patching, SwapTest };
    enum class Panel : std::uint8_t { Node, Supernodes, Interventions, Swap, Scores };

    /// Without settings nothing is remembered.
    CircuitPage(
        Session* session, Selection* selection, Settings* settings, QWidget* parent = nullptr);

    void setPrompt(const QString& text);
    QString prompt() const;
    void trace(const QString& prompt); ///< graphShown
    void compare(const QString& second); ///< comparisonShown
    void swap(const QString& donor); ///< swapShown
    void runInterventions(); ///< interventionsShown
    void check(); ///< checkShown
    void showView(View view);
    View view() const;
    void showPanel(Panel panel);
    void focusFind();

    bool hasGraph() const { return m_graph != nullptr; }
    std::shared_ptr<const core::AttributionGraph> graph() const
    {
        return m_graph;
    } ///< With pins and groups.
    /// The graph as a picture, in colours for paper, by the ending of `path` (.png, .svg, .pdf).
    core::Result<void> exportTo(const QString& path,
        GraphExportOptions::What what = GraphExportOptions::What::Whole, double scale = 0.0) const;
    void chooseNode(int node); ///< As if it was clicked; -1 clears.
    int chosenNode() const;
    void togglePin(int node);
    CircuitInterventions* interventions() const { return m_interventions; }
    PatchPanel* patching() const { return m_patching; }

Q_SIGNALS:
    void graphShown(); ///< Traced, pruned or opened.
    void swapShown();
    void interventionsShown();
    void checkShown();
    void comparisonShown();

private:
    enum class TraceFor : std::uint8_t { Graph, Comparison };
    enum class ChangeFor : std::uint8_t { Node, List };
    using Boxes = std::vector<std::pair<QString, QPointF>>;

    // circuit_page.cpp: what it is made of
    QWidget* makePrompt();
    void makeViews();
    QWidget* makeGraphView();
    QWidget* makeSubgraphView();
    QWidget* makeFileButtons();
    void makePanels();
    void connectSession();
    void connectGraph();
    void connectPanels();
    void connectViews();

    // circuit_page_runs.cpp: what it asks the engine
    core::TraceRequest traceRequest(const QString& prompt) const;
    void traceSecond();
    void receiveTraced(const Shared<core::AttributionGraph>& graph);
    void sendPrune();
    void sendScore();
    void changeNode(double value);
    void receiveChange(const Shared<core::InterveneResult>& result);
    void showChange(const core::InterveneResult& result);
    void showCheck(const Shared<core::PerturbationCheck>& check);
    void choosePoint(int point);
    void chooseCell(core::Layer layer, core::Position position);
    void showProgress(const QString& tag, const core::Progress& progress);
    void updateButtons();
    QString changeProblem() const; ///< Why the graph's nodes cannot be changed; empty: they can.
    QString checkProblem() const;
    void reportError(const QString& tag, const QString& message);

    // circuit_page_graph.cpp: showing it
    void receive(const Shared<core::AttributionGraph>& graph);
    void receivePruned(const Shared<core::AttributionGraph>& graph);
    void applyMarks(); ///< Shows m_source with the marks, the view and the chosen node kept.
    void display(std::shared_ptr<const core::AttributionGraph> graph, bool isFitted);
    void refreshLabel(const core::FeatureRow& row);
    void followSelection();
    void updatePruning();
    void updateScores();
    void updateFound();

    // circuit_page_marks.cpp: what a person adds to it
    void groupMarked();
    void renameGroup(int group, const QString& name);
    void dissolveGroup(int group);
    void markGroup(int group);
    void pushGroups(const QString& what, std::vector<NodeGroup> groups);
    void boxesMoved();
    void applyBoxes(const Boxes& boxes);

    // circuit_page_files.cpp
    void exportPicture();
    void copyPicture(const GraphExportOptions& options);
    GraphExportOptions pictureOptions(GraphExportOptions::What what) const;
    /// The graph of the view that is shown: the comparison's own, or the page's.
    std::shared_ptr<const core::AttributionGraph> pictured() const;
    QString askPath(const QString& title, const QString& name, const QString& filter);
    void saveGraph();
    void saveMatrix();
    void saveNodeTable();
    void openGraph();

    Session* m_session;
    Selection* m_selection;
    Shared<core::AttributionGraph> m_source; ///< As the engine gave it.
    Shared<core::AttributionGraph> m_graph; ///< With what a person marked.
    Shared<core::PerturbationCheck> m_check;
    std::shared_ptr<GraphMarks> m_marks;
    TraceFor m_traceFor = TraceFor::Graph;
    ChangeFor m_changeFor = ChangeFor::Node;
    bool m_comparesNext = false; ///< Once the first prompt is traced.
    std::optional<std::pair<core::Layer, core::Position>> m_cellNext; ///< To choose in that graph.
    quint64 m_rowsRequest = 0;
    int m_labelEdits = 0;
    Boxes m_boxes; ///< Where a person put boxes of the subgraph.
    Coalescer m_pruning, m_scoring;

    MessageBar* m_messages;
    QLineEdit* m_prompt;
    QToolButton* m_explain;
    QPushButton* m_trace;
    JobProgress* m_progress;
    CircuitSettings* m_settings;
    QTabWidget* m_views;
    CircuitTools* m_tools;
    CircuitCanvas* m_canvas;
    QLabel* m_scores;
    SubgraphView* m_subgraph;
    CircuitCompare* m_compare;
    PatchPanel* m_patching;
    SwapTestPanel* m_swapTest;
    QAction *m_savePicture, *m_copyPicture, *m_saveGraph, *m_saveMatrix, *m_saveTable;
    QTabWidget* m_panels;
    CircuitNodePanel* m_nodePanel;
    CircuitGroups* m_groups;
    CircuitInterventions* m_interventions;
    CircuitSwap* m_swap;
    CircuitScores* m_scorePanel;
};

} // namespace ui
