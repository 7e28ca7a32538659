#include "core/training/recovery.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <vector>

namespace core {

namespace {

double meanOf(const at::Tensor& values)
{
    return values.numel() == 0 ? 0.0 : values.mean(at::kDouble).item<double>();
}

/// F1 of columns of `found` as tests of the same columns of `real`, both [tokens, n] bool.
at::Tensor f1Of(const at::Tensor& real, const at::Tensor& found)
{
    const auto count = [](const at::Tensor& holds) { return holds.sum(0).to(at::kDouble); };
    return 2.0 * count(real.logical_and(found)) / (count(real) + count(found)).clamp_min(1.0);
}

} // namespace

Recovery recovery(
    const KnownFeatures& world, const Dictionary& dictionary, const at::Tensor& acts, double bar)
{
    const at::NoGradGuard noGrad;
    const at::Tensor x = at::mm(acts, world.directions());
    const at::Tensor latents = dictionary.activations(x);
    const at::Tensor fires = latents.ne(0), real = acts.ne(0);
    const at::Tensor W_dec = dictionary.W_dec();
    at::Tensor cosines = at::mm(
        world.directions(), (W_dec / W_dec.norm(2, 1, true).clamp_min(1e-12)).t()); // [n, d_sae]
    if (latents.lt(0).any().item<bool>())
        cosines = cosines.abs();
    const auto [best, latentOf] = cosines.max(1);
    const at::Tensor live = fires.any(0);
    const at::Tensor bestBack = std::get<0>(cosines.max(0)).masked_select(live);
    const at::Tensor ownFires = fires.index_select(1, latentOf); // [tokens, n]: its latent fires

    Recovery out;
    out.bar = bar;
    out.mmcs = meanOf(best);
    out.mmcsBack = meanOf(bestBack);
    out.recall = meanOf(best.ge(bar).to(at::kDouble));
    out.precision = meanOf(bestBack.ge(bar).to(at::kDouble));
    out.f1 = meanOf(f1Of(real, ownFires));
    double withChild = 0, absorbed = 0, without = 0, missed = 0;
    for (std::int64_t parent = 0; parent < world.size(); ++parent) {
        if (world.kind(parent) != KnownFeatures::Kind::Parent)
            continue;
        ++out.parents;
        if (best[parent].item<double>() < bar)
            continue;
        ++out.parentsFound;
        std::vector<std::int64_t> own;
        for (std::int64_t f = 0; f < world.size(); ++f)
            if (world.parent(f) == parent)
                own.push_back(f);
        const at::Tensor silent = ownFires.select(1, parent).logical_not();
        const at::Tensor child = real.index_select(1, at::tensor(own, at::kLong)).any(1);
        const at::Tensor only = real.select(1, parent).logical_and(child.logical_not());
        const auto count = [](const at::Tensor& holds) { return holds.sum().item<double>(); };
        withChild += count(child);
        absorbed += count(child.logical_and(silent));
        without += count(only);
        missed += count(only.logical_and(silent));
    }
    out.absorption = withChild > 0 ? absorbed / withChild : 0.0;
    out.parentMissed = without > 0 ? missed / without : 0.0;
    out.l0 = meanOf(fires.sum(1).to(at::kDouble));
    out.trueL0 = meanOf(real.sum(1).to(at::kDouble));
    const at::Tensor error = x - dictionary.decode(latents, x);
    out.fvu = error.square().sum(at::kDouble).item<double>()
        / (x - x.mean(0)).square().sum(at::kDouble).item<double>();
    out.deadFraction = 1.0 - meanOf(live.to(at::kDouble));
    return out;
}

} // namespace core
