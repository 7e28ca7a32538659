#include "core/circuits/explain/explain.h"

#include "core/circuits/explain/box_name.h"
#include "core/circuits/explain/likeness.h"
#include "core/circuits/explain/measure.h"
#include "core/circuits/explain/story.h"
#include "core/circuits/explain/story_plan.h"
#include "core/features/logit_effects.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <ATen/ATen.h>

namespace core {

namespace {

constexpr std::size_t kMostFeatures = 240; // of a graph: those with the most influence are merged
constexpr int kPromoted = 3; // tokens of a box that may give it its name

/// A feature of the shown graph.
struct Candidate {
    std::int64_t node = 0; ///< Of the matrix.
    int shown = 0; ///< Of the graph.
    FeatureRow row;
    FeatureMeaning meaning;
};

class Explainer {
public:
    Explainer(const ExplainRequest& request, const GraphMatrix& matrix, const Transformer& model,
        const Dictionaries& dictionaries, const ExplainSources& sources)
        : m_request(request)
        , m_graph(*request.graph)
        , m_model(model)
        , m_matrix(matrix)
        , m_dictionaries(dictionaries)
        , m_sources(sources)
    {
    }

    Result<Explanation> explain(int logit, const ProgressFn& progress, std::stop_token stop)
    {
        Explanation out;
        out.request = m_request;
        m_logit = matrixLogit(m_graph.nodes[static_cast<std::size_t>(logit)]);
        if (m_logit < 0)
            return fail(Error::Code::NotFound,
                "The answer is not among the logits of the graph's matrix. Trace the prompt "
                "again.");
        m_answer = m_matrix.logits[static_cast<std::size_t>(m_logit - m_matrix.firstLogit())];
        m_answerPosition = m_answer.position.isValid() ? m_answer.position
                                                       : Position(m_matrix.n_positions() - 1);
        m_answerName = shortText(nodeText(logit));
        if (m_answerName.empty())
            m_answerName = "(white space)";
        collect();
        if (progress)
            progress({"Finding boxes", 0, 0, ""});
        const StoryPlan plan = planned(stop);
        if (stop.stop_requested())
            return fail(Error::Code::Cancelled, "Cancelled.");
        if (plan.boxes.empty())
            return fail(Error::Code::NotFound,
                "No features of this graph lead from the words to the answer: there is nothing to "
                "tell. Keep more of it (the Nodes slider), and explain it again.");
        out.features = static_cast<int>(m_candidates.size());
        out.carried = plan.flow.carried;
        out.throughErrors = plan.flow.errors;
        out.leftOut = plan.flow.leftOut;
        out.replacementScore = plan.scoreBefore;
        out.mergedScore = plan.scoreAfter;
        out.isFewest = plan.isFewest;
        addBoxes(out, plan, logit);
        addWordsLeftOut(out);
        if (auto measured = measure(out, plan, progress, stop); !measured)
            return fail(measured.error());
        out.story = storyOf(out, m_answer.minus.isValid());
        return out;
    }

private:
    std::int64_t matrixLogit(const GraphNode& node) const
    {
        for (std::int64_t i = m_matrix.firstLogit(); i < m_matrix.size(); ++i) {
            const GraphNode other = m_matrix.node(i);
            if (other.token == node.token && other.minusToken == node.minusToken
                && other.position == node.position)
                return i;
        }
        return -1;
    }

    std::string nodeText(int shown) const
    {
        return m_graph.nodes[static_cast<std::size_t>(shown)].label;
    }

    std::string tokenAt(Position position) const
    {
        return position.isValid() && position.index() < m_graph.promptTokens.size()
            ? m_graph.promptTokens[position.index()]
            : std::string();
    }

    std::shared_ptr<const Dictionary> dictionaryOf(Layer layer) const
    {
        for (const auto& one : m_dictionaries)
            if (one->config().hookIn.layer == layer)
                return one;
        return nullptr;
    }

