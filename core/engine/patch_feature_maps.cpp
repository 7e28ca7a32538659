// Features and error terms in patching: their two maps, and the list of single ones.
#include "core/circuits/feature_patching.h"
#include "core/circuits/prompt_head.h"
#include "core/engine/patch_maps.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

/// A list that one can look through; the strongest of them.
constexpr std::size_t kListed = 2000;

// As SAELens calls them behind the name of the hook they are at.
constexpr const char* kFeatures = ".hook_sae_acts_post";
constexpr const char* kErrors = ".hook_sae_error";

/// One feature, or the error term, at one position.
struct Single {
    std::size_t dictionary; ///< Index among the patched ones.
    std::int64_t entry; ///< Of its FeaturePatches; -1 = the error term.
    int position;
    float approximate;
};

/// Dictionaries whose layers are rows of one map: of one kind and set, one for each layer.
struct MapGroup {
    std::vector<std::size_t> dictionaryOfRow; ///< `kEmpty` where a layer has none.
    const DictionaryConfig* first = nullptr;
};
constexpr std::size_t kEmpty = static_cast<std::size_t>(-1);

bool belongTogether(const DictionaryConfig& a, const DictionaryConfig& b)
{
    const bool isOneSet = a.isCrossLayer == b.isCrossLayer
        && (!a.isCrossLayer || a.path.parent_path() == b.path.parent_path());
    return isOneSet && a.isTranscoder == b.isTranscoder && a.hookIn.kind == b.hookIn.kind
        && a.hookOut.kind == b.hookOut.kind;
}

std::size_t rowOf(const DictionaryConfig& config)
{
    const Layer layer = config.hookOut.layer;
    return layer.isValid() ? static_cast<std::size_t>(layer.value) : 0;
}

std::vector<MapGroup> groupsOf(const Dictionaries& dictionaries, int n_layers)
{
    std::vector<MapGroup> groups;
    for (std::size_t i = 0; i < dictionaries.size(); ++i) {
        const DictionaryConfig& config = dictionaries[i]->config();
        auto group = std::find_if(groups.begin(), groups.end(), [&](const MapGroup& one) {
            return belongTogether(*one.first, config)
                && one.dictionaryOfRow[rowOf(config)] == kEmpty;
        });
        if (group == groups.end()) {
            groups.push_back(
                {std::vector<std::size_t>(static_cast<std::size_t>(n_layers), kEmpty), &config});
            group = groups.end() - 1;
        }
        group->dictionaryOfRow[rowOf(config)] = i;
    }
    return groups;
}

/// "hook_mlp_out", made unique by the dictionary where two groups write to the same hook.
std::string groupName(const PatchWork& work, const DictionaryConfig& first)
{
    const std::string full = first.hookOut.name();
    const std::string hook = first.hookOut.layer.isValid()
        ? full.substr(full.find('.', full.find('.') + 1) + 1)
        : full;
    const bool isTaken = std::any_of(work.result.maps.begin(), work.result.maps.end(),
        [&](const PatchMap& map) { return map.hook == hook + kFeatures; });
    return isTaken ? fmt::format("{} of {}", hook, first.name) : hook;
}

void fillRow(const FeaturePatches& patches, float* features, float* errors, std::int64_t tokens)
{
    std::fill_n(features, tokens, 0.0f);
    for (std::int64_t i = 0; i < patches.size(); ++i)
        features[patches.position.data_ptr<std::int64_t>()[i]]
            += patches.approximate.data_ptr<float>()[i];
    std::copy_n(patches.approximateError.data_ptr<float>(), tokens, errors);
}

void addGroup(PatchWork& work, const MapGroup& group, const std::vector<FeaturePatches>& all)
{
    const std::int64_t tokens = work.base.tokens();
    const std::string name = groupName(work, *group.first);
    const std::size_t rows = group.dictionaryOfRow.size();
    PatchMap features = work.emptyMap(PatchSite::Feature, name + kFeatures, rows, tokens),
             errors = work.emptyMap(PatchSite::Feature, name + kErrors, rows, tokens);
    for (std::size_t row = 0; row < rows; ++row) {
        if (group.dictionaryOfRow[row] == kEmpty)
            continue;
        const FeaturePatches& patches = all[group.dictionaryOfRow[row]];
        const std::size_t first = row * static_cast<std::size_t>(tokens);
        if (work.request.isApproximate)
            fillRow(patches, features.approximate.data() + first, errors.approximate.data() + first,
                tokens);
        for (int position = 0; work.request.isExact && position < tokens; ++position) {
            const auto cell = first + static_cast<std::size_t>(position);
            work.addCell(allFeaturesCell(patches, position), features.exact.data() + cell);
            work.addCell(errorCell(patches, position), errors.exact.data() + cell);
        }
    }
    work.result.maps.push_back(std::move(features));
    work.result.maps.push_back(std::move(errors));
}

