#include "core/circuits/graph_node_json.h"

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace core {

using nlohmann::json;

namespace {

constexpr std::int64_t kMostPositions = 1'000'000;
constexpr std::int64_t kMostLayers = 10'000;
constexpr std::int64_t kMostIds = std::numeric_limits<std::int32_t>::max();

const char* typeName(NodeKind kind)
{
    switch (kind) {
    case NodeKind::Feature:
        return "cross layer transcoder";
    case NodeKind::Error:
        return "mlp reconstruction error";
    case NodeKind::Token:
        return "embedding";
    case NodeKind::Logit:
        return "logit";
    }
    return "";
}

NodeKind kindFromType(const std::string& type)
{
    if (type == "embedding")
        return NodeKind::Token;
    if (type == "logit")
        return NodeKind::Logit;
    if (type.find("error") != std::string::npos || type == "bias")
        return NodeKind::Error;
    return NodeKind::Feature;
}

/// An integer in [least, most], also when it is written as text; none otherwise.
std::optional<std::int64_t> integerIn(const json& value, std::int64_t least, std::int64_t most)
{
    double number = 0.0;
    if (value.is_number()) {
        number = value.get<double>();
    } else if (value.is_string()) {
        const std::string text = value.get<std::string>();
        std::size_t used = 0;
        try {
            number = std::stod(text, &used);
        } catch (const std::exception&) {
            return std::nullopt;
        }
        if (used != text.size())
            return std::nullopt;
    } else {
        return std::nullopt;
    }
    if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most))
        || number != std::floor(number))
        return std::nullopt;
    return static_cast<std::int64_t>(number);
}

float floatOr(const json& object, const char* field, float fallback)
{
    const auto found = object.find(field);
    return found != object.end() && found->is_number() ? found->get<float>() : fallback;
}

FeatureId featureFrom(const std::string& id, const json& object, Layer layer)
{
    const std::vector<std::int64_t> numbers = numbersIn(id);
    if (numbers.size() == 3) {
        const std::int64_t number = id.starts_with("intermediate") ? numbers[2] : numbers[1];
        if (number <= kMostIds)
            return FeatureId(number);
    }
    const auto field = object.find("feature");
    if (field == object.end() || !field->is_number_unsigned())
        return FeatureId();
    const auto [first, second] = cantorUnpair(field->get<std::uint64_t>());
    if (static_cast<std::int64_t>(first) == layer.value
        && second <= static_cast<std::uint64_t>(kMostIds))
        return FeatureId(static_cast<std::int64_t>(second));
    const auto whole = integerIn(*field, 0, kMostIds);
    return whole ? FeatureId(*whole) : FeatureId();
}

/// A logit's vocabulary entry, or both of a difference: other programs know no differences.
std::string logitName(const GraphNode& node)
{
    return node.minusToken.isValid() ? fmt::format("{}-{}", node.token.value, node.minusToken.value)
                                     : std::to_string(node.token.value);
}

/// The token inside `Output "<token>" (p=0.123)`, or the text as it is.
std::string tokenInClerp(const std::string& clerp)
{
    const auto open = clerp.find('"');
    const auto close = clerp.rfind("\" (p=");
    if (open == std::string::npos || close == std::string::npos || close <= open)
        return clerp;
    return clerp.substr(open + 1, close - open - 1);
}

} // namespace

std::uint64_t cantorPair(std::uint64_t layer, std::uint64_t feature)
{
    const std::uint64_t sum = layer + feature;
    return sum * (sum + 1) / 2 + feature;
}

std::pair<std::uint64_t, std::uint64_t> cantorUnpair(std::uint64_t paired)
{
    // sqrt(2z) is exact enough to start from; the loops mend its rounding beyond 2^53.
    auto w = static_cast<std::uint64_t>(std::sqrt(2.0 * static_cast<double>(paired)));
    const auto triangle
        = [](std::uint64_t n) { return n % 2 == 0 ? n / 2 * (n + 1) : (n + 1) / 2 * n; };
    while (triangle(w) > paired)
        --w;
    while (w < 0xFFFFFFFFull && triangle(w + 1) <= paired)
        ++w;
    const std::uint64_t feature = paired - triangle(w);
    return {w - feature, feature};
}

std::vector<std::int64_t> numbersIn(std::string_view id)
{
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 0; i < id.size();) {
        if (id[i] < '0' || id[i] > '9') {
            ++i;
            continue;
        }
        std::int64_t number = 0;
        for (; i < id.size() && id[i] >= '0' && id[i] <= '9'; ++i)
            number = std::min<std::int64_t>(number * 10 + (id[i] - '0'), kMostIds + 1);
        numbers.push_back(number);
    }
    return numbers;
}