    /// The features of the graph, the strongest first, with what is known of their meaning.
    void collect()
    {
        std::map<FeatureAt, std::int64_t> places;
        for (std::size_t i = 0; i < m_matrix.features.size(); ++i)
            places[m_matrix.features[i].at] = static_cast<std::int64_t>(i);
        for (std::size_t i = 0; i < m_graph.nodes.size(); ++i) {
            const GraphNode& node = m_graph.nodes[i];
            if (node.kind != NodeKind::Feature)
                continue;
            const auto found = places.find({node.layer, node.position, node.feature});
            if (found != places.end())
                m_candidates.push_back({found->second, static_cast<int>(i), {}, {}});
        }
        std::stable_sort(
            m_candidates.begin(), m_candidates.end(), [&](const auto& a, const auto& b) {
                return m_graph.nodes[static_cast<std::size_t>(a.shown)].rawInfluence
                    > m_graph.nodes[static_cast<std::size_t>(b.shown)].rawInfluence;
            });
        if (m_candidates.size() > kMostFeatures)
            m_candidates.resize(kMostFeatures);
        for (std::size_t i = 0; i < m_candidates.size(); ++i) {
            Candidate& one = m_candidates[i];
            m_placeOf[one.node] = i;
            const GraphNode& node = m_graph.nodes[static_cast<std::size_t>(one.shown)];
            const FeatureRef ref{node.dictionary, node.feature};
            if (m_sources.row)
                one.row = m_sources.row(ref);
            // A label that was given since stands in the graph alone.
            if (one.row.label.text.empty())
                one.row.label.text = node.label;
            one.meaning.words = meaningWords(one.row.label.text, tokenAt(node.position));
            if (m_sources.passages) {
                const auto passages = m_sources.passages(ref);
                one.meaning.passages.insert(passages.begin(), passages.end());
            }
            if (const auto dictionary = dictionaryOf(node.layer)) {
                const at::Tensor row = dictionary->decoderRows({node.feature})
                                           .to(at::kCPU, at::kFloat)
                                           .contiguous()
                                           .flatten();
                one.meaning.direction.assign(
                    row.data_ptr<float>(), row.data_ptr<float>() + row.numel());
            }
        }
    }

    StoryPlan planned(std::stop_token stop) const
    {
        std::vector<std::int64_t> features, tokens;
        for (const Candidate& one : m_candidates)
            features.push_back(one.node);
        for (std::int64_t t = m_matrix.firstToken(); t < m_matrix.firstLogit(); ++t)
            tokens.push_back(t);
        const LikenessFn alike = [&](std::int64_t a, std::int64_t b) {
            if (!areNeighbours(m_matrix.features[static_cast<std::size_t>(a)].at,
                    m_matrix.features[static_cast<std::size_t>(b)].at))
                return -1.0;
            return likeness(m_candidates[m_placeOf.at(a)].meaning,
                m_candidates[m_placeOf.at(b)].meaning, effectsCosine(m_matrix, a, b));
        };
        const IsTellingFn isTelling
            = [&](const BoxNodes& box) { return hasTellingLabel(evidenceOf(box)); };
        return planStory(m_matrix, m_logit, features, tokens, alike, isTelling, m_request, stop);
    }

    void addBoxes(Explanation& out, const StoryPlan& plan, int logit)
    {
        std::map<std::size_t, bool> goesStraight; // most of what a box does
        for (std::size_t box = 0; box < plan.boxes.size(); ++box) {
            double straight = 0, all = 0;
            for (const StoryPlan::Arrow& arrow : plan.arrows)
                if (arrow.from == box) {
                    all += arrow.share;
                    straight += arrow.to == plan.boxes.size() ? arrow.share : 0.0;
                }
            goesStraight[box] = all > 0 && straight >= 0.5 * all;
        }
        std::set<std::string> said; // by boxes nearer to the answer
        for (std::size_t box = plan.boxes.size(); box-- > 0;) {
            const StoryPlan::Box& planned = plan.boxes[box];
            ExplainedBox made;
            made.share = planned.share;
            made.kind = planned.isToken ? NodeKind::Token : NodeKind::Feature;
            for (const std::int64_t node : planned.nodes)
                made.nodes.push_back(keyAt(m_matrix.node(node)));
            if (planned.isToken) {
                made.name = shortText(tokenAt(made.nodes.front().position));
                if (made.name.empty())
                    made.name = "(white space)";
            } else {
                double effect = 0;
                for (const StoryPlan::Arrow& arrow : plan.arrows)
                    if (arrow.from == box && arrow.to == plan.boxes.size())
                        effect = arrow.effect;
                made.name = nameOf(planned, goesStraight[box], effect > 0);
                // What comes before another box that says so is better known by what it reads.
                if (said.contains(made.name))
                    made.name = nameOf(planned, false, effect > 0);
                said.insert(made.name);
            }
            out.boxes.insert(out.boxes.begin(), std::move(made));
        }
        tellApart(out.boxes);
        ExplainedBox answer;
        answer.name = m_answerName;
        answer.kind = NodeKind::Logit;
        answer.nodes = {keyAt(m_graph.nodes[static_cast<std::size_t>(logit)])};
        answer.share = 1.0;
        out.boxes.push_back(std::move(answer));
    }

