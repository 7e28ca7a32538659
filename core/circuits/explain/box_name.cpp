#include "core/circuits/explain/box_name.h"

#include "core/circuits/explain/likeness.h"

#include <algorithm>
#include <string_view>

namespace core {

namespace {

constexpr std::string_view kArrow = "→", kSays = "says ";
constexpr double kAgreed = 0.5; // of the influence of a box that stands behind its name

std::string stripped(std::string_view text)
{
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos)
        return {};
    return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

bool shares(const std::set<std::string>& a, const std::set<std::string>& b)
{
    return std::any_of(
        a.begin(), a.end(), [&](const std::string& word) { return b.contains(word); });
}

/// The part of the members' influence whose label shares a word with that of `member`, or is the
/// same.
double agreement(const BoxEvidence& evidence, const BoxEvidence::Member& member)
{
    const auto words = meaningWords(member.label, evidence.token);
    double same = 0, all = 0;
    for (const auto& other : evidence.members) {
        all += other.influence;
        if (&other == &member || other.label == member.label
            || shares(words, meaningWords(other.label, evidence.token)))
            same += other.influence;
    }
    return all > 0 ? same / all : 0.0;
}

/// The label to name the box after; null for none.
const BoxEvidence::Member* tellingMember(const BoxEvidence& evidence)
{
    const BoxEvidence::Member* best = nullptr;
    double most = 0;
    for (const auto& member : evidence.members) {
        if (member.label.empty())
            continue;
        if (member.isByPerson)
            return &member;
        // "is" where the word stands says no more than where it is.
        if (meaningWords(member.label, evidence.token).empty())
            continue;
        if (const double agreed = agreement(evidence, member); agreed > most) {
            most = agreed;
            best = &member;
        }
    }
    return most >= kAgreed ? best : nullptr;
}

/// The side of a label that fits a box next to the answer: what it says, but other words than the
/// answer only where it works against that. "says Boise" would not explain Austin.
std::string nameNextToAnswer(const BoxEvidence& evidence, const std::string& label)
{
    const std::string in = labelSide(label, false), out = labelSide(label, true);
    const auto said = meaningWords(out, {}), answer = meaningWords(evidence.answer, {});
    if (!evidence.raisesAnswer || !out.starts_with(kSays)
        || (!answer.empty()
            && std::includes(said.begin(), said.end(), answer.begin(), answer.end())))
        return out;
    return in != out && !meaningWords(in, evidence.token).empty() ? in : std::string();
}

bool promotesAnswer(const BoxEvidence& evidence)
{
    const auto isAnswer = [&](const std::vector<std::string>& tokens) {
        return std::any_of(tokens.begin(), tokens.end(), [&](const std::string& token) {
            return !evidence.answer.empty() && stripped(token) == evidence.answer;
        });
    };
    if (isAnswer(evidence.promoted))
        return true;
    double promoting = 0, all = 0;
    for (const auto& member : evidence.members) {
        all += member.influence;
        promoting += isAnswer(member.promoted) ? member.influence : 0.0;
    }
    return all > 0 && promoting >= kAgreed * all;
}

} // namespace

std::string shortText(const std::string& text, std::size_t most)
{
    std::string out = stripped(text);
    if (out.size() <= most)
        return out;
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U)
        --end; // not inside a character
    if (const auto space = out.rfind(' ', end); space != std::string::npos && space > end / 2)
        end = space;
    return stripped(std::string_view(out).substr(0, end)) + "…";
}

std::string labelSide(const std::string& label, bool isOutput)
{
    const auto at = label.find(kArrow);
    if (at == std::string::npos)
        return stripped(label);
    const std::string in = stripped(std::string_view(label).substr(0, at)),
                      out = stripped(std::string_view(label).substr(at + kArrow.size()));
    return (isOutput && !out.empty()) || in.empty() ? out : in;
}

std::string middleName(const std::string& label)
{
    std::string in = labelSide(label, false), out = labelSide(label, true);
    if (out.starts_with(kSays))
        out = out.substr(0, out.find(", "));
    if (in.starts_with(kSays))
        in = out;
    return out.empty() || out == in ? shortText(in) : shortText(in) + " (" + shortText(out) + ")";
}

bool hasTellingLabel(const BoxEvidence& evidence)
{
    return tellingMember(evidence) != nullptr;
}

std::string boxName(const BoxEvidence& evidence)
{
    const BoxEvidence::Member* const member = tellingMember(evidence);
    if (member && member->isByPerson)
        return shortText(labelSide(member->label, evidence.isNextToAnswer));
    if (evidence.isNextToAnswer && evidence.raisesAnswer && promotesAnswer(evidence))
        return std::string(kSays) + evidence.answer;
    if (member && !evidence.isNextToAnswer)
        return middleName(member->label);
    if (member)
        if (const std::string name = nameNextToAnswer(evidence, member->label); !name.empty())
            return shortText(name);
    if (!evidence.isAtAnswer && !evidence.token.empty())
        return "about " + shortText(evidence.token);
    if (evidence.isNextToAnswer && !evidence.answer.empty())
        return (evidence.raisesAnswer ? "push to " : "push away from ") + evidence.answer;
    if (promotesAnswer(evidence))
        return "hint of " + shortText(evidence.answer);
    if (!evidence.promoted.empty() && !stripped(evidence.promoted.front()).empty())
        return "hint of " + shortText(evidence.promoted.front());
    return "at “" + shortText(evidence.token) + "”";
}

} // namespace core
