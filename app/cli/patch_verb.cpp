#include "app/cli/context.h"
#include "app/cli/tokens.h"
#include "app/cli/verbs.h"

#include "core/api/engine_state.h"
#include "core/api/patch.h"
#include "core/api/patch_files.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

namespace cli {

namespace {

struct PatchOptions {
    std::string model, cleanIds, corruptIds, out;
    std::vector<std::string> dictionaries, metric, at;
    bool isApproximate = false; ///< The method asked for; `isBoth`: the one that leads.
    bool isBoth = false, isNoise = false;
    core::PatchRequest request;
};

/// "resid_pre", "heads": places with a name of their own.
std::optional<core::PatchSite> siteNamed(const std::string& name)
{
    using core::PatchSite;
    constexpr std::pair<const char*, PatchSite> kSites[] = {{"resid_pre", PatchSite::ResidPre},
        {"attn_out", PatchSite::AttnOut}, {"mlp_out", PatchSite::MlpOut},
        {"heads", PatchSite::Head}, {"features", PatchSite::Feature}};
    for (const auto& [known, site] : kSites)
        if (name == known)
            return site;
    return std::nullopt;
}

std::string placeName(const core::PatchMap& map, int row, int column)
{
    return fmt::format(
        "layer {} {} {}", row, map.site == core::PatchSite::Head ? "head" : "position", column);
}

/// One line for a map: its strongest cell and how far the two methods agree.
std::string mapLine(const core::PatchMap& map)
{
    const std::vector<float>& values = map.exact.empty() ? map.approximate : map.exact;
    int strongest = -1;
    const auto size = [&](int i) { return std::fabs(values[static_cast<std::size_t>(i)]); };
    for (int i = 0; i < static_cast<int>(values.size()); ++i)
        if (std::isfinite(size(i)) && (strongest < 0 || size(i) > size(strongest)))
            strongest = i;
    if (strongest < 0)
        return {};
    std::string line = fmt::format("\n{:<36} strongest {:+.3f} at {}", map.hook,
        values[static_cast<std::size_t>(strongest)],
        placeName(map, strongest / map.columns, strongest % map.columns));
    if (!map.exact.empty() && !map.approximate.empty())
        line += fmt::format("; Pearson {:.3f}, Spearman {:.3f}", map.pearson, map.spearman);
    return line;
}

std::string featureLines(const core::PatchResult& result)
{
    constexpr std::size_t kShown = 10;
    std::string text;
    for (std::size_t i = 0; i < std::min(kShown, result.features.size()); ++i) {
        const core::PatchedFeature& one = result.features[i];
        text += fmt::format("\n{}:{}:{} {} {:.3f} | {:.3f}: approximately {:+.3f}", one.layer.value,
            one.position.value, one.feature.isValid() ? std::to_string(one.feature.value) : "error",
            one.label, one.clean, one.corrupt, one.approximate);
        if (one.hasExact)
            text += fmt::format(", exactly {:+.3f}", one.exact);
    }
    return text;
}

std::string asText(const core::PatchResult& result)
{
    std::string text = fmt::format("logit({}) - logit({}): clean {:.4f}, corrupt {:.4f}\n{} cells "
                                   "in {} {}, {:.2f} s",
        result.answer, result.other, result.cleanMetric, result.corruptMetric, result.exactCells,
        result.passes, result.passes == 1 ? "pass" : "passes", result.seconds);
    for (const core::PatchMap& map : result.maps)
        text += mapLine(map);
    if (result.request.isExact && result.request.isApproximate)
        text += fmt::format(
            "\nall: Pearson {:.3f}, Spearman {:.3f}", result.pearson, result.spearman);
    text += featureLines(result);
    if (!result.note.empty())
        text += "\n" + result.note;
    return text;
}

bool isJsonFile(const std::string& path)
{
    return path.ends_with(".json");
}

/// Before any work is done.
core::Result<void> checkEnding(const std::string& path)
{
    if (path.empty() || isJsonFile(path) || path.ends_with(".safetensors"))
        return {};
    return core::fail(core::Error::Code::Unsupported,
        path + ": the ending says what is written. Choose .json or .safetensors.");
}

void readPlaces(PatchOptions& options)
{
    using core::PatchSite;
    core::PatchRequest& request = options.request;
    for (const std::string& place : options.at)
        if (const auto site = siteNamed(place))
            request.sites.push_back(*site);
        else
            request.hooks.push_back(place);
    if (request.sites.empty() && request.hooks.empty())
        request.sites
            = {PatchSite::ResidPre, PatchSite::AttnOut, PatchSite::MlpOut, PatchSite::Head};
    const bool hasFeatures
        = std::find(request.sites.begin(), request.sites.end(), PatchSite::Feature)
        != request.sites.end();
    if (!options.dictionaries.empty() && !hasFeatures)
        request.sites.push_back(PatchSite::Feature);
}

core::Result<void> save(Context& context, const std::shared_ptr<const core::PatchResult>& result,
    const PatchOptions& options)
{
    if (options.out.empty())
        return {};
    const auto saved = isJsonFile(options.out)
        ? context.ask(core::SavePatchJsonRequest{result, options.isApproximate, options.out})
        : context.ask(core::SavePatchTensorsRequest{result, options.out});
    if (!saved)
        return core::fail(saved.error());
    return {};
}

int patch(Context& context, PatchOptions options)
{
    core::PatchRequest& request = options.request;
    request.cleanIds = parseIds(options.cleanIds);
    request.corruptIds = parseIds(options.corruptIds);
    if (options.metric.size() == 2) {
        request.answer = options.metric[0];
        request.other = options.metric[1];
    }
    readPlaces(options);
    request.isExact = options.isBoth || !options.isApproximate;
    request.isApproximate = options.isBoth || options.isApproximate;
    request.direction
        = options.isNoise ? core::PatchDirection::Noise : core::PatchDirection::Denoise;
    if (const auto checked = checkEnding(options.out); !checked)
        return report(checked.error());
    const auto opened = context.open(options.model, options.dictionaries);
    if (!opened)
        return report(opened.error());
    if (!options.dictionaries.empty())
        for (const core::DictionaryInfo& info : (*opened)->dictionaries)
            request.dictionaries.push_back(info.name);
    const auto result = context.ask(request);
    if (!result)
        return report(result.error());
    const auto json = context.ask(core::PatchJsonRequest{*result, options.isApproximate});
    if (!json)
        return report(json.error());
    if (const auto saved = save(context, *result, options); !saved)
        return report(saved.error());
    context.print(Json::parse(**json), asText(**result));
    return kDone;
}

void addMethod(Verb& parent, const char* name, const char* what, bool isApproximate)
{
    const auto options = std::make_shared<PatchOptions>();
    core::PatchRequest& request = options->request;
    options->isApproximate = isApproximate;
    Verb verb = parent.verb(name, what);
    verb.option("MODEL", options->model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    Verb clean = verb.oneOf("clean prompt");
    clean.option("--clean", request.clean, "the prompt whose answer is to be explained");
    clean.option("--clean-ids", options->cleanIds, "its token ids, 1,2,3");
    Verb corrupt = verb.oneOf("corrupt prompt");
    corrupt.option(
        "--corrupt", request.corrupt, "the same with what matters replaced; as many tokens");
    corrupt.option("--corrupt-ids", options->corruptIds, "its token ids, 1,2,3");
    verb.option("--metric", options->metric,
            "two tokens: logit(A) - logit(B) at the last position is measured; #123 names one of "
            "the vocabulary. Otherwise the most probable ones of the two prompts")
        .exactly(2);
    verb.option("--at", options->at,
            "resid_pre, attn_out, mlp_out, heads, features, or hook points such as "
            "blocks.*.hook_resid_mid; may be repeated. Otherwise the first four")
        .oneEach();
    verb.option("--dictionary", options->dictionaries,
            "patches its features and error terms too; may be repeated")
        .oneEach();
    verb.flag("--both", options->isBoth, "both methods, and how far they agree");
    verb.flag("--noise", options->isNoise,
        "puts the corrupt prompt's activations into the clean run, instead of the other way");
    verb.option("--features", request.exactFeatures,
            "single features with an exact effect: the strongest by approximation")
        .between(0, 1000000)
        .showingDefault();
    verb.option("--out", options->out,
        ".json: everything; .safetensors: for each map exact.HOOK and approximate.HOOK");
    verb.runs([options](Context& context) { return patch(context, *options); });
}

} // namespace

void addPatchVerbs(Verb& program)
{
    Verb group = program.verbs(
        "patch", "effects of putting one prompt's activations into the run of another");
    addMethod(group, "activation", "exact: a pass for each place", false);
    addMethod(group, "attribution", "approximate: one backward pass for all places", true);
}

} // namespace cli
