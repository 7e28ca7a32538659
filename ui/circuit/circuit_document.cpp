#include "ui/circuit/circuit_document.h"

#include "core/api/compare_graphs.h"
#include "core/api/explain.h"
#include "core/api/graph_files.h"
#include "core/api/intervene.h"
#include "core/api/prune.h"
#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/shared/snapshot_command.h"
#include "ui/style/text.h"

#include <algorithm>
#include <utility>

#include <QPointer>

namespace ui {

CircuitDocument::CircuitDocument(Session* session, Selection* selection, QObject* parent)
    : QObject(parent)
    , m_session(session)
    , m_selection(selection)
    , m_nodeThreshold(core::TraceSettings().nodeThreshold)
    , m_edgeThreshold(core::TraceSettings().edgeThreshold)
{
    connect(session, &Session::busyChanged, this, &CircuitDocument::statusChanged);
    connect(session, &Session::stateChanged, this, &CircuitDocument::statusChanged);
    connect(session, &Session::featureChanged, this, &CircuitDocument::refreshLabel);
    connect(&m_pruning, &Coalescer::due, this, &CircuitDocument::prune);
    connect(&m_scoring, &Coalescer::due, this, &CircuitDocument::askScore);
}

void CircuitDocument::setPrompt(const QString& text)
{
    if (text == m_prompt)
        return;
    m_prompt = text;
    Q_EMIT promptChanged();
    Q_EMIT changed();
}

void CircuitDocument::setDonor(const QString& text)
{
    if (text == m_donor)
        return;
    m_donor = text;
    Q_EMIT changed();
}

void CircuitDocument::setTraceOptions(core::TraceRequest options)
{
    if (options == m_options)
        return;
    m_options = std::move(options);
    Q_EMIT changed();
}

core::TraceRequest CircuitDocument::traceRequest(const QString& prompt) const
{
    core::TraceRequest request = m_options;
    request.prompt = prompt.toStdString();
    request.settings.nodeThreshold = m_nodeThreshold;
    request.settings.edgeThreshold = m_edgeThreshold;
    return request;
}

void CircuitDocument::setThresholds(double nodes, double edges)
{
    const bool isOther = nodes != m_nodeThreshold || edges != m_edgeThreshold;
    m_nodeThreshold = nodes;
    m_edgeThreshold = edges;
    m_pruning.poke();
    if (isOther && !m_isResuming)
        Q_EMIT changed();
}

void CircuitDocument::trace(const QString& prompt)
{
    if (m_session->isBusy(kTag<core::CompareGraphsRequest>))
        m_session->cancel(kTag<core::CompareGraphsRequest>);
    m_cell.reset();
    trace(prompt, kTag<core::TraceRequest>, [this] {
        if (const auto cell = std::exchange(m_cell, {}))
            chooseCell(cell->first, cell->second);
    });
}

void CircuitDocument::trace(const QString& prompt, QLatin1String tag, std::function<void()> then)
{
    m_pending.reset();
    setPrompt(prompt);
    tell({});
    if (prompt.trimmed().isEmpty())
        return tell(
            tr("Write a prompt first: the graph explains what comes after its last token."));
    const core::TraceRequest request = traceRequest(prompt);
    m_session->ask(this, tag, request, [this, request, then = std::move(then)](const Graph& graph) {
        m_step = {request, graph, {}};
        receive(graph);
        then();
    });
}

void CircuitDocument::showPrompt(const QString& prompt)
{
    Q_EMIT graphRequested();
    if (!m_graph || m_graph->prompt != prompt.toStdString())
        trace(prompt);
}

void CircuitDocument::open(const QString& path)
{
    m_pending.reset();
    read(path, false);
}

void CircuitDocument::read(const QString& path, bool keepsMarks)
{
    m_session->ask(this, core::LoadGraphRequest{path.toStdString()},
        [this, path, keepsMarks](const Graph& graph) {
            if (!keepsMarks) { // opened by a person: as the file has it
                m_allMarks.erase({path, {}});
                Q_EMIT graphRequested();
            }
            receive(graph, path, keepsMarks);
        });
}

CircuitDocument::MarksKey CircuitDocument::marksKey(
    const std::string& model, const std::string& prompt) const
{
    return {QStringLiteral("model ") + toQString(model), toQString(prompt)};
}

void CircuitDocument::save(core::SavedSession& session) const
{
    core::SavedCircuit& circuit = session.circuit;
    circuit.trace = traceRequest(m_prompt);
    circuit.donor = m_donor.toStdString();
    const auto isSaved = [&](const MarksKey& key) {
        return key.second.isEmpty() || key.first == marksKey(session.model.name, {}).first;
    };
    for (const auto& [key, marks] : m_allMarks) {
        core::SavedMarks saved = savedMarks(*marks);
        const bool isAny = !saved.pinned.empty() || !saved.groups.empty() || !saved.boxes.empty();
        if (!isAny || !isSaved(key))
            continue;
        (key.second.isEmpty() ? saved.file : saved.prompt)
            = (key.second.isEmpty() ? key.first : key.second).toStdString();
        circuit.marks.push_back(std::move(saved));
    }
    if (m_pending) {
        circuit.file = m_pending->file.toStdString();
        circuit.isTraced = m_pending->file.isEmpty();
    } else if (m_graph) {
        circuit.file = m_file.toStdString();
        circuit.isTraced = m_file.isEmpty() && m_graph->model == session.model.name
            && m_graph->prompt == m_prompt.toStdString();
    }
    if (m_step)
        session.steps.push_back(*m_step);
}

void CircuitDocument::restore(const core::SavedSession& session)
{
    const core::SavedCircuit& saved = session.circuit;
    m_allMarks.clear();
    for (const core::SavedMarks& marks : saved.marks)
        m_allMarks[marks.file.empty() ? marksKey(session.model.name, marks.prompt)
                                      : MarksKey(toQString(marks.file), {})]
            = std::make_shared<GraphMarks>(marksFrom(marks));
    setPrompt(toQString(saved.trace.prompt));
    m_donor = toQString(saved.donor);
    m_nodeThreshold = saved.trace.settings.nodeThreshold;
    m_edgeThreshold = saved.trace.settings.edgeThreshold;
    m_step = core::stepOf<core::TraceRequest>(session);
    Q_EMIT thresholdsChanged();
    Q_EMIT restored(saved.trace);
    m_pending.reset();
    if (!saved.isTraced && saved.file.empty())
        return;
    m_pending = {saved.trace, toQString(saved.file), {}};
    for (const core::SavedDictionary& one : session.dictionaries)
        m_pending->dictionaries.push_back(one.name);
}

void CircuitDocument::resume()
{
    if (!m_pending || m_pending->isAsked || !m_session->hasModel())
        return;
    const bool isOpen = std::all_of(m_pending->dictionaries.begin(), m_pending->dictionaries.end(),
        [this](const std::string& name) { return m_session->dictionary(name) != nullptr; });
    if (m_pending->file.isEmpty() && !isOpen)
        return;
    m_pending->isAsked = true;
    if (!m_pending->file.isEmpty())
        return read(m_pending->file, true);
    m_session->ask(
        this, m_pending->request, [this](const Graph& graph) { receive(graph, {}, true); });
}

void CircuitDocument::save(const QString& path)
{
    askToSave(core::SaveGraphRequest{m_graph, path.toStdString()});
}

void CircuitDocument::saveMatrix(const QString& path)
{
    askToSave(core::SaveMatrixRequest{matrix(), path.toStdString()});
}

void CircuitDocument::saveNodeTable(const QString& path)
{
    askToSave(core::SaveNodeTableRequest{m_graph, path.toStdString()});
}

template <typename Request> void CircuitDocument::askToSave(Request request)
{
    m_session->ask(this, std::move(request),
        [this](const Shared<std::string>& path) { tell(tr("Saved as %1").arg(toQString(*path))); });
}

void CircuitDocument::receive(const Graph& graph, const QString& file, bool isResumed)
{
    m_pending.reset();
    m_isResuming = isResumed;
    tell({});
    // What was marked in the graph of this prompt before is there again.
    Marks& marks
        = m_allMarks[file.isEmpty() ? marksKey(graph->model, graph->prompt) : MarksKey(file, {})];
    if (!marks)
        marks = std::make_shared<GraphMarks>(marksOf(*graph));
    m_marks = marks;
    m_file = file;
    m_source = graph;
    m_graph = markedGraph(*graph, *m_marks);
    m_chosen = -1;
    m_marked.clear();
    if (!graph->prompt.empty())
        setPrompt(toQString(graph->prompt));
    if (graph->id != 0) { // a file's thresholds say what was kept, ours what to ask for
        m_nodeThreshold = graph->settings.nodeThreshold;
        m_edgeThreshold = graph->settings.edgeThreshold;
        Q_EMIT thresholdsChanged();
    }
    m_scoring.poke();
    Q_EMIT graphChanged(Change::Another);
    Q_EMIT statusChanged();
    if (!std::exchange(m_isResuming, false))
        Q_EMIT changed();
}

void CircuitDocument::show(const Graph& source)
{
    std::vector<NodeKey> marked;
    for (const int index : m_marked)
        marked.push_back(keyOf(node(index)));
    const std::optional<NodeKey> chosen
        = m_chosen >= 0 ? std::optional(keyOf(node(m_chosen))) : std::nullopt;
    m_source = source;
    m_graph = markedGraph(*m_source, *m_marks);
    m_marked.clear();
    for (const NodeKey& key : marked)
        if (const int index = nodeOf(*m_graph, key); index >= 0)
            m_marked.push_back(index);
    m_chosen = chosen ? nodeOf(*m_graph, *chosen) : -1;
    m_scoring.poke();
    Q_EMIT graphChanged(Change::Same);
    Q_EMIT statusChanged();
}

void CircuitDocument::prune()
{
    if (matrix() == 0)
        return;
    m_session->ask(this, core::PruneRequest{matrix(), m_nodeThreshold, m_edgeThreshold},
        [this](const Graph& graph) {
            if (graph->id == matrix()) // else of a graph that is no longer shown
                show(graph);
        });
}

void CircuitDocument::askScore()
{
    const bool isAny = m_graph
        && std::any_of(m_graph->nodes.begin(), m_graph->nodes.end(),
            [](const auto& node) { return node.isPinned && node.kind == core::NodeKind::Feature; });
    const auto set = [this](Shared<core::SubgraphScore> score) {
        m_score = std::move(score);
        Q_EMIT scoreChanged();
    };
    if (isAny)
        return m_session->ask(this, core::ScoreSubgraphRequest{m_graph}, set);
    if (m_session->isBusy(kTag<core::ScoreSubgraphRequest>))
        m_session->cancel(kTag<core::ScoreSubgraphRequest>);
    set(nullptr);
}

void CircuitDocument::refreshLabel(const core::FeatureRow& row)
{
    if (!m_source)
        return;
    auto changed = std::make_shared<core::AttributionGraph>(*m_source);
    bool isAny = false;
    for (core::GraphNode& each : changed->nodes)
        if (each.kind == core::NodeKind::Feature && each.feature == row.feature.feature
            && each.dictionary == row.feature.dictionary) {
            each.label = labelText(row).toStdString();
            isAny = true;
        }
    if (isAny)
        show(changed);
}

const core::GraphNode* CircuitDocument::chosenNode() const
{
    return m_chosen >= 0 ? &node(m_chosen) : nullptr;
}

const CircuitDocument::Boxes& CircuitDocument::boxes() const
{
    static const Boxes kNone;
    return m_marks ? m_marks->boxes : kNone;
}

const core::Story& CircuitDocument::story() const
{
    static const core::Story kNone;
    return m_marks ? m_marks->story : kNone;
}

int CircuitDocument::prunedPins() const
{
    return m_source ? pinnedAway(*m_source, *m_marks) : 0;
}

QString CircuitDocument::pruneProblem() const
{
    return m_graph && matrix() == 0
        ? tr("This graph was read from a file, which holds only what was kept. Trace its prompt "
             "to prune it differently.")
        : QString();
}

QString CircuitDocument::changeProblem() const
{
    if (!m_graph || !m_session->hasModel())
        return tr("Open the model first.");
    if (m_graph->model != m_session->state().model.name)
        return tr("This graph was made by %1; open that model to change its features.")
            .arg(toQString(m_graph->model));
    if (m_session->isBusy(kTag<core::InterveneRequest>) || m_session->isBusy(kNodeChangeTag))
        return tr("Running …");
    return {};
}

QString CircuitDocument::checkProblem() const
{
    if (!m_graph)
        return tr("Trace a prompt first.");
    if (matrix() == 0)
        return tr("This graph was read from a file; trace its prompt to check it.");
    if (!m_session->hasModel() || m_graph->model != m_session->state().model.name)
        return tr("This graph was made by %1; open that model to check it.")
            .arg(toQString(m_graph->model));
    return {};
}

QString CircuitDocument::explainProblem() const
{
    if (!m_graph)
        return tr("Trace a prompt first.");
    if (matrix() == 0)
        return tr("This graph was read from a file; trace its prompt to explain it.");
    if (!m_session->hasModel() || m_graph->model != m_session->state().model.name)
        return tr("This graph was made by %1; open that model to explain it.")
            .arg(toQString(m_graph->model));
    return {};
}

void CircuitDocument::explain()
{
    if (const QString problem = explainProblem(); !problem.isEmpty())
        return tell(problem);
    tell({});
    core::ExplainRequest request;
    request.graph = m_graph;
    if (const core::GraphNode* chosen = chosenNode();
        chosen && chosen->kind == core::NodeKind::Logit)
        request.logit = m_chosen;
    m_session->ask(this, request, [this](const Shared<core::Explanation>& explanation) {
        if (explanation->request.graph->id != matrix())
            return; // of a graph that is no longer shown
        setMarked({});
        edit(tr("explanation of %1").arg(toQString(explanation->story.answer)),
            marksOf(*explanation));
        Q_EMIT explained();
    });
}

void CircuitDocument::choose(int index)
{
    if (!m_graph)
        return;
    const bool isAnother = index != m_chosen;
    m_chosen = index;
    if (isAnother)
        Q_EMIT chosenChanged();
    if (index < 0)
        return;
    const core::GraphNode& chosen = node(index);
    m_selection->setPosition(chosen.position);
    if (chosen.kind == core::NodeKind::Feature && m_session->dictionary(chosen.dictionary))
        m_selection->setFeature({chosen.dictionary, chosen.feature});
}

bool CircuitDocument::chooseFeature(
    core::Layer layer, core::Position position, core::FeatureId feature)
{
    for (int index = 0; m_graph && index < countOf(m_graph->nodes); ++index) {
        const core::GraphNode& each = node(index);
        if (each.kind == core::NodeKind::Feature && each.layer == layer && each.position == position
            && each.feature == feature) {
            choose(index);
            return true;
        }
    }
    return false;
}

void CircuitDocument::chooseCell(core::Layer layer, core::Position position)
{
    if (m_session->isBusy(kTag<core::TraceRequest>)) {
        m_cell = Cell(layer, position);
        return;
    }
    if (!m_graph)
        return;
    int strongest = -1;
    for (int index = 0; index < countOf(m_graph->nodes); ++index) {
        const core::GraphNode& each = node(index);
        const bool isThere = each.kind == core::NodeKind::Feature && each.layer == layer
            && (!position.isValid() || each.position == position);
        if (isThere && (strongest < 0 || each.rawInfluence > node(strongest).rawInfluence))
            strongest = index;
    }
    if (strongest >= 0)
        choose(strongest);
    else
        Q_EMIT cellMissed(layer);
}

void CircuitDocument::setMarked(std::vector<int> nodes)
{
    if (nodes == m_marked)
        return;
    m_marked = std::move(nodes);
    Q_EMIT markedChanged();
}

void CircuitDocument::markGroup(int group)
{
    if (!m_graph || group < 0 || group >= countOf(m_graph->supernodes))
        return;
    const auto& nodes = m_graph->supernodes[static_cast<std::size_t>(group)].nodes;
    setMarked({nodes.begin(), nodes.end()});
}

void CircuitDocument::togglePin(int index)
{
    if (!m_graph || index < 0)
        return;
    const core::GraphNode& pinned = node(index);
    GraphMarks after = *m_marks;
    const bool isPinned = after.pinned.insert(keyOf(pinned)).second;
    if (!isPinned)
        after.pinned.erase(keyOf(pinned));
    edit((isPinned ? tr("pin of %1") : tr("unpinning of %1")).arg(nodeTitle(pinned)),
        std::move(after));
}

void CircuitDocument::groupMarked()
{
    if (!m_graph)
        return;
    if (m_marked.size() < 2)
        return tell(tr("A supernode needs two or more marked nodes: mark them with Ctrl+click, or "
                       "with Space on the chosen one, then press G."));
    NodeGroup group;
    int strongest = m_marked.front(); // lends its name until a person gives another
    for (const int index : m_marked) {
        if (node(index).rawInfluence > node(strongest).rawInfluence)
            strongest = index;
        group.nodes.push_back(keyOf(node(index)));
    }
    group.name = nodeTitle(node(strongest)).toStdString();
    const QString what = tr("grouping of %1 nodes").arg(m_marked.size());
    GraphMarks after = *m_marks;
    addGroup(after, std::move(group));
    setMarked({});
    edit(what, std::move(after));
    Q_EMIT grouped(countOf(m_graph->supernodes) - 1);
}

void CircuitDocument::renameGroup(int group, const QString& name)
{
    const int at = m_graph ? groupOfSupernode(*m_graph, *m_marks, group) : -1;
    if (at < 0)
        return;
    GraphMarks after = *m_marks;
    after.groups[static_cast<std::size_t>(at)].name = name.toStdString();
    edit(tr("name “%1”").arg(name), std::move(after));
}

void CircuitDocument::dissolveGroup(int group)
{
    const int at = m_graph ? groupOfSupernode(*m_graph, *m_marks, group) : -1;
    if (at < 0)
        return;
    GraphMarks after = *m_marks;
    const QString name = toQString(after.groups[static_cast<std::size_t>(at)].name);
    after.groups.erase(after.groups.begin() + at);
    setMarked({});
    edit(tr("ungrouping of “%1”").arg(name), std::move(after));
}

void CircuitDocument::moveBoxes(Boxes boxes)
{
    if (!m_marks)
        return;
    GraphMarks after = *m_marks;
    after.boxes = std::move(boxes);
    edit(tr("moving of a box"), std::move(after));
}

void CircuitDocument::edit(const QString& what, GraphMarks after)
{
    if (after == *m_marks)
        return;
    const QPointer<CircuitDocument> self(this); // the stack may outlive the page
    m_session->undoStack()->push(new SnapshotCommand<GraphMarks>(
        what, *m_marks, std::move(after), -1, [self, marks = m_marks](const GraphMarks& value) {
            if (self)
                self->apply(marks, value);
        }));
}

void CircuitDocument::apply(const std::shared_ptr<GraphMarks>& marks, const GraphMarks& value)
{
    const GraphMarks before = std::exchange(*marks, value);
    Q_EMIT changed();
    if (marks != m_marks)
        return; // of a graph that is no longer shown
    if (before.pinned != value.pinned || before.groups != value.groups
        || before.story != value.story)
        show(m_source);
    if (before.boxes != value.boxes)
        Q_EMIT boxesChanged();
}

} // namespace ui
