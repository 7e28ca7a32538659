#include "core/session/step_record.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

namespace core {

namespace {

constexpr std::size_t kCompactNodes = 20, kCompactTokens = 5;
constexpr std::size_t kMostMapNumbers = 10'000; // of one map; larger ones are too much to compare

template <typename T> std::vector<double> doubles(const std::vector<T>& values)
{
    return {values.begin(), values.end()};
}

std::vector<double> figures(const StreamText& stream, float TokenFigures::*figure)
{
    std::vector<double> out;
    for (const TokenFigures& token : stream.figures)
        out.push_back(static_cast<double>(token.*figure));
    return out;
}

RecordedValue number(std::string name, double value)
{
    return {std::move(name), {}, {value}, {}};
}

std::size_t most(RecordDepth depth, std::size_t compact, std::size_t all)
{
    return depth == RecordDepth::Whole ? all : std::min(compact, all);
}

void addStream(StepRecord& record, const std::string& name, const StreamText& stream)
{
    RecordedValue ids{name + ".ids", {}, {}, {}};
    for (const TokenInfo& token : stream.tokens)
        ids.ids.push_back(token.id.value);
    record.push_back(std::move(ids));
    record.push_back({name + ".text", {}, {}, stream.text});
    record.push_back({name + ".logprobs", {}, figures(stream, &TokenFigures::logprob), {}});
}

StepRecord recordOfAnswer(std::monostate, RecordDepth)
{
    return {};
}

StepRecord recordOfAnswer(const std::shared_ptr<const PromptAnalysis>& analysis, RecordDepth depth)
{
    StepRecord record;
    RecordedValue ids{"ids", {}, {}, {}};
    for (const TokenInfo& token : analysis->tokens)
        ids.ids.push_back(token.id.value);
    record.push_back(std::move(ids));
    record.push_back({"loss", {}, doubles(analysis->tokenLoss), {}});
    for (std::size_t i = 0; i < most(depth, kCompactTokens, analysis->next.size()); ++i)
        record.push_back(number(fmt::format("probability of #{}", analysis->next[i].id.value),
            static_cast<double>(analysis->next[i].probability)));
    return record;
}

StepRecord recordOfAnswer(const std::shared_ptr<const Generation>& generation, RecordDepth)
{
    StepRecord record;
    addStream(record, "normal", generation->normal);
    if (!generation->steered.tokens.empty()) {
        addStream(record, "steered", generation->steered);
        record.push_back({"kl", {}, figures(generation->steered, &TokenFigures::kl), {}});
    }
    return record;
}

std::string nodeName(const GraphNode& node)
{
    if (node.kind == NodeKind::Feature)
        return fmt::format("{}:{}:{}", node.layer.value, node.position.value, node.feature.value);
    if (node.kind == NodeKind::Error)
        return fmt::format("error {}:{}", node.layer.value, node.position.value);
    return fmt::format("token {}", node.position.value);
}

StepRecord recordOfAnswer(const std::shared_ptr<const AttributionGraph>& graph, RecordDepth depth)
{
    StepRecord record{number("replacement_score", graph->replacementScore),
        number("completeness_score", graph->completenessScore),
        number("error_share", graph->errorShare),
        {"n_features_active", {graph->activeFeatures}, {}, {}}};
    std::vector<const GraphNode*> nodes;
    for (const GraphNode& node : graph->nodes) {
        if (node.kind != NodeKind::Logit) {
            nodes.push_back(&node);
            continue;
        }
        const std::string name = node.minusToken.isValid()
            ? fmt::format("difference #{} - #{}", node.token.value, node.minusToken.value)
            : fmt::format("probability of #{}", node.token.value);
        record.push_back(number(name, static_cast<double>(node.probability)));
    }
    std::stable_sort(nodes.begin(), nodes.end(),
        [](const auto* a, const auto* b) { return a->rawInfluence > b->rawInfluence; });
    for (std::size_t i = 0; i < most(depth, kCompactNodes, nodes.size()); ++i)
        record.push_back(number(
            "influence of " + nodeName(*nodes[i]), static_cast<double>(nodes[i]->rawInfluence)));
    return record;
}

StepRecord recordOfAnswer(const std::shared_ptr<const PatchResult>& result, RecordDepth depth)
{
    StepRecord record{{"answer", {result->answerId.value}, {}, {}},
        {"other", {result->otherId.value}, {}, {}}, number("clean", result->cleanMetric),
        number("corrupt", result->corruptMetric)};
    for (const PatchMap& map : result->maps) {
        if (!map.exact.empty() && map.exact.size() <= kMostMapNumbers)
            record.push_back({map.hook + ".exact", {}, doubles(map.exact), {}});
        if (!map.approximate.empty() && map.approximate.size() <= kMostMapNumbers)
            record.push_back({map.hook + ".approximate", {}, doubles(map.approximate), {}});
    }
    for (std::size_t i = 0; i < most(depth, kCompactNodes, result->features.size()); ++i) {
        const PatchedFeature& one = result->features[i];
        record.push_back(number(fmt::format("approximate of {} {}:{}:{}", one.dictionary,
                                    one.layer.value, one.position.value, one.feature.value),
            static_cast<double>(one.approximate)));
    }
    return record;
}

bool isSame(double saved, double now)
{
    constexpr double kAbsolute = 1e-4, kRelative = 1e-3;
    if (std::isnan(saved) || std::isnan(now))
        return std::isnan(saved) && std::isnan(now);
    return std::abs(saved - now) <= kAbsolute + kRelative * std::abs(saved);
}

/// The first entry that differs, by name; empty for none.
template <typename T, typename Same>
std::string differenceOfLists(const std::string& name, const std::vector<T>& saved,
    const std::vector<T>& now, const Same& same)
{
    for (std::size_t i = 0; i < std::min(saved.size(), now.size()); ++i)
        if (!same(saved[i], now[i]))
            return saved.size() == 1
                ? fmt::format("{}: {} saved, {} now", name, saved[i], now[i])
                : fmt::format("{}[{}]: {} saved, {} now", name, i, saved[i], now[i]);
    if (saved.size() != now.size())
        return fmt::format("{}: {} values saved, {} now", name, saved.size(), now.size());
    return {};
}

std::string differenceOfValues(const RecordedValue& saved, const RecordedValue& now)
{
    if (auto ids = differenceOfLists(saved.name, saved.ids, now.ids, std::equal_to<>());
        !ids.empty())
        return ids;
    if (auto numbers = differenceOfLists(saved.name, saved.numbers, now.numbers, isSame);
        !numbers.empty())
        return numbers;
    if (saved.text != now.text)
        return fmt::format("{}: \"{}\" saved, \"{}\" now", saved.name, saved.text.value_or(""),
            now.text.value_or(""));
    return {};
}

std::string shortened(const std::string& text)
{
    constexpr std::size_t kMost = 60;
    if (text.size() <= kMost)
        return text;
    std::size_t end = kMost;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end; // whole characters
    return text.substr(0, end) + " …";
}

} // namespace

StepRecord recordOf(const SavedStep::Answer& answer, RecordDepth depth)
{
    return std::visit([&](const auto& one) { return recordOfAnswer(one, depth); }, answer);
}

std::string differenceOf(const StepRecord& saved, const StepRecord& now)
{
    for (const RecordedValue& one : saved) {
        const auto found = std::find_if(now.begin(), now.end(),
            [&](const RecordedValue& other) { return other.name == one.name; });
        if (found == now.end())
            return one.name + ": saved, and not there now";
        if (auto difference = differenceOfValues(one, *found); !difference.empty())
            return difference;
    }
    return {};
}

std::string nameOfStep(const SavedStep::Request& request)
{
    const auto textOf = [](const auto& one) -> std::string {
        if constexpr (requires { one.prompt; })
            return one.prompt;
        else if constexpr (requires { one.text; })
            return one.text;
        else
            return one.clean;
    };
    return std::visit(
        [&](const auto& one) {
            return fmt::format(
                "{}: {}", std::decay_t<decltype(one)>::kName, shortened(textOf(one)));
        },
        request);
}

} // namespace core
