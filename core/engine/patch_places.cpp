#include "core/engine/patch_places.h"

#include "core/engine/graph_setup.h"
#include "core/engine/trace_targets.h"

#include <algorithm>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

/// "hook_resid_pre" of "blocks.3.hook_resid_pre".
std::string nameInBlock(const HookPoint& point)
{
    const std::string name = point.name();
    return point.layer.isValid() ? name.substr(name.find('.', name.find('.') + 1) + 1) : name;
}

HookKind kindOf(PatchSite site)
{
    switch (site) {
    case PatchSite::AttnOut:
        return HookKind::AttnOut;
    case PatchSite::MlpOut:
        return HookKind::MlpOut;
    case PatchSite::Head:
        return HookKind::Z;
    case PatchSite::ResidPre:
    case PatchSite::Feature:
        break;
    }
    return HookKind::ResidPre;
}

PatchPlace placeOf(PatchSite site, HookKind kind, int n_layers)
{
    PatchPlace place;
    place.site = site;
    for (int layer = 0; layer < n_layers; ++layer)
        place.rows.push_back({kind, Layer(layer)});
    place.hook = nameInBlock(place.rows.front());
    place.isWanted.assign(place.rows.size(), true);
    return place;
}

/// Attention's scores and patterns lie by head and two positions.
bool isByPosition(HookKind kind)
{
    return kind != HookKind::AttnScores && kind != HookKind::Pattern;
}

PatchPlace& placeFor(std::vector<PatchPlace>& places, const HookPoint& point, int n_layers)
{
    const std::string name = nameInBlock(point);
    for (PatchPlace& place : places)
        if (place.hook == name && place.site != PatchSite::Head)
            return place;
    if (point.layer.isValid()) {
        places.push_back(placeOf(PatchSite::ResidPre, point.kind, n_layers));
        std::fill(places.back().isWanted.begin(), places.back().isWanted.end(), false);
    } else {
        places.push_back({PatchSite::ResidPre, name, {point}, {false}});
    }
    return places.back();
}

Result<void> addGlob(PatchPlaces& out, const std::string& glob, int n_layers)
{
    std::set<std::string> leftOut;
    bool isFound = false;
    for (const HookPoint& point : allHookPoints(n_layers)) {
        if (!matchesGlob(point.name(), glob))
            continue;
        if (!isByPosition(point.kind)) {
            leftOut.insert(nameInBlock(point));
            continue;
        }
        isFound = true;
        PatchPlace& place = placeFor(out.places, point, n_layers);
        place.isWanted[point.layer.isValid() ? static_cast<std::size_t>(point.layer.value) : 0]
            = true;
    }
    for (const std::string& name : leftOut)
        if (out.note.find(name) == out.note.npos)
            out.note += fmt::format("{}{} is left out: it does not lie by position alone.",
                out.note.empty() ? "" : " ", name);
    if (isFound)
        return {};
    if (!leftOut.empty())
        return fail(Error::Code::Unsupported,
            fmt::format("`{}`: {} does not lie by position alone and cannot be patched cell by "
                        "cell. attn.hook_z, hook_q, hook_k and hook_v can.",
                glob, *leftOut.begin()));
    return fail(Error::Code::NotFound,
        fmt::format("`{}` matches no hook point of this model. Names are those of TransformerLens, "
                    "such as blocks.*.hook_resid_mid.",
            glob));
}

std::string tokensBetween(const Prompt& prompt, std::size_t from, std::size_t to)
{
    constexpr std::size_t kMost = 8;
    std::string out;
    for (std::size_t i = from; i < std::min(to, from + kMost); ++i)
        out += fmt::format("{}`{}`", out.empty() ? "" : " ", prompt.tokens[i].text);
    if (to > from + kMost)
        out += " ...";
    return out.empty() ? "nothing" : out;
}

