#include "core/circuits/explain/story.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

namespace core {

namespace {

constexpr double kBorneOut = 0.1; // of the effect that the graph says

/// "falls from 6.1 to 0.4", "stays at 6.1". A change below `least` is none.
std::string changeText(double before, double after, std::string (*text)(double), double least = 0.0)
{
    const std::string from = text(before), to = text(after);
    if (from == to || std::fabs(before - after) < least)
        return "stays at " + from;
    return (after < before ? "falls from " : "rises from ") + from + " to " + to;
}

std::string countText(int count, const char* one, const char* many)
{
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string percent(double share)
{
    return fmt::format("{:.0f} %", 100.0 * share);
}

std::string wordsLeftOutText(const std::vector<WordLeftOut>& words)
{
    std::string text;
    for (const WordLeftOut& word : words)
        text += fmt::format(
            "{}“{}” {}", text.empty() ? "" : ", ", word.name, percent(word.influence));
    return text;
}

} // namespace

std::string probabilityText(double probability)
{
    if (probability < 0.005)
        return "< 1 %";
    if (probability > 0.9995)
        return "> 99.9 %";
    return fmt::format("{:.{}f} %", 100.0 * probability, probability < 0.095 ? 0 : 1);
}

std::string amountText(double value)
{
    const double size = std::fabs(value);
    if (size >= 9.95)
        return fmt::format("{:.0f}", value);
    if (size >= 0.095)
        return fmt::format("{:.1f}", value);
    if (size < 0.0005)
        return "0";
    return fmt::format("{:.1g}", value);
}

bool isBorneOut(const ExplainedArrow& arrow)
{
    const double moved = arrow.targetBefore - arrow.targetAfter;
    return arrow.effect > 0 ? moved >= kBorneOut * arrow.effect : moved <= kBorneOut * arrow.effect;
}

std::string arrowPattern(const ExplainedArrow& arrow, bool toAnswer, bool isDifference)
{
    const char* const verb = arrow.effect < 0 ? "lowers" : "raises";
    const std::string by = amountText(std::fabs(arrow.effect)) + (toAnswer ? " (logit)" : "");
    const std::string answer = changeText(arrow.answerBefore, arrow.answerAfter,
        isDifference ? amountText : probabilityText, isDifference ? 0.0 : 0.01);
    if (!arrow.isBorneOut) {
        const std::string target = toAnswer
            ? "the logit of {to} " + changeText(arrow.targetBefore, arrow.targetAfter, amountText)
            : "“{to}” " + changeText(arrow.targetBefore, arrow.targetAfter, amountText);
        return fmt::format("By the graph “{{from}}” {} {} by {}, but without “{{from}}” {}: the "
                           "model does not bear this arrow out.",
            verb, toAnswer ? "{to}" : "“{to}”", by, target);
    }
    // Names of boxes are phrases ("says Austin"): without quotes a sentence has two verbs.
    if (toAnswer)
        return fmt::format("“{{from}}” {} {{to}} by {}; without it {{to}} {}.", verb, by, answer);
    return fmt::format("“{{from}}” {} “{{to}}” by {}; without it “{{to}}” {} and {{answer}} {}.",
        verb, by, changeText(arrow.targetBefore, arrow.targetAfter, amountText), answer);
}

Story storyOf(const Explanation& explanation, bool isDifference)
{
    Story story;
    const ExplainedBox& answer = explanation.boxes.back();
    story.answer = answer.name;
    const double p = explanation.probability;
    story.title = isDifference ? fmt::format("Why {}?", answer.name)
                               : fmt::format("Why {}? ({})", answer.name, probabilityText(p));
    int words = 0, features = 0, members = 0;
    for (const ExplainedBox& box : explanation.boxes) {
        words += box.kind == NodeKind::Token;
        if (box.kind == NodeKind::Feature) {
            ++features;
            members += static_cast<int>(box.nodes.size());
        }
    }
    story.summary
        = fmt::format("{} and {} ({} of the graph's {} features) carry {} of the influence "
                      "on {}; {} comes through other features and words, {} from what "
                      "the dictionaries do not explain (errors).",
            countText(words, "word", "words"), countText(features, "box", "boxes"), members,
            explanation.features, percent(explanation.carried), answer.name,
            percent(explanation.leftOut), percent(explanation.throughErrors));
    if (const std::string left = wordsLeftOutText(explanation.wordsLeftOut); !left.empty())
        story.summary += " Words without a box that matter most: " + left + ".";
    story.summary += " Checked in the model: a box is taken out by setting its features to 0, a "
                     "word by giving it the average word's embedding";
    story.summary += explanation.request.freezesAttention
        ? ", with attention patterns held as they were."
        : ", with attention free to change.";
    const auto unproven = std::count_if(explanation.arrows.begin(), explanation.arrows.end(),
        [](const ExplainedArrow& arrow) { return !arrow.isBorneOut; });
    if (unproven > 0)
        story.summary += fmt::format(
            " The model does not bear out {} of {} arrows.", unproven, explanation.arrows.size());
    for (const ExplainedArrow& arrow : explanation.arrows) {
        const auto& from = explanation.boxes[static_cast<std::size_t>(arrow.from)];
        const auto& to = explanation.boxes[static_cast<std::size_t>(arrow.to)];
        story.lines.push_back({from.nodes.front(), to.nodes.front(), from.name, to.name,
            arrow.pattern, arrow.effect, arrow.isBorneOut});
    }
    return story;
}

} // namespace core
