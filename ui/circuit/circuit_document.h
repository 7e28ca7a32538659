#pragma once

#include "core/api/attribution_graph.h"
#include "core/api/score_subgraph.h"
#include "core/api/session.h"
#include "core/api/trace.h"
#include "ui/circuit/graph_marks.h"
#include "ui/session/coalescer.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <QObject>
#include <QString>

namespace ui {

/// Of a change to the chosen node alone; the list of interventions has the request's own name.
inline constexpr QLatin1String kNodeChangeTag("change-node");

/// The attribution graph that the Circuit page looks at: what is asked, the graph with a person's
/// marks, the chosen node. Views show it and change it here; none of them knows another. It asks
/// the engine for what belongs to the graph; marks are undone through the session's stack.
class CircuitDocument : public QObject {
    Q_OBJECT
public:
    enum class Change : std::uint8_t {
        Another, ///< Traced or opened; nothing is chosen or marked in it yet.
        Same, ///< Pruned, marked or labelled: what is chosen stays, under a new index perhaps.
    };
    enum class Tone : std::uint8_t { Info, Error };
    using Graph = Shared<core::AttributionGraph>;
    using Boxes = decltype(GraphMarks::boxes);

    CircuitDocument(Session* session, Selection* selection, QObject* parent = nullptr);

    Session* session() const { return m_session; }
    Selection* selection() const { return m_selection; }

    const QString& prompt() const { return m_prompt; }
    void setPrompt(const QString& text);
    const QString& donor() const { return m_donor; } ///< The prompt to swap with.
    void setDonor(const QString& text);
    /// What to explain and what it may take; prompt and thresholds are this object's own.
    void setTraceOptions(core::TraceRequest options);
    core::TraceRequest traceRequest(const QString& prompt) const;
    double nodeThreshold() const { return m_nodeThreshold; }
    double edgeThreshold() const { return m_edgeThreshold; }
    void setThresholds(double nodes, double edges); ///< Prunes the graph, when it can be.

    void save(core::SavedSession& session) const;
    /// The graph that was shown is traced or read again by the next resume() that finds its
    /// dictionaries open: somebody looks at it.
    void restore(const core::SavedSession& session);
    void resume();

    void trace(const QString& prompt); ///< A newer trace, or a stop, ends the one before.
    /// The same under another tag, and then goes on.
    void trace(const QString& prompt, QLatin1String tag, std::function<void()> then);
    void showPrompt(const QString& prompt); ///< Traces it unless its graph is here already.
    void open(const QString& path); ///< circuit-tracer's JSON.
    void save(const QString& path);
    void saveMatrix(const QString& path);
    void saveNodeTable(const QString& path);

    const Graph& graph() const { return m_graph; } ///< With what a person marked; null at first.
    /// Names the engine's unpruned matrix; 0 without one: no graph, or one that was read from a
    /// file.
    std::uint64_t matrix() const { return m_graph ? m_graph->id : 0; }
    int chosen() const { return m_chosen; } ///< -1 for none.
    const core::GraphNode* chosenNode() const; ///< Null for none.
    const std::vector<int>& marked() const { return m_marked; } ///< To be grouped.
    const core::Story& story() const; ///< What *Explain* said of the graph; empty: nothing.
    const Boxes& boxes() const; ///< Where a person put boxes of the subgraph.
    int prunedPins() const; ///< Pinned nodes that are pruned away.
    const Shared<core::SubgraphScore>& score() const { return m_score; } ///< Null: nothing pinned.
    QString pruneProblem() const; ///< Why it cannot be pruned; empty when it can.
    QString changeProblem() const; ///< Why its nodes cannot be changed in the model; likewise.
    QString checkProblem() const; ///< Why it cannot be checked against the model; likewise.
    QString explainProblem() const; ///< Why it cannot be explained; likewise.

    void choose(int node); ///< And tells the whole window; -1 clears.
    /// False when the feature is pruned away.
    bool chooseFeature(core::Layer layer, core::Position position, core::FeatureId feature);
    /// The most influential feature of a layer at a position, or at any; waits for a running trace.
    void chooseCell(core::Layer layer, core::Position position);
    void setMarked(std::vector<int> nodes);
    void markGroup(int group); ///< Groups are indices into the graph's supernodes.
    void togglePin(int node);
    void groupMarked();
    void renameGroup(int group, const QString& name);
    void dissolveGroup(int group);
    void moveBoxes(Boxes boxes);
    /// Boxes and sentences in place of what is marked now, as one step to undo. Explains the chosen
    /// output, or the most probable one.
    void explain();
    /// A line for the person; an empty text takes back what was said.
    void tell(const QString& text, Tone tone = Tone::Info) { Q_EMIT told(text, tone); }

Q_SIGNALS:
    void promptChanged();
    void thresholdsChanged(); ///< By another graph.
    void graphChanged(ui::CircuitDocument::Change change);
    void graphRequested(); ///< Somebody wants to see the graph itself.
    void chosenChanged();
    void markedChanged();
    void explained(); ///< An answer to explain() is in the graph.
    void grouped(int supernode); ///< One was made; its name is a suggestion.
    void boxesChanged();
    void scoreChanged();
    void statusChanged(); ///< Something runs or ended, or can be done now: read the problems anew.
    void cellMissed(core::Layer layer); ///< `chooseCell` found no feature.
    void told(const QString& text, ui::CircuitDocument::Tone tone);
    void changed(); ///< Something that save() writes.
    void restored(const core::TraceRequest& options); ///< What is to be explained, and donor().

private:
    using Cell = std::pair<core::Layer, core::Position>;

    /// Marks belong to a model and a prompt, or to a file.
    using MarksKey = std::pair<QString, QString>;
    using Marks = std::shared_ptr<GraphMarks>;

    template <typename Request> void askToSave(Request request);
    void receive(const Graph& graph, const QString& file = {}, bool isResumed = false);
    void read(const QString& path, bool keepsMarks);
    MarksKey marksKey(const std::string& model, const std::string& prompt) const;
    void prune();
    void askScore();
    void refreshLabel(const core::FeatureRow& row);
    void edit(const QString& what, GraphMarks after);
    void apply(const std::shared_ptr<GraphMarks>& marks, const GraphMarks& value);
    void show(const Graph& source); ///< With the marks; what is chosen and marked stays.
    const core::GraphNode& node(int index) const
    {
        return m_graph->nodes[static_cast<std::size_t>(index)];
    }

    Session* m_session;
    Selection* m_selection;
    QString m_prompt, m_donor;
    core::TraceRequest m_options;
    double m_nodeThreshold, m_edgeThreshold;
    Graph m_source; ///< As the engine gave it.
    Graph m_graph;
    Marks m_marks; ///< Of this prompt; undo may know older ones.
    std::map<MarksKey, Marks> m_allMarks; ///< Of every prompt traced and file read.
    QString m_file; ///< Of the graph that is shown; empty: traced.
    std::optional<core::SavedStep> m_step; ///< The newest trace, or that of the saved session.
    struct Pending {
        core::TraceRequest request;
        QString file;
        std::vector<std::string> dictionaries; ///< To be open first.
        bool isAsked = false; ///< Once; until the answer it is still what was saved.
    };
    std::optional<Pending> m_pending; ///< To be traced or read again when somebody looks.
    bool m_isResuming = false; ///< The graph that is being received was there before.
    int m_chosen = -1;
    std::vector<int> m_marked;
    std::optional<Cell> m_cell; ///< To choose in the graph that is being traced.
    Shared<core::SubgraphScore> m_score;
    Coalescer m_pruning, m_scoring;
};

} // namespace ui