    void addWordsLeftOut(Explanation& out) const
    {
        constexpr std::size_t kMost = 3;
        constexpr double kLeast = 0.02; // of the influence: less explains nothing
        for (const GraphNode& node : m_graph.nodes) {
            const auto stands = [&](const ExplainedBox& box) { return isIn(box, node); };
            const auto influence = static_cast<double>(node.rawInfluence);
            if (node.kind == NodeKind::Token && influence >= kLeast
                && std::none_of(out.boxes.begin(), out.boxes.end(), stands))
                out.wordsLeftOut.push_back({shortText(tokenAt(node.position)), influence});
        }
        std::stable_sort(out.wordsLeftOut.begin(), out.wordsLeftOut.end(),
            [](const auto& a, const auto& b) { return a.influence > b.influence; });
        if (out.wordsLeftOut.size() > kMost)
            out.wordsLeftOut.resize(kMost);
    }

    static NodeKey keyAt(const GraphNode& node)
    {
        return {
            node.kind, node.layer, node.position, node.feature, node.token, node.minusToken, {}};
    }

    static bool isIn(const ExplainedBox& box, const GraphNode& node)
    {
        return std::find(box.nodes.begin(), box.nodes.end(), keyAt(node)) != box.nodes.end();
    }

    /// Boxes of one name get the layer behind it.
    static void tellApart(std::vector<ExplainedBox>& boxes)
    {
        std::map<std::string, int> count;
        for (const ExplainedBox& box : boxes)
            ++count[box.name];
        std::map<std::string, int> number;
        for (ExplainedBox& box : boxes)
            if (box.kind == NodeKind::Feature && count[box.name] > 1)
                box.name += " (" + std::to_string(++number[box.name]) + ")";
    }

    BoxEvidence evidenceOf(const BoxNodes& nodes) const
    {
        BoxEvidence evidence;
        const Position position
            = m_matrix.features[static_cast<std::size_t>(nodes.front())].at.position;
        evidence.token = tokenAt(position);
        evidence.isAtAnswer = position == m_answerPosition;
        if (!m_answer.minus.isValid())
            evidence.answer = m_answerName;
        for (const std::int64_t node : nodes) {
            const Candidate& one = m_candidates[m_placeOf.at(node)];
            evidence.members.push_back(
                {one.row.label.text, one.row.label.source == LabelSource::Person,
                    static_cast<double>(
                        m_graph.nodes[static_cast<std::size_t>(one.shown)].rawInfluence),
                    one.row.promoted});
        }
        return evidence;
    }

    std::string nameOf(const StoryPlan::Box& box, bool goesStraight, bool raisesAnswer) const
    {
        BoxEvidence evidence = evidenceOf(box.nodes);
        evidence.isNextToAnswer = evidence.isAtAnswer && goesStraight;
        evidence.raisesAnswer = raisesAnswer;
        evidence.promoted = promotedBy(box);
        return boxName(evidence);
    }

    /// The tokens that the members promote together, as strongly as they fire here.
    std::vector<std::string> promotedBy(const StoryPlan::Box& box) const
    {
        at::Tensor sum;
        for (const std::int64_t node : box.nodes) {
            const GraphFeature& feature = m_matrix.features[static_cast<std::size_t>(node)];
            const auto dictionary = dictionaryOf(feature.at.layer);
            if (!dictionary || !m_sources.tokenText)
                return {};
            const at::Tensor added
                = addedDirections(m_model, *dictionary,
                      at::tensor({static_cast<std::int64_t>(feature.at.feature.value)}, at::kLong))
                * feature.activation;
            if (sum.defined() && sum.size(-1) != added.size(-1))
                return {};
            sum = sum.defined() ? sum + added : added;
        }
        const auto effects = logitEffects(m_model, sum, kPromoted, m_sources.vocabulary);
        std::vector<std::string> texts;
        if (effects && !effects->empty())
            for (const auto& [token, effect] : effects->front().positive)
                texts.push_back(m_sources.tokenText(token));
        return texts;
    }

