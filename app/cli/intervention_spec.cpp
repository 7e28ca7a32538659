#include "app/cli/intervention_spec.h"

#include "app/cli/numbers.h"
#include "app/cli/options.h"

#include <array>
#include <utility>
#include <vector>

namespace cli {

namespace {

using core::Error;
using core::InterventionMode;

auto wrong(const std::string& spec, const std::string& problem)
{
    return core::fail(Error::Code::Unsupported,
        "--intervene " + spec + ": " + problem
            + ". Write [DICT:]INDEX:MODE[=VALUE][@POSITIONS][?DICT:INDEX>VALUE], for example "
              "12:clamp=10x@all.");
}

constexpr std::array<std::pair<const char*, InterventionMode>, 8> kModes{
    {{"clamp", InterventionMode::Clamp}, {"min-clamp", InterventionMode::MinClamp},
        {"add", InterventionMode::Add}, {"add-unit", InterventionMode::AddUnit},
        {"scale", InterventionMode::Scale}, {"ablate", InterventionMode::Ablate},
        {"orthogonal", InterventionMode::Orthogonal}, {"cap", InterventionMode::Cap}}};

std::optional<core::PositionRange> parsePositions(const std::string& text)
{
    using Kind = core::PositionRange::Kind;
    core::PositionRange range;
    if (text == "all")
        return range;
    if (text == "prompt" || text == "generated") {
        range.kind = text == "prompt" ? Kind::Prompt : Kind::Generated;
        return range;
    }
    if (text.find(',') != std::string::npos) {
        range.kind = Kind::Chosen;
        for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
            end = text.find(',', begin);
            const auto position = parseNumber<int>(
                text.substr(begin, end == std::string::npos ? end : end - begin));
            if (!position || *position < 0)
                return std::nullopt;
            range.chosen.emplace_back(*position);
        }
        return range;
    }
    const std::size_t dash = text.find('-');
    if (dash != std::string::npos && dash + 1 == text.size()) { // A-: to the end of the text
        const auto from = parseNumber<int>(text.substr(0, dash));
        return from && *from >= 0 ? std::optional(core::PositionRange::from(core::Position(*from)))
                                  : std::nullopt;
    }
    const auto first = parseNumber<int>(text.substr(0, dash));
    const auto last = dash == std::string::npos ? first : parseNumber<int>(text.substr(dash + 1));
    if (!first || !last || *first < 0 || *last < *first)
        return std::nullopt;
    range.kind = Kind::Range;
    range.first = core::Position(*first);
    range.last = core::Position(*last);
    return range;
}

/// DICT:INDEX>VALUE, VALUE as in a change ("0.5x").
std::optional<core::Condition> parseCondition(const std::string& text)
{
    const std::size_t above = text.rfind('>');
    if (above == std::string::npos)
        return std::nullopt;
    core::Condition condition;
    condition.feature = parseFeature("--intervene", text.substr(0, above));
    std::string value = text.substr(above + 1);
    condition.isMultipleOfMax = value.ends_with('x');
    if (condition.isMultipleOfMax)
        value.pop_back();
    const auto number = parseNumber<double>(value);
    if (!number)
        return std::nullopt;
    condition.above = *number;
    return condition;
}

} // namespace

std::optional<InterventionMode> parseMode(const std::string& text)
{
    for (const auto& [name, mode] : kModes)
        if (text == name)
            return mode;
    return std::nullopt;
}

std::string spelled(const core::FeatureRef& feature)
{
    return feature.dictionary + ":" + std::to_string(feature.feature.value);
}

core::FeatureRef parseFeature(const std::string& option, const std::string& text)
{
    const std::size_t colon = text.rfind(':');
    const auto index
        = colon == std::string::npos ? std::nullopt : parseNumber<int>(text.substr(colon + 1));
    if (!index || *index < 0)
        throw UsageError{
            option, "write DICT:INDEX, for example saes/layer_2:118; got `" + text + "`"};
    std::string dictionary = text.substr(0, colon);
    if (dictionary.starts_with("builtin:"))
        dictionary.erase(0, 8);
    return {dictionary, core::FeatureId(*index)};
}

core::Result<core::Intervention> parseIntervention(const std::string& spec)
{
    core::Intervention out;
    std::string rest = spec;
    if (const std::size_t mark = rest.rfind('?'); mark != std::string::npos) {
        auto condition = parseCondition(rest.substr(mark + 1));
        if (!condition)
            return wrong(spec, "a condition is DICT:INDEX>VALUE");
        out.when = std::move(*condition);
        rest.resize(mark);
    }
    if (const std::size_t at = rest.rfind('@'); at != std::string::npos) {
        const auto positions = parsePositions(rest.substr(at + 1));
        if (!positions)
            return wrong(spec, "positions are all, prompt, generated, A, A-B, A- or A,B,C");
        out.positions = *positions;
        rest.resize(at);
    }
    std::optional<std::string> value;
    if (const std::size_t equals = rest.rfind('='); equals != std::string::npos) {
        value = rest.substr(equals + 1);
        rest.resize(equals);
    }
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string::npos)
        return wrong(spec, "the mode is missing");
    const std::string mode = rest.substr(colon + 1);
    rest.resize(colon);
    const auto known = parseMode(mode);
    if (known)
        out.mode = *known;
    else
        return wrong(spec,
            "`" + mode
                + "` is no mode (clamp, min-clamp, add, add-unit, scale, ablate, orthogonal, cap)");

    const std::size_t dictionaryEnd = rest.rfind(':');
    if (dictionaryEnd != std::string::npos)
        out.feature.dictionary = rest.substr(0, dictionaryEnd);
    const auto index = parseNumber<int>(
        dictionaryEnd == std::string::npos ? rest : rest.substr(dictionaryEnd + 1));
    if (!index || *index < 0)
        return wrong(spec, "the feature's index must be a whole number");
    out.feature.feature = core::FeatureId(*index);

    if (out.mode == InterventionMode::Ablate) {
        if (value)
            return wrong(spec, "ablate takes no value");
        return out;
    }
    if (!value)
        return wrong(spec, mode + " needs a value");
    if (value->ends_with('x')) {
        out.isMultipleOfMax = true;
        value->pop_back();
    }
    const auto number = parseNumber<double>(*value);
    if (!number)
        return wrong(spec, "the value must be a number or a multiple of the maximum such as 10x");
    out.value = *number;
    return out;
}

core::Result<core::FeatureSetting> parseSetting(const std::string& spec)
{
    const auto problem = [&] {
        return core::fail(Error::Code::Unsupported,
            "--set " + spec + ": write LAYER:POSITION:INDEX=VALUE, for example 2:7:118=0.");
    };
    const std::size_t equals = spec.find('=');
    const std::size_t first = spec.find(':');
    const std::size_t second = first == std::string::npos ? first : spec.find(':', first + 1);
    if (equals == std::string::npos || second == std::string::npos || second > equals)
        return problem();
    const auto layer = parseNumber<int>(spec.substr(0, first));
    const auto position = parseNumber<int>(spec.substr(first + 1, second - first - 1));
    const auto feature = parseNumber<int>(spec.substr(second + 1, equals - second - 1));
    const auto value = parseNumber<double>(spec.substr(equals + 1));
    if (!layer || !position || !feature || !value || *layer < 0 || *position < 0 || *feature < 0)
        return problem();
    return core::FeatureSetting{
        {core::Layer(*layer), core::Position(*position), core::FeatureId(*feature)}, *value};
}

} // namespace cli
