#include "app/cli/context.h"

#include "core/engine/patch_jobs.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

namespace cli {

namespace {

struct PatchOptions {
    core::PatchJob job;
    std::string cleanIds, corruptIds;
    std::vector<std::string> metric, at;
    bool isBoth = false, isNoise = false;
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

int patch(const Context& context, PatchOptions options)
{
    core::PatchRequest& request = options.job.request;
    request.cleanIds = parseIds(options.cleanIds);
    request.corruptIds = parseIds(options.corruptIds);
    if (options.metric.size() == 2) {
        request.answer = options.metric[0];
        request.other = options.metric[1];
    }
    for (const std::string& place : options.at)
        if (const auto site = siteNamed(place))
            request.sites.push_back(*site);
        else
            request.hooks.push_back(place);
    request.isExact = options.isBoth || !options.job.leadsWithApproximate;
    request.isApproximate = options.isBoth || options.job.leadsWithApproximate;
    request.direction
        = options.isNoise ? core::PatchDirection::Noise : core::PatchDirection::Denoise;
    const auto result = core::patchJob(options.job, context.control());
    if (!result)
        return report(result.error());
    context.print(nlohmann::json::parse(result->json), asText(result->result));
    return kDone;
}

void addMethod(
    CLI::App& parent, Context& context, const char* name, const char* what, bool isApproximate)
{
    auto options = std::make_shared<PatchOptions>();
    core::PatchJob& job = options->job;
    job.leadsWithApproximate = isApproximate;
    CLI::App* verb = parent.add_subcommand(name, what);
    verb->add_option("MODEL", job.model, "a Hugging Face folder, or builtin")->required();
    auto* clean = verb->add_option_group("clean prompt");
    clean->add_option("--clean", job.request.clean, "the prompt whose answer is to be explained");
    clean->add_option("--clean-ids", options->cleanIds, "its token ids, 1,2,3");
    clean->require_option(1);
    auto* corrupt = verb->add_option_group("corrupt prompt");
    corrupt->add_option(
        "--corrupt", job.request.corrupt, "the same with what matters replaced; as many tokens");
    corrupt->add_option("--corrupt-ids", options->corruptIds, "its token ids, 1,2,3");
    corrupt->require_option(1);
    verb->add_option("--metric", options->metric,
            "two tokens: logit(A) - logit(B) at the last position is measured; #123 names one of "
            "the vocabulary. Otherwise the most probable ones of the two prompts")
        ->expected(2);
    verb->add_option("--at", options->at,
            "resid_pre, attn_out, mlp_out, heads, features, or hook points such as "
            "blocks.*.hook_resid_mid; may be repeated. Otherwise the first four")
        ->allow_extra_args(false);
    verb->add_option("--dictionary", job.dictionaries,
            "patches its features and error terms too; may be repeated")
        ->allow_extra_args(false);
    verb->add_flag("--both", options->isBoth, "both methods, and how far they agree");
    verb->add_flag("--noise", options->isNoise,
        "puts the corrupt prompt's activations into the clean run, instead of the other way");
    verb->add_option("--features", job.request.exactFeatures,
            "single features with an exact effect: the strongest by approximation")
        ->check(CLI::Range(0, 1000000))
        ->capture_default_str();
    verb->add_option("--out", job.out,
        ".json: everything; .safetensors: for each map exact.HOOK and approximate.HOOK");
    onChosen(*verb, context, [&context, options] { return patch(context, *options); });
}

} // namespace

void addPatchVerbs(CLI::App& app, Context& context)
{
    CLI::App* verb = app.add_subcommand(
        "patch", "effects of putting one prompt's activations into the run of another");
    verb->require_subcommand(1);
    addMethod(*verb, context, "activation", "exact: a pass for each place", false);
    addMethod(*verb, context, "attribution", "approximate: one backward pass for all places", true);
}

} // namespace cli
