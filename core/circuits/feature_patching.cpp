#include "core/circuits/feature_patching.h"

#include <algorithm>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

/// Decoder rows that are in memory at a time.
constexpr std::int64_t kRowsAtOnce = 4096;

HookPoint writtenHook(const DictionaryConfig& config, int offset)
{
    return {config.hookOut.kind, Layer(config.hookOut.layer.value + offset)};
}

/// A cross-layer transcoder ends with the model.
int layersWritten(const DictionaryConfig& config, int n_layers)
{
    if (!config.hookOut.layer.isValid())
        return 1;
    return std::min(config.layersWritten, n_layers - config.hookOut.layer.value);
}

at::Tensor valueAt(const ActivationCache& cache, HookPoint hook)
{
    return cache.at(hook)[0];
}

/// A change [.., d_out] of the part of a hook's value that the dictionary writes, as a write.
PatchWrite written(const DictionaryConfig& config, int offset, int position, at::Tensor change)
{
    PatchWrite write;
    write.hook = config.isTranscoder ? writtenHook(config, offset) : config.hookOut;
    write.position = position;
    write.head = config.headIn;
    write.value = std::move(change);
    write.isAdded = true;
    return write;
}

/// Heads that were flattened get their shape back. `like` [T, ..] as the hook's value.
at::Tensor shapedLike(
    const DictionaryConfig& config, const at::Tensor& change, const at::Tensor& like)
{
    const bool hasHeads = like.dim() == 3 && config.headIn < 0;
    return hasHeads ? change.view({like.size(1), like.size(2)}) : change;
}

at::Tensor norms(const at::Tensor& errors)
{
    return at::linalg_vector_norm(errors.flatten(1), 2, at::IntArrayRef{1})
        .to(at::kCPU, at::kFloat);
}

std::string crossLayerSet(const Dictionary& dictionary)
{
    return dictionary.config().path.parent_path().string();
}

/// Errors of the layers of one cross-layer transcoder, in `members`' order.
Result<std::vector<at::Tensor>> crossLayerErrors(
    const Dictionaries& members, const ActivationCache& cache)
{
    Dictionaries layers = members;
    std::sort(layers.begin(), layers.end(), [](const auto& a, const auto& b) {
        return a->config().hookIn.layer < b->config().hookIn.layer;
    });
    std::vector<at::Tensor> inputs;
    for (const auto& one : layers)
        inputs.push_back(valueAt(cache, one->config().hookIn));
    const auto rebuilt = reconstructLayers(layers, inputs);
    if (!rebuilt)
        return fail(rebuilt.error());
    std::vector<at::Tensor> errors;
    for (const auto& one : members) {
        const auto index = static_cast<std::size_t>(
            std::find(layers.begin(), layers.end(), one) - layers.begin());
        errors.push_back(one->target(valueAt(cache, one->config().hookOut)) - (*rebuilt)[index]);
    }
    return errors;
}

} // namespace

std::vector<HookPoint> featurePatchPoints(const Dictionaries& dictionaries, int n_layers)
{
    std::set<HookPoint> points;
    for (const auto& dictionary : dictionaries) {
        const DictionaryConfig& config = dictionary->config();
        points.insert({config.hookIn, config.hookOut});
        for (int offset = 1; offset < layersWritten(config, n_layers); ++offset)
            points.insert(writtenHook(config, offset));
    }
    return {points.begin(), points.end()};
}

Result<std::vector<at::Tensor>> dictionaryErrors(
    const Dictionaries& dictionaries, const ActivationCache& cache)
{
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> errors(dictionaries.size());
    std::map<std::string, std::vector<std::size_t>> crossLayer;
    for (std::size_t i = 0; i < dictionaries.size(); ++i) {
        const Dictionary& one = *dictionaries[i];
        if (one.config().isCrossLayer) {
            crossLayer[crossLayerSet(one)].push_back(i);
            continue;
        }
        const at::Tensor x = valueAt(cache, one.config().hookIn),
                         out = valueAt(cache, one.config().hookOut);
        errors[i] = out.to(at::kFloat) - one.reconstruct(x).to(at::kFloat);
    }
    for (const auto& [set, members] : crossLayer) {
        Dictionaries layers;
        for (const std::size_t member : members)
            layers.push_back(dictionaries[member]);
        auto found = crossLayerErrors(layers, cache);
        if (!found)
            return fail(found.error());
        for (std::size_t i = 0; i < members.size(); ++i)
            errors[members[i]] = std::move((*found)[i]);
    }
    return errors;
}

