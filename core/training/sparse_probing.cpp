#include "core/training/sparse_probing.h"

#include "core/training/logistic_probe.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <random>

namespace core {

namespace {

/// Rows of examples, those with the label first.
struct ProbedRows {
    at::Tensor rows; ///< [2 p] int64
    at::Tensor isPositive; ///< [2 p] bool
};

/// Of one half: all examples with the label, and as many without, the same number of every other
/// label as far as there are so many.
ProbedRows balancedRows(
    const LabelledVectors& examples, int label, bool isTest, std::mt19937_64& random)
{
    std::vector<std::int64_t> with;
    std::vector<std::vector<std::int64_t>> without(static_cast<std::size_t>(
        *std::max_element(examples.labels.begin(), examples.labels.end()) + 1));
    for (std::size_t i = 0; i < examples.labels.size(); ++i) {
        if ((examples.isTest[i] != 0) != isTest)
            continue;
        if (examples.labels[i] == label)
            with.push_back(static_cast<std::int64_t>(i));
        else
            without[static_cast<std::size_t>(examples.labels[i])].push_back(
                static_cast<std::int64_t>(i));
    }
    const auto shuffle = [&](std::vector<std::int64_t>& rows) {
        for (std::size_t i = rows.size(); i > 1; --i)
            std::swap(rows[i - 1], rows[random() % i]);
    };
    for (auto& rows : without)
        shuffle(rows);
    // A round takes one of each label that has one left.
    std::vector<std::int64_t> drawn;
    for (std::size_t round = 0; drawn.size() < with.size(); ++round) {
        std::vector<std::int64_t> taken;
        for (const auto& rows : without)
            if (round < rows.size())
                taken.push_back(rows[round]);
        if (taken.empty())
            break;
        shuffle(taken);
        taken.resize(std::min(taken.size(), with.size() - drawn.size()));
        drawn.insert(drawn.end(), taken.begin(), taken.end());
    }
    with.resize(std::min(with.size(), drawn.size()));
    const auto positives = static_cast<std::int64_t>(with.size());
    with.insert(with.end(), drawn.begin(), drawn.end());
    return {at::tensor(with, at::kLong),
        at::arange(static_cast<std::int64_t>(with.size()), at::kLong).lt(positives)};
}

double accuracyOf(const LogisticProbe& probe, const at::Tensor& x, const at::Tensor& isPositive)
{
    return probe.scores(x).gt(0).eq(isPositive).to(at::kDouble).mean().item<double>();
}

/// Columns by how far their means with and without the label are apart, the farthest first.
at::Tensor tellingColumns(const at::Tensor& x, const ProbedRows& rows, int most)
{
    const at::Tensor chosen = x.index_select(0, rows.rows);
    const auto meanWhere = [&](const at::Tensor& which) {
        return chosen.index_select(0, which.nonzero().squeeze(1)).mean(0);
    };
    const at::Tensor apart
        = (meanWhere(rows.isPositive) - meanWhere(rows.isPositive.logical_not())).abs();
    return std::get<1>(apart.topk(std::min<std::int64_t>(most, apart.size(0))));
}

std::vector<double> sparseAccuracies(const at::Tensor& x, const at::Tensor& columns,
    const ProbedRows& train, const ProbedRows& test, const std::vector<int>& ks)
{
    std::vector<double> accuracies;
    for (const int k : ks) {
        const at::Tensor own = columns.narrow(0, 0, std::min<std::int64_t>(k, columns.size(0)));
        const auto of = [&](const ProbedRows& rows) {
            return x.index_select(1, own).index_select(0, rows.rows);
        };
        accuracies.push_back(
            accuracyOf(fitLogistic(of(train), train.isPositive), of(test), test.isPositive));
    }
    return accuracies;
}

} // namespace

Result<std::vector<ProbedClass>> sparseProbing(const LabelledVectors& examples,
    const SparseProbingOptions& options, const ProgressFn& progress, const std::stop_token& stop)
{
    const at::NoGradGuard noGrad;
    std::vector<ProbedClass> probed;
    if (examples.labels.empty() || options.ks.empty())
        return probed;
    const int labels = *std::max_element(examples.labels.begin(), examples.labels.end()) + 1;
    const int most = *std::max_element(options.ks.begin(), options.ks.end());
    std::mt19937_64 random(options.seed);
    for (int label = 0; label < labels; ++label) {
        if (stop.stop_requested())
            return cancelled();
        if (progress)
            progress({"Probing for labels", label, labels, "labels"});
        const ProbedRows train = balancedRows(examples, label, false, random),
                         test = balancedRows(examples, label, true, random);
        if (std::min(train.rows.size(0), test.rows.size(0)) < 2 * options.leastExamples)
            continue;
        ProbedClass one;
        one.label = label;
        one.examples = std::count(examples.labels.begin(), examples.labels.end(), label);
        const auto whole
            = [&](const ProbedRows& rows) { return examples.x.index_select(0, rows.rows); };
        one.accuracy
            = accuracyOf(fitLogistic(whole(train), train.isPositive), whole(test), test.isPositive);
        const at::Tensor features = tellingColumns(examples.features, train, most),
                         neurons = tellingColumns(examples.x, train, most);
        one.accuracyOfFeatures
            = sparseAccuracies(examples.features, features, train, test, options.ks);
        one.accuracyOfNeurons = sparseAccuracies(examples.x, neurons, train, test, options.ks);
        one.features.assign(features.data_ptr<std::int64_t>(),
            features.data_ptr<std::int64_t>() + features.numel());
        probed.push_back(std::move(one));
    }
    return probed;
}

} // namespace core
