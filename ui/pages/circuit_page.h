#pragma once

#include "core/base/result.h"
#include "ui/session/coalescer.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <memory>
#include <vector>

#include <QWidget>

class QAction;
class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSlider;
class QTabWidget;

namespace ui {

class CircuitCanvas;
class CircuitGroups;
class CircuitNodePanel;
class CircuitSwap;
class GraphMarks;
class MessageBar;
struct NodeGroup;

/// Why the model says what it says: traces a prompt to an attribution graph, prunes it, lets a
/// person pin and group nodes, change features and swap concepts, and saves it as a picture or as
/// circuit-tracer's JSON.
class CircuitPage : public QWidget {
    Q_OBJECT
public:
    CircuitPage(Session* session, Selection* selection, QWidget* parent = nullptr);

    void setPrompt(const QString& text);
    QString prompt() const;
    void trace(const QString& prompt); ///< graphShown
    void swap(const QString& donor); ///< swapShown
    bool hasGraph() const { return m_graph != nullptr; }
    std::shared_ptr<const core::AttributionGraph> graph() const
    {
        return m_graph;
    } ///< With pins and groups.
    /// The graph as a picture, in colours for paper, by the ending of `path` (.png, .svg, .pdf).
    core::Result<void> exportTo(const QString& path) const;
    void chooseNode(int node); ///< As if it was clicked; -1 clears.
    int chosenNode() const;

Q_SIGNALS:
    void graphShown(); ///< Traced, pruned or opened.
    void swapShown();

private:
    QWidget* makePrompt();
    QWidget* makeTools();
    QWidget* makeBottom();
    QSlider* makeSlider(const QString& name, const QString& tip, double value);
    void connectSession();
    void connectParts();
    void receive(const Shared<core::AttributionGraph>& graph);
    void receivePruned(const Shared<core::AttributionGraph>& graph);
    void applyMarks(); ///< Shows m_source with the marks, the view and the chosen node kept.
    void display(std::shared_ptr<const core::AttributionGraph> graph, bool isFitted);
    void refreshLabel(const core::FeatureRow& row);
    void followSelection();
    void sendPrune();
    void changeNode(double value);
    void showChange(const Shared<core::InterveneResult>& result);
    void togglePin(int node);
    void groupMarked();
    void renameGroup(int group, const QString& name);
    void dissolveGroup(int group);
    void pushGroups(const QString& what, std::vector<NodeGroup> groups);
    void updateSliders();
    void updateScores();
    void updateButtons();
    QString changeProblem() const; ///< Why the chosen node cannot be changed; empty when it can.
    void exportPicture();
    void saveGraph();
    void openGraph();
    void reportError(const QString& tag, const QString& message);

    Session* m_session;
    Selection* m_selection;
    Shared<core::AttributionGraph> m_source; ///< As the engine gave it.
    Shared<core::AttributionGraph> m_graph; ///< With what a person marked.
    std::shared_ptr<GraphMarks> m_marks;
    quint64 m_rowsRequest = 0;
    int m_labelEdits = 0;
    Coalescer m_pruning;

    MessageBar* m_messages;
    QLineEdit* m_prompt;
    QPushButton* m_trace;
    CircuitCanvas* m_canvas;
    QSlider* m_nodeThreshold;
    QSlider* m_edgeThreshold;
    QLabel* m_nodeThresholdText;
    QLabel* m_edgeThresholdText;
    QCheckBox* m_errors;
    QPushButton* m_export;
    QPushButton* m_save;
    QLabel* m_scores;
    CircuitNodePanel* m_nodePanel;
    QTabWidget* m_tabs;
    CircuitSwap* m_swap;
    CircuitGroups* m_groups;
};

} // namespace ui
