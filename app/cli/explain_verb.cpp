#include "app/cli/context.h"
#include "app/cli/trace_options.h"
#include "app/cli/verbs.h"

#include "core/api/explain.h"
#include "core/api/graph_files.h"
#include "core/api/trace.h"

#include <algorithm>

#include <fmt/format.h>

namespace cli {

namespace {

struct ExplainOptions {
    std::string model, graphFile;
    std::vector<std::string> dictionaries;
    core::TraceRequest trace;
    core::ExplainRequest request;
    bool isAttentionFree = false;
};

Json explanationJson(const core::Explanation& explanation)
{
    Json boxes = Json::array(), arrows = Json::array();
    for (const core::ExplainedBox& box : explanation.boxes) {
        Json nodes = Json::array();
        for (const core::NodeKey& node : box.nodes)
            nodes.push(Json{{"layer", node.layer.value}, {"position", node.position.value},
                {"feature", node.feature.value}, {"token", node.token.value}});
        constexpr const char* kKinds[]{"feature", "error", "token", "logit"};
        boxes.push(Json{{"name", box.name}, {"kind", kKinds[static_cast<std::size_t>(box.kind)]},
            {"share", box.share}, {"activation", box.activation}, {"nodes", nodes}});
    }
    for (const core::ExplainedArrow& arrow : explanation.arrows)
        arrows.push(Json{{"from", arrow.from}, {"to", arrow.to}, {"effect", arrow.effect},
            {"share", arrow.share}, {"target_before", arrow.targetBefore},
            {"target_after", arrow.targetAfter}, {"answer_before", arrow.answerBefore},
            {"answer_after", arrow.answerAfter}, {"borne_out", arrow.isBorneOut}});
    Json sentences = Json::array(), wordsLeftOut = Json::array();
    for (const core::WordLeftOut& word : explanation.wordsLeftOut)
        wordsLeftOut.push(Json{{"word", word.name}, {"influence", word.influence}});
    for (const auto& line : explanation.story.lines)
        sentences.push(
            core::filledIn(line.pattern, line.fromName, line.toName, explanation.story.answer));
    return {{"title", explanation.story.title}, {"summary", explanation.story.summary},
        {"sentences", sentences}, {"boxes", boxes}, {"arrows", arrows},
        {"probability", explanation.probability}, {"carried", explanation.carried},
        {"through_errors", explanation.throughErrors}, {"left_out", explanation.leftOut},
        {"words_left_out", wordsLeftOut}, {"replacement_score", explanation.replacementScore},
        {"merged_score", explanation.mergedScore}, {"n_features", explanation.features},
        {"is_fewest", explanation.isFewest}, {"seconds", explanation.seconds}};
}

std::string explanationText(const core::Explanation& explanation)
{
    std::string text = explanation.story.title + "\nboxes:";
    for (const core::ExplainedBox& box : explanation.boxes)
        text += fmt::format("{}{} ({:.0f} %{})", &box == explanation.boxes.data() ? " " : ", ",
            box.name, 100 * box.share,
            box.nodes.size() > 1 ? fmt::format(", {} features", box.nodes.size()) : "");
    for (const auto& line : explanation.story.lines)
        text += "\n- "
            + core::filledIn(line.pattern, line.fromName, line.toName, explanation.story.answer);
    return text + "\n" + explanation.story.summary;
}

/// The graph with the boxes as supernodes and pins, as the window has it.
std::shared_ptr<const core::AttributionGraph> markedGraph(
    const core::AttributionGraph& graph, const core::Explanation& explanation)
{
    auto marked = std::make_shared<core::AttributionGraph>(graph);
    for (const core::ExplainedBox& box : explanation.boxes) {
        core::Supernode group{box.name, {}};
        for (std::size_t i = 0; i < marked->nodes.size(); ++i) {
            core::GraphNode& node = marked->nodes[i];
            const core::NodeKey key{node.kind, node.layer, node.position, node.feature, node.token,
                node.minusToken, {}};
            if (std::find(box.nodes.begin(), box.nodes.end(), key) == box.nodes.end())
                continue;
            node.isPinned = true;
            group.nodes.push_back(static_cast<std::int32_t>(i));
        }
        if (box.kind == core::NodeKind::Feature)
            marked->supernodes.push_back(std::move(group));
    }
    return marked;
}

int explain(Context& context, ExplainOptions options)
{
    if (const auto opened = context.open(options.model, options.dictionaries); !opened)
        return report(opened.error());
    const auto traced = context.ask(options.trace);
    if (!traced)
        return report(traced.error());
    options.request.graph = *traced;
    options.request.freezesAttention = !options.isAttentionFree;
    const auto explained = context.ask(options.request);
    if (!explained)
        return report(explained.error());
    if (!options.graphFile.empty()) {
        const core::SaveGraphRequest save{markedGraph(**traced, **explained), options.graphFile};
        if (const auto saved = context.ask(save); !saved)
            return report(saved.error());
    }
    context.print(explanationJson(**explained), explanationText(**explained));
    return kDone;
}

} // namespace

void addExplainVerb(Verb& program)
{
    const auto options = std::make_shared<ExplainOptions>();
    core::TraceRequest& trace = options->trace;
    core::ExplainRequest& request = options->request;
    Verb verb = program.verb(
        "explain", "a prompt's answer as a few boxes and a measured sentence for each arrow");
    addTracedModel(verb, options->model, options->dictionaries);
    verb.option("--prompt", trace.prompt, "the prompt").required();
    verb.option("--target", trace.targets,
            "the answer to explain instead of the most probable one, as for trace")
        .oneEach();
    verb.option("--share", request.share, "of the influence on the answer that the boxes carry")
        .between(0.01, 1.0)
        .showingDefault();
    verb.option("--boxes", request.mostBoxes, "at most so many, words and the answer included")
        .between(3, 30)
        .showingDefault();
    verb.option("--likeness", request.leastLikeness,
            "features at one place that are at least so alike become one box")
        .between(0.0, 1.0)
        .showingDefault();
    verb.option("--lose", request.mostLost,
            "merging may lower the subgraph's replacement score by so much")
        .between(0.0, 1.0)
        .showingDefault();
    verb.flag("--free-attention", options->isAttentionFree,
        "attention patterns may change while a box is taken out");
    verb.option("--out", options->graphFile,
        "circuit-tracer's JSON with the boxes as supernodes; the window opens it");
    verb.runs([options](Context& context) { return explain(context, *options); });
}

} // namespace cli