Error lengthsDiffer(const Prompt& clean, const Prompt& corrupt)
{
    const std::size_t least = std::min(clean.ids.size(), corrupt.ids.size());
    std::size_t begin = 0, end = 0;
    while (begin < least && clean.ids[begin] == corrupt.ids[begin])
        ++begin;
    while (end < least - begin
        && clean.ids[clean.ids.size() - 1 - end] == corrupt.ids[corrupt.ids.size() - 1 - end])
        ++end;
    return {Error::Code::Unsupported,
        fmt::format("The clean prompt has {} tokens and the corrupt one {}; patching goes position "
                    "by position and needs as many in both. From position {} they part: {} against "
                    "{}. Choose words of as many tokens.",
            clean.ids.size(), corrupt.ids.size(), begin,
            tokensBetween(clean, begin, clean.ids.size() - end),
            tokensBetween(corrupt, begin, corrupt.ids.size() - end))};
}

} // namespace

Result<PatchPlaces> patchPlaces(const PatchRequest& request, int n_layers)
{
    PatchPlaces out;
    std::set<PatchSite> seen;
    for (const PatchSite site : request.sites)
        if (site != PatchSite::Feature && seen.insert(site).second)
            out.places.push_back(placeOf(site, kindOf(site), n_layers));
    for (const std::string& glob : request.hooks)
        if (auto added = addGlob(out, glob, n_layers); !added)
            return fail(added.error());
    return out;
}

Result<PatchPrompts> patchPromptPair(
    const LoadedModel& model, const PatchRequest& request, const Dictionaries& dictionaries)
{
    // Features are patched where a graph has them, so behind the same head.
    const bool hasHead = !dictionaries.empty()
        && !promptHead(model.transformer->config(), dictionaries).ids.empty();
    const auto read = [&](const std::string& text, const std::vector<TokenId>& ids) {
        return hasHead ? tracePrompt(model, text, ids, dictionaries) : promptFrom(model, text, ids);
    };
    auto clean = read(request.clean, request.cleanIds);
    if (!clean)
        return fail(clean.error());
    auto corrupt = read(request.corrupt, request.corruptIds);
    if (!corrupt)
        return fail(corrupt.error());
    if (clean->ids.size() != corrupt->ids.size())
        return fail(lengthsDiffer(*clean, *corrupt));
    return PatchPrompts{std::move(*clean), std::move(*corrupt)};
}

Result<PatchMetric> patchMetric(const LoadedModel& model, const PatchRequest& request,
    const at::Tensor& cleanLogits, const at::Tensor& corruptLogits)
{
    const auto token = [&](const std::string& text, const at::Tensor& logits) -> Result<TokenId> {
        if (!text.empty())
            return tokenNamed(model, text);
        return TokenId(logits.argmax().item<std::int64_t>());
    };
    const auto answer = token(request.answer, cleanLogits);
    if (!answer)
        return fail(answer.error());
    const auto other = token(request.other, corruptLogits);
    if (!other)
        return fail(other.error());
    if (*answer == *other)
        return fail(Error::Code::Unsupported,
            fmt::format("Both tokens of the metric are `{}`{}, so it would always be 0. Name two "
                        "different tokens, or take prompts with different answers.",
                model.tokenizer->display(*answer),
                request.answer.empty() || request.other.empty()
                    ? " (the most probable next token stands in where none is named)"
                    : ""));
    return PatchMetric{*answer, *other};
}

Result<Dictionaries> patchDictionaries(
    const LoadedModel& model, const std::vector<std::string>& names)
{
    if (names.empty())
        return graphDictionaries(model, names);
    auto named = model.dictionariesNamed(names);
    if (!named)
        return named;
    Dictionaries out;
    const auto add = [&out](const std::shared_ptr<const Dictionary>& one) {
        if (std::find(out.begin(), out.end(), one) == out.end())
            out.push_back(one);
    };
    for (const auto& one : *named) {
        if (!one->config().isCrossLayer) {
            add(one);
            continue;
        }
        const auto layers = model.crossLayersOf(one->config());
        if (!layers)
            return layers;
        std::for_each(layers->begin(), layers->end(), add);
    }
    return out;
}

} // namespace core