/// Strongest by approximation first; `count` of them.
std::vector<Single> strongest(const std::vector<FeaturePatches>& all, std::size_t count)
{
    std::vector<Single> singles;
    for (std::size_t d = 0; d < all.size(); ++d) {
        const FeaturePatches& patches = all[d];
        for (std::int64_t i = 0; i < patches.size(); ++i)
            singles.push_back({d, i, static_cast<int>(patches.position.data_ptr<std::int64_t>()[i]),
                patches.approximate.data_ptr<float>()[i]});
        for (std::int64_t p = 0; p < patches.approximateError.numel(); ++p)
            singles.push_back(
                {d, -1, static_cast<int>(p), patches.approximateError.data_ptr<float>()[p]});
    }
    std::stable_sort(singles.begin(), singles.end(), [](const Single& a, const Single& b) {
        return std::fabs(a.approximate) > std::fabs(b.approximate);
    });
    singles.resize(std::min(singles.size(), count));
    return singles;
}

PatchedFeature described(
    const PatchWork& work, const FeaturePatches& patches, const Single& one, const RowLookup& row)
{
    const DictionaryConfig& config = patches.dictionary->config();
    PatchedFeature out;
    out.dictionary = config.name;
    out.layer = config.hookIn.layer;
    out.position = Position(one.position);
    out.approximate = one.approximate;
    float base = 0, other = 0;
    if (one.entry >= 0) {
        out.feature = FeatureId(patches.feature.data_ptr<std::int64_t>()[one.entry]);
        if (row)
            out.label = row({config.name, out.feature}).label.text;
        base = patches.base.data_ptr<float>()[one.entry];
        other = patches.other.data_ptr<float>()[one.entry];
    } else {
        base = patches.baseErrorNorm.data_ptr<float>()[one.position];
        other = patches.otherErrorNorm.data_ptr<float>()[one.position];
    }
    const bool isBaseCorrupt = work.request.direction == PatchDirection::Denoise;
    out.clean = isBaseCorrupt ? other : base;
    out.corrupt = isBaseCorrupt ? base : other;
    return out;
}

} // namespace

Result<void> addFeatureMaps(
    PatchWork& work, const Dictionaries& dictionaries, const RowLookup& row, std::stop_token stop)
{
    const auto baseErrors = dictionaryErrors(dictionaries, work.base.cache);
    if (!baseErrors)
        return fail(baseErrors.error());
    const auto otherErrors = dictionaryErrors(dictionaries, work.other.cache);
    if (!otherErrors)
        return fail(otherErrors.error());
    const PromptHead head = promptHead(work.model.transformer->config(), dictionaries);
    std::vector<FeaturePatches> all;
    for (std::size_t d = 0; d < dictionaries.size(); ++d) {
        if (stop.stop_requested())
            return cancelled();
        all.push_back(featurePatches(dictionaries[d], work.base, work.other, work.gradients,
            (*baseErrors)[d], (*otherErrors)[d], static_cast<int>(std::ssize(head.ids))));
        work.result.featuresInAll += all.back().size() + work.base.tokens();
    }
    for (const MapGroup& group : groupsOf(dictionaries, work.model.info.n_layers))
        addGroup(work, group, all);

    const std::size_t exact = work.request.isExact
        ? static_cast<std::size_t>(std::max(0, work.request.exactFeatures))
        : 0;
    const std::vector<Single> singles = strongest(all, std::max(kListed, exact));
    for (const Single& one : singles)
        work.result.features.push_back(described(work, all[one.dictionary], one, row));
    for (std::size_t i = 0; i < std::min(exact, singles.size()); ++i) {
        const FeaturePatches& patches = all[singles[i].dictionary];
        work.result.features[i].hasExact = true;
        work.addCell(singles[i].entry >= 0 ? featureCell(patches, singles[i].entry)
                                           : errorCell(patches, singles[i].position),
            &work.result.features[i].exact);
    }
    return {};
}

} // namespace core
