#include "core/training/worker_step.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace core {

at::Tensor ownShare(const at::Tensor& indices, const Workers* workers)
{
    if (workers == nullptr)
        return indices;
    const std::int64_t share = indices.size(0) / workers->size();
    return indices.narrow(0, workers->rank() * share, share);
}

std::int64_t ownWindow(std::int64_t tokens, const Workers* workers)
{
    return workers == nullptr ? tokens : std::max<std::int64_t>(tokens / workers->size(), 1);
}

std::int64_t wholeBatch(
    std::int64_t ofEach, std::int64_t recordedTokens, const std::shared_ptr<Workers>& workers)
{
    const std::int64_t count = workers ? workers->size() : 1;
    return count * std::max<std::int64_t>(std::min(ofEach, recordedTokens / count), 1);
}

void joinLosses(
    Workers& workers, std::vector<DictionaryLosses>& losses, const std::vector<at::Tensor>& y)
{
    std::vector<double> means;
    std::vector<at::Tensor> sums;
    for (std::size_t i = 0; i < losses.size(); ++i) {
        const DictionaryLosses& l = losses[i];
        means.insert(means.end(), {l.loss, l.mse, l.sparsity, l.aux, l.l0, sumOfSquares(y[i])});
        sums.push_back(y[i].sum(0, false, at::kDouble));
    }
    const at::Tensor shared = at::tensor(means, at::kDouble);
    std::vector<at::Tensor> all = sums;
    all.push_back(shared);
    workers.sum(all);
    const double* value = shared.data_ptr<double>();
    for (std::size_t i = 0; i < losses.size(); ++i) {
        DictionaryLosses& l = losses[i];
        for (double* mean : {&l.loss, &l.mse, &l.sparsity, &l.aux, &l.l0})
            *mean = *value++ / workers.size();
        const double squares = *value++,
                     tokens = static_cast<double>(y[i].size(0)) * workers.size();
        const double variance = squares - sums[i].square().sum().item<double>() / tokens;
        l.fvu = l.mse * tokens / std::max(variance, 1e-30);
    }
}

std::vector<at::Tensor> joinGradients(Workers& workers, std::vector<at::Tensor> gradients,
    const std::vector<const ActiveEntries*>& acts, const std::vector<std::int64_t>& d_sae)
{
    std::vector<at::Tensor> fired;
    for (std::size_t i = 0; i < acts.size(); ++i) {
        fired.push_back(at::zeros({d_sae[i]}));
        float* firings = fired.back().data_ptr<float>();
        for (std::size_t e = 0; e < acts[i]->features.size(); ++e)
            if (acts[i]->feature_acts[e] != 0.0f)
                firings[acts[i]->features[e]] += 1.0f;
    }
    std::vector<at::Tensor> all = gradients;
    all.insert(all.end(), fired.begin(), fired.end());
    workers.sum(all);
    for (at::Tensor& gradient : gradients)
        gradient.div_(workers.size());
    return fired;
}

void shareState(Workers& workers, Adam& adam, const std::vector<DeadFeatures*>& dead)
{
    auto state = adam.state();
    std::vector<at::Tensor> tensors;
    for (const auto& [name, tensor] : state)
        tensors.push_back(tensor);
    for (const DeadFeatures* features : dead)
        tensors.push_back(features->tokensSinceFired());
    workers.share(tensors);
    // Weights and moments were changed in place; the rest are copies.
    adam.setSteps(tensors[state.size() - 1].item<std::int64_t>());
    for (std::size_t i = 0; i < dead.size(); ++i)
        dead[i]->restore(tensors[state.size() + i]);
}

} // namespace core