FeaturePatches featurePatches(std::shared_ptr<const Dictionary> dictionary, const PatchRun& base,
    const PatchRun& other, const ActivationCache& gradients, const at::Tensor& baseError,
    const at::Tensor& otherError, int leftOut)
{
    const at::NoGradGuard noGrad;
    const DictionaryConfig& config = dictionary->config();
    const at::Tensor x = valueAt(base.cache, config.hookIn);
    const at::Tensor baseActs = dictionary->activations(x),
                     otherActs = dictionary->activations(valueAt(other.cache, config.hookIn));
    for (const at::Tensor& acts : {baseActs, otherActs})
        acts.narrow(0, 0, std::min<std::int64_t>(leftOut, acts.size(0))).zero_();
    FeaturePatches out;
    out.dictionary = dictionary;
    out.scale = dictionary->outputScale(x).reshape({-1, 1});
    const at::Tensor active = baseActs.ne(0).logical_or(otherActs.ne(0)).nonzero(); // [n, 2]
    const at::Tensor position = active.select(1, 0), feature = active.select(1, 1);
    const at::Tensor before = baseActs.index({position, feature}),
                     after = otherActs.index({position, feature});
    const at::Tensor change = (after - before) * out.scale.index_select(0, position).squeeze(1);

    std::vector<at::Tensor> slopes; // of the part that is written, [T, d_out] for each layer
    for (int offset = 0; offset < config.layersWritten; ++offset) {
        const HookPoint hook = config.isTranscoder ? writtenHook(config, offset) : config.hookOut;
        if (!gradients.has(hook))
            break; // behind the model's last layer
        slopes.push_back(dictionary->target(valueAt(gradients, hook)).to(at::kFloat));
        out.together.push_back(at::zeros_like(slopes.back()));
    }
    at::Tensor approximate = at::zeros_like(before);
    for (std::int64_t first = 0; first < before.numel(); first += kRowsAtOnce) {
        const std::int64_t count = std::min(kRowsAtOnce, before.numel() - first);
        const at::Tensor where = position.narrow(0, first, count),
                         step = change.narrow(0, first, count).unsqueeze(1);
        for (std::size_t offset = 0; offset < slopes.size(); ++offset) {
            const at::Tensor rows = dictionary->decoderRowsAt(
                feature.narrow(0, first, count), static_cast<int>(offset));
            const at::Tensor moved = rows * step;
            approximate.narrow(0, first, count)
                .add_((moved * slopes[offset].index_select(0, where)).sum(1));
            out.together[offset].index_add_(0, where, moved);
        }
    }
    out.position = position.to(at::kCPU).contiguous();
    out.feature = feature.to(at::kCPU).contiguous();
    out.base = before.to(at::kCPU).contiguous();
    out.other = after.to(at::kCPU).contiguous();
    out.approximate = approximate.to(at::kCPU).contiguous();

    out.error = otherError - baseError;
    out.baseErrorNorm = norms(baseError).contiguous();
    out.otherErrorNorm = norms(otherError).contiguous();
    out.approximateError
        = (out.error * valueAt(gradients, config.hookOut).to(at::kFloat).view(out.error.sizes()))
              .flatten(1)
              .sum(1)
              .to(at::kCPU)
              .contiguous();
    return out;
}

PatchCell featureCell(const FeaturePatches& patches, std::int64_t index)
{
    const Dictionary& dictionary = *patches.dictionary;
    const auto position = static_cast<int>(patches.position[index].item<std::int64_t>());
    const at::Tensor feature = patches.feature.narrow(0, index, 1);
    const at::Tensor step = (patches.other[index] - patches.base[index]).to(patches.scale.device())
        * patches.scale[position];
    PatchCell cell;
    for (std::size_t offset = 0; offset < patches.together.size(); ++offset) {
        const at::Tensor row = dictionary.decoderRowsAt(
            feature.to(patches.scale.device()), static_cast<int>(offset))[0];
        cell.writes.push_back(written(dictionary.config(), static_cast<int>(offset), position,
            shapedLike(dictionary.config(), row * step, patches.error)));
    }
    return cell;
}

PatchCell allFeaturesCell(const FeaturePatches& patches, int position)
{
    const DictionaryConfig& config = patches.dictionary->config();
    PatchCell cell;
    for (std::size_t offset = 0; offset < patches.together.size(); ++offset)
        cell.writes.push_back(written(config, static_cast<int>(offset), position,
            shapedLike(config, patches.together[offset][position], patches.error)));
    return cell;
}

PatchCell errorCell(const FeaturePatches& patches, int position)
{
    PatchWrite write;
    write.hook = patches.dictionary->config().hookOut;
    write.position = position;
    write.value = patches.error[position];
    write.isAdded = true;
    return {{write}};
}

} // namespace core
