#include "core/training/dictionary_scaling.h"

#include "core/training/start_weights.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

// Means and norms settle to a few parts in a thousand well before this.
constexpr std::int64_t kMeasuredRows = 1 << 16;
constexpr std::int64_t kMedianRows = 1 << 13;
constexpr std::int64_t kSeededRows = 1 << 17;
constexpr double kLeastCosine = 0.5; // at which a feature laid upon a token begins to fire

double scaleOf(const at::Tensor& x)
{
    const double norm = x.norm(2, 1).mean().item<double>();
    return norm > 0.0 ? std::sqrt(static_cast<double>(x.size(1))) / norm : 1.0;
}

at::Tensor unitRows(std::int64_t rows, std::int64_t width, const at::Generator& generator)
{
    at::Tensor values = at::empty({rows, width}, at::kFloat).normal_(0.0, 1.0, generator);
    return values.div_(values.norm(2, 1, true));
}

std::string architectureName(const DictionaryTrainerOptions& options)
{
    const bool isJumpRelu
        = options.picksFromBatch() || options.objective == DictionaryObjective::JumpRelu;
    if (options.isTranscoder())
        return std::string(isJumpRelu ? "jumprelu_" : "")
            + (options.has_skip ? "skip_transcoder" : "transcoder");
    if (isJumpRelu)
        return "jumprelu";
    switch (options.objective) {
    case DictionaryObjective::TopK:
        return "topk";
    case DictionaryObjective::AbsTopK:
        return "abstopk";
    case DictionaryObjective::Gated:
        return "gated";
    default:
        return "standard";
    }
}

/// Rows far apart: drawn with a chance that grows with the square of the distance to the nearest
/// one so far, the origin among them (Arthur and Vassilvitskii 2007), some at a time (Bahmani et
/// al. 2012).
at::Tensor rowsFarApart(const at::Tensor& x, std::int64_t count, std::uint64_t seed)
{
    const std::int64_t atOnce = std::max<std::int64_t>(1, count / 64);
    std::mt19937_64 random(seed);
    const at::Tensor norms = x.square().sum(1);
    at::Tensor nearest = norms;
    at::Tensor chosen = at::empty({0}, at::kLong);
    while (chosen.size(0) < count) {
        const at::Tensor sums = nearest.cumsum(0, at::kDouble);
        std::uniform_real_distribution<double> place(0.0, std::max(sums[-1].item<double>(), 1e-30));
        std::vector<double> places(
            static_cast<std::size_t>(std::min(atOnce, count - chosen.size(0))));
        for (double& drawn : places)
            drawn = place(random);
        const at::Tensor rows
            = at::searchsorted(sums, at::tensor(places, at::kDouble)).clamp_max(x.size(0) - 1);
        const at::Tensor centres = x.index_select(0, rows);
        const at::Tensor distances = at::addmm(norms.unsqueeze(1), x, centres.t(), 1.0, -2.0)
                                         .add_(centres.square().sum(1)); // [rows, atOnce]
        nearest = at::minimum(nearest, distances.amin(1).clamp_min(0.0));
        chosen = at::cat({chosen, rows});
    }
    return chosen;
}

/// A feature for each drawn token: it writes what the token's target is beyond b_dec, and fires on
/// inputs whose cosine with the token's own is above `leastCosine`.
void beginAtTokens(DictionaryWeights& weights, const at::Tensor& x, const at::Tensor& y,
    double leastCosine, std::uint64_t seed)
{
    const at::Tensor chosen = rowsFarApart(y, weights.d_sae(), seed);
    const at::Tensor in = x.index_select(0, chosen), out = y.index_select(0, chosen);
    const at::Tensor norm = out.norm(2, 1, true).clamp_min(1e-6);
    weights.W_dec = out / norm;
    const at::Tensor strength = norm / (1.0 - leastCosine);
    weights.W_enc = in * (strength / in.square().sum(1, true).clamp_min(1e-6));
    weights.b_enc = -leastCosine * strength.squeeze(1);
}

} // namespace

DictionaryScaling DictionaryScaling::measure(
    const ActivationStore& store, const DictionaryTrainerOptions& options)
{
    const at::NoGradGuard noGrad;
    DictionaryScaling scaling;
    const at::Tensor x = store.sampleRows(options.hookIn, kMeasuredRows);
    if (!options.isTranscoder()) {
        scaling.in = scaling.out = scaleOf(x);
        return scaling;
    }
    const at::Tensor y = store.sampleRows(options.hookOut, kMeasuredRows);
    scaling.inMean = x.mean(0);
    scaling.in = scaleOf(x - scaling.inMean);
    scaling.out = scaleOf(y - y.mean(0));
    return scaling;
}

DictionaryBatch DictionaryScaling::batch(const ActivationStore& store,
    const DictionaryTrainerOptions& options, const at::Tensor& indices) const
{
    at::Tensor x = store.rows(options.hookIn, indices);
    if (!options.isTranscoder()) {
        x.mul_(in);
        return {x, x};
    }
    return {x.sub_(inMean).mul_(in), store.rows(options.hookOut, indices).mul_(out)};
}