    /// What the shown graph's edges say, so that the picture and the sentence agree.
    double shownEffect(const ExplainedBox& from, const ExplainedBox& to) const
    {
        std::vector<char> isSource, isTarget;
        for (const GraphNode& node : m_graph.nodes) {
            isSource.push_back(isIn(from, node));
            isTarget.push_back(isIn(to, node));
        }
        double sum = 0;
        for (const GraphEdge& edge : m_graph.edges)
            if (isSource[static_cast<std::size_t>(edge.source)]
                && isTarget[static_cast<std::size_t>(edge.target)])
                sum += static_cast<double>(edge.weight);
        return sum;
    }

    Result<void> measure(
        Explanation& out, const StoryPlan& plan, const ProgressFn& progress, std::stop_token stop)
    {
        std::vector<MeasuredBox> boxes;
        for (const StoryPlan::Box& box : plan.boxes) {
            MeasuredBox one;
            for (const std::int64_t node : box.nodes)
                if (box.isToken)
                    one.word = m_matrix.node(node).position;
                else
                    one.features.push_back(m_matrix.features[static_cast<std::size_t>(node)].at);
            boxes.push_back(std::move(one));
        }
        const auto measured = measureBoxes(m_model, m_dictionaries, m_matrix.tokens, boxes,
            m_answer, m_request.freezesAttention, progress, stop);
        if (!measured)
            return fail(measured.error());
        const bool isDifference = m_answer.minus.isValid();
        const auto answerOf = [&](const BoxValues& values) {
            return isDifference ? values.logit : values.probability;
        };
        out.probability = measured->whole.probability;
        for (std::size_t box = 0; box < plan.boxes.size(); ++box)
            out.boxes[box].activation = measured->whole.activations[box];
        out.boxes.back().activation = measured->whole.logit;
        for (const StoryPlan::Arrow& told : plan.arrows) {
            ExplainedArrow arrow;
            arrow.from = static_cast<int>(told.from);
            arrow.to = static_cast<int>(told.to);
            arrow.share = told.share;
            arrow.effect = shownEffect(out.boxes[told.from], out.boxes[told.to]);
            if (arrow.effect == 0.0)
                continue; // every edge of it was pruned: the picture has no such arrow
            const bool toAnswer = told.to == plan.boxes.size();
            const BoxValues& without = measured->without[told.from];
            arrow.targetBefore
                = toAnswer ? measured->whole.logit : measured->whole.activations[told.to];
            arrow.targetAfter = toAnswer ? without.logit : without.activations[told.to];
            arrow.answerBefore = answerOf(measured->whole);
            arrow.answerAfter = answerOf(without);
            arrow.isBorneOut = isBorneOut(arrow);
            arrow.pattern = arrowPattern(arrow, toAnswer, isDifference);
            out.arrows.push_back(std::move(arrow));
        }
        return {};
    }

    const ExplainRequest& m_request;
    const AttributionGraph& m_graph;
    const Transformer& m_model;
    const GraphMatrix& m_matrix;
    const Dictionaries& m_dictionaries;
    const ExplainSources& m_sources;
    std::int64_t m_logit = -1;
    GraphLogit m_answer;
    Position m_answerPosition;
    std::string m_answerName;
    std::vector<Candidate> m_candidates;
    std::map<std::int64_t, std::size_t> m_placeOf; // of a matrix node among the candidates
};

} // namespace

Result<Explanation> explainGraph(const ExplainRequest& request, int logit,
    const GraphMatrix& matrix, const Transformer& model, const Dictionaries& dictionaries,
    const ExplainSources& sources, const ProgressFn& progress, std::stop_token stop)
{
    return Explainer(request, matrix, model, dictionaries, sources).explain(logit, progress, stop);
}

} // namespace core
