#include "core/api/compare_dictionaries.h"

#include "core/dictionary/decoder_matching.h"
#include "core/engine/builtin_paths.h"
#include "core/engine/measure_dictionary.h"
#include "core/engine/one_dictionary.h"
#include "core/engine/request_table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace core {

namespace {

/// One of the two with all that belongs to it.
struct ComparedSide {
    std::shared_ptr<const Dictionary> dictionary;
    Dictionaries crossLayers; ///< All layers of its set, where it is one of them.
    bool isOpen = false;
    std::vector<float> densities = {}; ///< Empty where they are not known.
    std::map<FeatureId, Label> labels = {};
    std::optional<DictionaryQuality> quality = {};
};

Result<ComparedSide> comparedSide(
    const std::string& name, const LoadedModel* model, const Context& context)
{
    if (model)
        if (auto open = model->dictionary(name)) {
            Dictionaries layers;
            if ((*open)->config().isCrossLayer)
                if (auto set = model->crossLayersOf((*open)->config()))
                    layers = std::move(*set);
            return ComparedSide{*open, std::move(layers), true};
        }
    auto opened = allOf(
        openDictionariesAt(name, context.bench.options.resources, context.progress, context.stop));
    auto one = theOnly(opened, name);
    if (!one)
        return fail(one.error());
    if (!model)
        return ComparedSide{*one, {}};
    ComparedSide side{placed(*model->transformer, *one), {}};
    if ((*one)->config().isCrossLayer)
        for (const auto& layer : *opened)
            side.crossLayers.push_back(placed(*model->transformer, layer));
    return side;
}

/// What the workspace knows of an open dictionary's features.
void addHarvested(ComparedSide& side, const Context& context)
{
    const auto reader = context.reader();
    if (!side.isOpen || !reader)
        return;
    const std::string& name = side.dictionary->config().name;
    const auto infos = context.bench.state().dictionaries;
    const bool isHarvested = std::any_of(infos.begin(), infos.end(),
        [&](const DictionaryInfo& info) { return info.name == name && info.isHarvested; });
    const auto stored = (*reader)->dictionary(name);
    if (!isHarvested || !stored || !*stored)
        return;
    if (const auto column = (*reader)->column(**stored, "density"))
        side.densities = **column;
    if (auto labels = (*reader)->labels((*stored)->id, context.stop))
        side.labels = std::move(*labels);
}

Result<void> addMeasured(ComparedSide& side, const LoadedModel& model,
    const CompareDictionariesRequest& request, const TextStart& start, const Context& context)
{
    if (auto fits = fitsModel(side.dictionary->config(), model.transformer->config()); !fits)
        return fits;
    auto measured = measureDictionary(model, *side.dictionary, side.crossLayers,
        {request.text, request.corpusPath, request.tokens}, start, context);
    if (!measured)
        return fail(measured.error());
    side.quality = std::move(measured->quality);
    side.densities.clear();
    for (const std::int64_t firings : measured->evaluation.firings)
        side.densities.push_back(static_cast<float>(
            static_cast<double>(firings) / static_cast<double>(measured->evaluation.tokens)));
    return {};
}

float densityAt(const ComparedSide& side, std::size_t feature)
{
    return feature < side.densities.size() ? side.densities[feature]
                                           : std::numeric_limits<float>::quiet_NaN();
}

ComparedDictionary seenFrom(const ComparedSide& side, const ComparedSide& other,
    const std::vector<std::int32_t>& best, const std::vector<std::int32_t>& back,
    const std::vector<float>& cosines)
{
    ComparedDictionary out;
    const DictionaryConfig& config = side.dictionary->config();
    out.name = config.name;
    out.path = config.path.string();
    out.isOpen = side.isOpen;
    out.features = config.d_sae;
    out.quality = side.quality;
    std::int64_t same = 0;
    for (std::size_t f = 0; f < best.size(); ++f) {
        MatchedFeature match;
        match.feature = static_cast<std::int32_t>(f);
        match.other = best[f];
        match.cosine = cosines[f];
        match.isMutual = back[static_cast<std::size_t>(best[f])] == match.feature;
        match.density = densityAt(side, f);
        match.otherDensity = densityAt(other, static_cast<std::size_t>(best[f]));
        if (const auto label = side.labels.find(FeatureId(match.feature));
            label != side.labels.end())
            match.label = label->second.text;
        out.alone += !match.matches();
        same += match.cosine >= kFeaturesSameFrom;
        out.matches.push_back(std::move(match));
    }
    const auto features = static_cast<double>(best.size());
    out.matchedShare = 1.0 - static_cast<double>(out.alone) / features;
    out.sameShare = static_cast<double>(same) / features;
    out.medianCosine = spreadOf({cosines.begin(), cosines.end()}).median;
    return out;
}

void addPairs(DictionaryComparison& comparison)
{
    std::vector<double> differences;
    for (const MatchedFeature& match : comparison.left.matches) {
        if (!match.isMutual || !match.matches())
            continue;
        ++comparison.mutual;
        if (match.density > 0 && match.otherDensity > 0) // also not NaN
            differences.push_back(std::abs(std::log10(match.density / match.otherDensity)));
    }
    if (!differences.empty())
        comparison.densityDifference = spreadOf(std::move(differences)).median;
}

} // namespace

Result<DictionaryComparison> run(const CompareDictionariesRequest& request, Context& context)
{
    const auto open = context.model();
    if (!open && request.hasText())
        return fail(open.error());
    const LoadedModel* model = open ? open->get() : nullptr;
    auto left = comparedSide(request.left, model, context);
    if (!left)
        return fail(left.error());
    auto right = comparedSide(request.right, model, context);
    if (!right)
        return fail(right.error());
    const auto matching
        = matchDecoders(*left->dictionary, *right->dictionary, context.progress, context.stop);
    if (!matching)
        return fail(matching.error());
    DictionaryComparison comparison;
    comparison.request = request;
    for (ComparedSide* side : {&*left, &*right})
        addHarvested(*side, context);
    if (request.hasText()) {
        const auto start
            = textStart(*model->tokenizer, Dictionaries{left->dictionary, right->dictionary});
        if (!start)
            return fail(start.error());
        comparison.note = start->note;
        for (ComparedSide* side : {&*left, &*right})
            if (auto added = addMeasured(*side, *model, request, *start, context); !added)
                return fail(added.error());
    }
    comparison.left
        = seenFrom(*left, *right, matching->ofLeft, matching->ofRight, matching->leftCosine);
    comparison.right
        = seenFrom(*right, *left, matching->ofRight, matching->ofLeft, matching->rightCosine);
    addPairs(comparison);
    const HookPoint ours = left->dictionary->config().hookOut,
                    theirs = right->dictionary->config().hookOut;
    if (ours != theirs && left->dictionary->config().isPlaced
        && right->dictionary->config().isPlaced)
        comparison.note += (comparison.note.empty() ? "" : " ")
            + ("The first writes to " + ours.name() + " and the second to " + theirs.name()
                + ": directions of two places are alike only as far as these share their axes.");
    return comparison;
}

const Handles<CompareDictionariesRequest> kCompareDictionaries(Runs::InBackground, run);

} // namespace core