Result<std::shared_ptr<const Dictionary>> DictionaryScaling::fold(const DictionaryWeights& weights,
    const DictionaryTrainerOptions& options, double batchThreshold) const
{
    const at::NoGradGuard noGrad;
    DictionaryConfig config;
    config.name = options.name;
    config.format = "SAELens";
    config.architecture = architectureName(options);
    config.isTranscoder = options.isTranscoder();
    config.d_in = static_cast<int>(weights.W_enc.size(1));
    config.d_out = static_cast<int>(weights.W_dec.size(1));
    config.d_sae = static_cast<int>(weights.d_sae());
    config.hookIn = options.hookIn;
    config.hookOut = options.hookOut;
    config.applyBDecToInput = !options.isTranscoder();
    config.baseModel = options.baseModel;
    config.facts = options.facts;

    Dictionary::Weights folded;
    folded.W_enc = weights.W_enc * (in / out);
    folded.b_enc = weights.b_enc / out;
    folded.W_dec = weights.W_dec.clone();
    folded.b_dec = weights.b_dec / out;
    if (inMean.defined())
        folded.b_enc.sub_(at::mv(folded.W_enc, inMean));
    if (weights.W_skip.defined()) {
        folded.W_skip = weights.W_skip * (in / out);
        folded.b_dec.sub_(at::mv(folded.W_skip, inMean));
    }
    if (weights.b_gate.defined()) {
        folded.b_gate = weights.b_gate / out;
        folded.r_mag = weights.r_mag.clone();
    }
    switch (options.objective) {
    case DictionaryObjective::L1:
        config.activation = FeatureActivation::Relu;
        break;
    case DictionaryObjective::TopK:
        config.activation = FeatureActivation::TopK;
        config.k = static_cast<int>(options.k);
        // The only format that holds a TopK transcoder, circuit-tracer's, does not clip below zero.
        // That matters only on a token where fewer than k features are positive at all.
        config.reluAfterGate = !options.isTranscoder();
        break;
    case DictionaryObjective::AbsTopK:
        config.activation = FeatureActivation::TopK;
        config.k = static_cast<int>(options.k);
        config.picksBySize = true;
        config.reluAfterGate = false;
        break;
    case DictionaryObjective::Gated:
        config.activation = FeatureActivation::Gated;
        break;
    case DictionaryObjective::BatchTopK:
    case DictionaryObjective::Matryoshka:
        config.activation = FeatureActivation::JumpRelu;
        folded.threshold = at::full({weights.d_sae()}, batchThreshold / out, at::kFloat);
        break;
    case DictionaryObjective::JumpRelu:
        config.activation = FeatureActivation::JumpRelu;
        folded.threshold = weights.log_threshold.exp() / out;
        break;
    }
    auto dictionary = Dictionary::create(std::move(config), std::move(folded));
    return dictionary && !options.normalizesDecoder ? (*dictionary)->withUnitDecoder() : dictionary;
}

at::Tensor geometricMedian(const at::Tensor& x)
{
    at::Tensor median = x.mean(0);
    for (int i = 0; i < 100; ++i) {
        const at::Tensor weight = (x - median).norm(2, 1, true).clamp_min(1e-8).reciprocal();
        const at::Tensor next = (x * weight).sum(0) / weight.sum();
        const double moved = (next - median).norm().item<double>();
        median = next;
        if (moved <= 1e-6 * (1.0 + median.norm().item<double>()))
            break;
    }
    return median;
}

DictionaryWeights initialWeights(const ActivationStore& store, const DictionaryScaling& scaling,
    const DictionaryTrainerOptions& options)
{
    const at::NoGradGuard noGrad;
    if (options.start)
        return startWeights(*options.start, scaling, options, {scaling.out});
    const std::int64_t d_in = store.width(options.hookIn), d_out = store.width(options.hookOut);
    const std::int64_t d_sae = options.d_sae > 0 ? options.d_sae : options.expansion_factor * d_in;
    const at::Generator generator = at::detail::createCPUGenerator(options.seed);
    DictionaryWeights weights;
    weights.W_dec = unitRows(d_sae, d_out, generator);
    weights.W_enc
        = options.isTranscoder() ? unitRows(d_sae, d_in, generator) : weights.W_dec.clone();
    weights.b_enc = at::zeros({d_sae}, at::kFloat);
    const at::Tensor target = store.sampleRows(
        options.hookOut, options.useGeometricMedian ? kMedianRows : kMeasuredRows);
    weights.b_dec
        = (options.useGeometricMedian ? geometricMedian(target) : target.mean(0)) * scaling.out;
    if (options.initFromData) {
        const at::Tensor rows
            = at::randperm(store.tokens(), generator).slice(0, 0, std::max(kSeededRows, d_sae));
        const DictionaryBatch batch = scaling.batch(store, options, rows);
        beginAtTokens(weights, options.isTranscoder() ? batch.x : batch.x - weights.b_dec,
            batch.y - weights.b_dec,
            // Signed features fire on what is opposite too: no bias may hold them down.
            options.objective == DictionaryObjective::AbsTopK ? 0.0 : kLeastCosine, options.seed);
    }
    if (options.decoder_init_norm > 0.0) {
        weights.W_dec.mul_(options.decoder_init_norm);
        // A random encoder is the decoder transposed, its length too; one that was laid upon
        // tokens goes on rebuilding them.
        const double ofEncoder
            = options.initFromData ? 1.0 / options.decoder_init_norm : options.decoder_init_norm;
        weights.W_enc.mul_(ofEncoder);
        weights.b_enc.mul_(ofEncoder);
    }
    if (options.objective == DictionaryObjective::Gated) {
        weights.b_gate = weights.b_enc.clone();
        weights.r_mag = at::zeros({d_sae}, at::kFloat);
    }
    if (options.objective == DictionaryObjective::JumpRelu)
        weights.log_threshold
            = at::full({d_sae}, std::log(options.jumprelu_init_threshold), at::kFloat);
    if (options.has_skip)
        weights.W_skip = at::zeros({d_out, d_in}, at::kFloat);
    return weights;
}

} // namespace core