std::string nodeId(const GraphNode& node, int nLayers)
{
    switch (node.kind) {
    case NodeKind::Feature:
        return fmt::format("{}_{}_{}", node.layer.value, node.feature.value, node.position.value);
    case NodeKind::Error:
        return fmt::format("0_{}_{}", node.layer.value, node.position.value);
    case NodeKind::Token:
        return fmt::format("E_{}_{}", node.token.value, node.position.value);
    case NodeKind::Logit:
        return fmt::format("{}_{}_{}", nLayers + 1, logitName(node), node.position.value);
    }
    return {};
}

json nodeToJson(const GraphNode& node, int nLayers, bool isTargetLogit)
{
    json out = {{"node_id", nodeId(node, nLayers)}, {"ctx_idx", node.position.value},
        {"feature_type", typeName(node.kind)}, {"token_prob", 0.0},
        {"is_target_logit", isTargetLogit}, {"run_idx", 0}, {"reverse_ctx_idx", 0}, {"clerp", ""},
        {"influence", nullptr}, {"activation", nullptr}};
    if (node.kind != NodeKind::Logit && node.influence >= 0.0f)
        out["influence"] = node.influence;
    const std::string layer = std::to_string(node.layer.value);
    switch (node.kind) {
    case NodeKind::Feature:
        out["feature"] = cantorPair(static_cast<std::uint64_t>(std::max(node.layer.value, 0)),
            static_cast<std::uint64_t>(std::max(node.feature.value, 0)));
        out["layer"] = layer;
        out["jsNodeId"] = fmt::format("{}_{}-0", node.layer.value, node.feature.value);
        out["clerp"] = node.label;
        out["activation"] = node.activation;
        break;
    case NodeKind::Error:
        out["feature"] = -1;
        out["layer"] = layer;
        out["jsNodeId"] = fmt::format("{}_{}-0", node.layer.value, node.position.value);
        break;
    case NodeKind::Token:
        out["feature"] = node.position.value;
        out["layer"] = "E";
        out["jsNodeId"] = fmt::format("E_{}-{}", node.token.value, node.position.value);
        break;
    case NodeKind::Logit:
        out["feature"] = node.token.value;
        out["layer"] = std::to_string(nLayers + 1);
        out["jsNodeId"] = fmt::format("L_{}-{}", logitName(node), node.position.value);
        if (node.minusToken.isValid()) {
            out["minus_token"] = node.minusToken.value;
            out["logit_difference"] = node.logitDifference;
        }
        out["clerp"] = fmt::format("Output \"{}\" (p={:.3f})", node.label, node.probability);
        out["token_prob"] = node.probability;
        break;
    }
    return out;
}

ReadNode nodeFromJson(const json& object)
{
    if (!object.is_object())
        return {{}, "is not an object"};
    const auto text = [&](const char* field) {
        const auto found = object.find(field);
        return found != object.end() && found->is_string() ? found->get<std::string>()
                                                           : std::string();
    };
    const std::string id = text("node_id");
    if (id.empty())
        return {{}, "has no `node_id` text"};
    GraphNode node;
    node.kind = kindFromType(text("feature_type"));
    const auto position = integerIn(object.value("ctx_idx", json()), 0, kMostPositions);
    if (!position)
        return {{}, "has no `ctx_idx` between 0 and 1000000"};
    node.position = Position(*position);
    if (node.kind != NodeKind::Token) {
        const auto layer = integerIn(object.value("layer", json()), -1, kMostLayers);
        if (!layer)
            return {{}, "has no `layer` between -1 and 10000"};
        node.layer = Layer(*layer);
        if (*layer < 0 && node.kind != NodeKind::Logit)
            return {{}, "has no `layer` between 0 and 10000"};
    }
    node.influence = floatOr(object, "influence", -1.0f);
    node.activation = floatOr(object, "activation", 0.0f);
    const std::vector<std::int64_t> numbers = numbersIn(id);
    switch (node.kind) {
    case NodeKind::Feature:
        node.feature = featureFrom(id, object, node.layer);
        node.label = text("clerp");
        break;
    case NodeKind::Token:
        if (id.starts_with("E_") && !numbers.empty() && numbers.front() <= kMostIds)
            node.token = TokenId(numbers.front());
        break;
    case NodeKind::Logit:
        node.label = tokenInClerp(text("clerp"));
        node.probability = floatOr(object, "token_prob", 0.0f);
        if (const auto token = integerIn(object.value("feature", json()), 0, kMostIds))
            node.token = TokenId(*token);
        else if (numbers.size() == 3 && numbers[1] <= kMostIds)
            node.token = TokenId(numbers[1]);
        if (const auto minus = integerIn(object.value("minus_token", json()), 0, kMostIds))
            node.minusToken = TokenId(*minus);
        node.logitDifference = floatOr(object, "logit_difference", 0.0f);
        break;
    case NodeKind::Error:
        break;
    }
    return {node, {}};
}

} // namespace core
