#include "core/session/request_json.h"

namespace core {

namespace {

using nlohmann::json;

// By enumerator, in its order.
constexpr std::string_view kModes[]{
    "clamp", "min-clamp", "add", "add-unit", "scale", "ablate", "orthogonal", "cap"};
constexpr std::string_view kPositions[]{"all", "prompt", "generated", "range", "chosen"};
constexpr std::string_view kSites[]{"resid_pre", "attn_out", "mlp_out", "heads", "features"};
constexpr std::string_view kDirections[]{"denoise", "noise"};
constexpr std::string_view kMethods[]{"difference", "concept"};
constexpr std::string_view kSorts[]{"match", "index", "density", "max_activation", "label",
    "promotes", "why", "output_score", "label_score"};

template <typename Enum, std::size_t N>
std::string nameOf(Enum value, const std::string_view (&names)[N])
{
    return std::string(names[static_cast<std::size_t>(value)]);
}

template <typename Tag> json idsOf(const std::vector<Id<Tag>>& values)
{
    json ids = json::array();
    for (const Id<Tag> id : values)
        ids.push_back(id.value);
    return ids;
}

json guardJson(const FluencyGuard& guard)
{
    json out{{"mean_kl", guard.meanKl}, {"peak_kl", guard.peakKl}, {"candidates", guard.candidates},
        {"halvings", guard.halvings}};
    if (guard.moreSurprisal)
        out["more_surprisal"] = *guard.moreSurprisal;
    return out;
}

void readGuard(SavedFields& fields, std::optional<FluencyGuard>& guard)
{
    FluencyGuard read;
    fields.read("mean_kl", read.meanKl);
    fields.read("peak_kl", read.peakKl);
    fields.read("candidates", read.candidates);
    read.halvings = 0; // of a session from before there were any
    if (fields.has("halvings"))
        fields.read("halvings", read.halvings);
    if (fields.has("more_surprisal"))
        fields.read("more_surprisal", read.moreSurprisal.emplace());
    guard = read;
}

json interventionJson(const Intervention& one)
{
    json out{{"dictionary", one.feature.dictionary}, {"feature", one.feature.feature.value},
        {"mode", nameOf(one.mode, kModes)}, {"value", one.value},
        {"multiple_of_max", one.isMultipleOfMax},
        {"positions", nameOf(one.positions.kind, kPositions)}, {"enabled", one.isEnabled}};
    if (one.positions.kind == PositionRange::Kind::Range) {
        out["first"] = one.positions.first.value;
        out["last"] = one.positions.last.value;
    }
    if (one.positions.kind == PositionRange::Kind::Chosen)
        out["chosen"] = idsOf(one.positions.chosen);
    if (one.when)
        out["when"] = json{{"dictionary", one.when->feature.dictionary},
            {"feature", one.when->feature.feature.value}, {"above", one.when->above},
            {"multiple_of_max", one.when->isMultipleOfMax}};
    return out;
}

void readIntervention(SavedFields& fields, Intervention& one)
{
    fields.read("dictionary", one.feature.dictionary);
    fields.read("feature", one.feature.feature);
    fields.read("mode", one.mode, kModes);
    fields.read("value", one.value);
    fields.read("multiple_of_max", one.isMultipleOfMax);
    fields.read("positions", one.positions.kind, kPositions);
    fields.read("first", one.positions.first);
    fields.read("last", one.positions.last);
    fields.read("chosen", one.positions.chosen);
    fields.object("when", [&](SavedFields& when) {
        Condition& condition = one.when.emplace();
        when.read("dictionary", condition.feature.dictionary);
        when.read("feature", condition.feature.feature);
        when.read("above", condition.above);
        when.read("multiple_of_max", condition.isMultipleOfMax);
        if (!condition.feature.feature.isValid())
            when.complain("feature", "must be the index of a feature, 0 or more.");
    });
    fields.read("enabled", one.isEnabled);
    if (!one.feature.feature.isValid())
        fields.complain("feature", "must be the index of a feature, 0 or more.");
}

} // namespace

json toJson(const AnalyzeRequest& request)
{
    return {{"text", request.text}, {"dictionaries", request.dictionaries},
        {"top_features", request.topFeatures}};
}

void readInto(SavedFields& fields, AnalyzeRequest& request)
{
    fields.read("text", request.text);
    fields.read("dictionaries", request.dictionaries);
    fields.read("top_features", request.topFeatures);
}

json toJson(const GenerateRequest& request)
{
    const GenerateSettings& s = request.settings;
    json changes = json::array();
    for (const Intervention& one : request.interventions)
        changes.push_back(interventionJson(one));
    json out{{"prompt", request.prompt}, {"chat", request.isChat}, {"interventions", changes},
        {"max_tokens", s.maxTokens}, {"temperature", s.temperature}, {"top_k", s.topK},
        {"top_p", s.topP}, {"repetition_penalty", s.repetitionPenalty},
        {"frequency_penalty", s.frequencyPenalty}, {"seed", s.seed},
        {"freeze_attention", s.freezeAttention}, {"measure_kl", s.measureKl}};
    if (s.otherAttention)
        out["other_attention"] = true;
    if (s.guard)
        out["guard"] = guardJson(*s.guard);
    if (!request.ids.empty())
        out["ids"] = idsOf(request.ids);
    for (const ChatTurn& turn : request.earlier)
        out["earlier"].push_back({{"role", turn.role}, {"text", turn.text}});
    for (const FeatureRef& feature : request.topic)
        out["topic"].push_back(
            {{"dictionary", feature.dictionary}, {"feature", feature.feature.value}});
    if (!request.normalStart.empty())
        out["normal_start"] = idsOf(request.normalStart);
    if (!request.steeredStart.empty())
        out["steered_start"] = idsOf(request.steeredStart);
    if (request.changeShare != 1)
        out["change_share"] = request.changeShare;
    return out;
}

void readInto(SavedFields& fields, GenerateRequest& request)
{
    GenerateSettings& s = request.settings;
    fields.read("prompt", request.prompt);
    fields.read("chat", request.isChat);
    fields.read("ids", request.ids);
    fields.read("max_tokens", s.maxTokens);
    fields.read("temperature", s.temperature);
    fields.read("top_k", s.topK);
    fields.read("top_p", s.topP);
    fields.read("repetition_penalty", s.repetitionPenalty);
    fields.read("frequency_penalty", s.frequencyPenalty);
    fields.read("seed", s.seed);
    fields.read("freeze_attention", s.freezeAttention);
    fields.read("measure_kl", s.measureKl);
    fields.read("other_attention", s.otherAttention);
    fields.object("guard", [&](SavedFields& guard) { readGuard(guard, s.guard); });
    request.earlier.clear();
    fields.list("earlier", [&](SavedFields& one) {
        ChatTurn& turn = request.earlier.emplace_back();
        one.read("role", turn.role);
        one.read("text", turn.text);
    });
    request.topic.clear();
    fields.list("topic", [&](SavedFields& one) {
        FeatureRef& feature = request.topic.emplace_back();
        one.read("dictionary", feature.dictionary);
        one.read("feature", feature.feature);
    });
    fields.read("normal_start", request.normalStart);
    fields.read("steered_start", request.steeredStart);
    fields.read("change_share", request.changeShare);
    request.interventions.clear();
    fields.list("interventions", [&](SavedFields& one) {
        Intervention read;
        readIntervention(one, read);
        request.interventions.push_back(std::move(read));
    });
}

json toJson(const TraceRequest& request)
{
    const TraceSettings& s = request.settings;
    json out{{"prompt", request.prompt}, {"targets", request.targets},
        {"dictionaries", request.dictionaries}, {"max_logits", s.maxLogits},
        {"logit_probability", s.logitProbability}, {"max_features", s.maxFeatures},
        {"node_threshold", s.nodeThreshold}, {"edge_threshold", s.edgeThreshold},
        {"memory_bytes", request.memoryBytes}};
    if (!request.ids.empty())
        out["ids"] = idsOf(request.ids);
    return out;
}

void readInto(SavedFields& fields, TraceRequest& request)
{
    TraceSettings& s = request.settings;
    fields.read("prompt", request.prompt);
    fields.read("ids", request.ids);
    fields.read("targets", request.targets);
    fields.read("dictionaries", request.dictionaries);
    fields.read("max_logits", s.maxLogits);
    fields.read("logit_probability", s.logitProbability);
    fields.read("max_features", s.maxFeatures);
    fields.read("node_threshold", s.nodeThreshold);
    fields.read("edge_threshold", s.edgeThreshold);
    fields.read("memory_bytes", request.memoryBytes);
}

json toJson(const PatchRequest& request)
{
    json sites = json::array();
    for (const PatchSite site : request.sites)
        sites.push_back(nameOf(site, kSites));
    json out{{"clean", request.clean}, {"corrupt", request.corrupt}, {"answer", request.answer},
        {"other", request.other}, {"sites", sites}, {"hooks", request.hooks},
        {"dictionaries", request.dictionaries},
        {"direction", nameOf(request.direction, kDirections)}, {"exact", request.isExact},
        {"approximate", request.isApproximate}, {"exact_features", request.exactFeatures}};
    if (!request.cleanIds.empty())
        out["clean_ids"] = idsOf(request.cleanIds);
    if (!request.corruptIds.empty())
        out["corrupt_ids"] = idsOf(request.corruptIds);
    return out;
}

void readInto(SavedFields& fields, PatchRequest& request)
{
    fields.read("clean", request.clean);
    fields.read("corrupt", request.corrupt);
    fields.read("clean_ids", request.cleanIds);
    fields.read("corrupt_ids", request.corruptIds);
    fields.read("answer", request.answer);
    fields.read("other", request.other);
    fields.read("sites", request.sites, kSites);
    fields.read("hooks", request.hooks);
    fields.read("dictionaries", request.dictionaries);
    fields.read("direction", request.direction, kDirections);
    fields.read("exact", request.isExact);
    fields.read("approximate", request.isApproximate);
    fields.read("exact_features", request.exactFeatures);
}

json toJson(const SwapTestRequest& request)
{
    json pairs = json::array();
    for (const SwapPair& pair : request.pairs)
        pairs.push_back({{"prompt", pair.prompt}, {"donor", pair.donor}, {"answer", pair.answer}});
    return {{"pairs", pairs}, {"method", nameOf(request.method, kMethods)},
        {"dictionaries", request.dictionaries}, {"least_score", request.leastScore}};
}

void readInto(SavedFields& fields, SwapTestRequest& request)
{
    fields.list("pairs", [&](SavedFields& one) {
        SwapPair pair;
        one.read("prompt", pair.prompt);
        one.read("donor", pair.donor);
        one.read("answer", pair.answer);
        request.pairs.push_back(std::move(pair));
    });
    fields.read("method", request.method, kMethods);
    fields.read("dictionaries", request.dictionaries);
    fields.read("least_score", request.leastScore);
}

json toJson(const FeatureQuery& query)
{
    return {{"text", query.text}, {"dictionaries", query.dictionaries},
        {"sort", nameOf(query.sort, kSorts)}, {"descending", query.isDescending},
        {"labelled_only", query.isLabelledOnly}, {"hide_dead", query.hideDead},
        {"min_density", query.minDensity}, {"max_density", query.maxDensity}, {"list", query.list},
        {"limit", query.limit}, {"min_output_score", query.minOutputScore},
        {"hide_everywhere", query.hideEverywhere}};
}

void readInto(SavedFields& fields, FeatureQuery& query)
{
    fields.read("text", query.text);
    fields.read("dictionaries", query.dictionaries);
    fields.read("sort", query.sort, kSorts);
    fields.read("descending", query.isDescending);
    fields.read("labelled_only", query.isLabelledOnly);
    fields.read("hide_dead", query.hideDead);
    fields.read("min_density", query.minDensity);
    fields.read("max_density", query.maxDensity);
    fields.read("list", query.list);
    fields.read("limit", query.limit);
    fields.read("min_output_score", query.minOutputScore);
    fields.read("hide_everywhere", query.hideEverywhere);
}

} // namespace core
