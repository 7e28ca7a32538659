#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"

#include <cstdint>
#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// Examples with a label each: what the model has there and what a dictionary makes of it.
struct LabelledVectors {
    at::Tensor x; ///< [n, d] activations, float32 on the CPU.
    at::Tensor features; ///< [n, d_sae] feature activations, likewise.
    std::vector<int> labels; ///< [n] from 0 on.
    std::vector<char> isTest; ///< [n] kept apart: what is learnt is learnt on the others.
};

struct SparseProbingOptions {
    std::vector<int> ks{1, 2, 5};
    std::uint64_t seed = 1; ///< Of the draw of the examples that do not have the label.
    std::int64_t leastExamples = 5; ///< Of a label, in each half; labels with fewer are left out.
};

/// How well one label can be told from the others: accuracies on the test half, where examples
/// with the label and without are as many, so that 0.5 is guessing.
struct ProbedClass {
    int label = 0;
    std::int64_t examples = 0; ///< With the label, both halves.
    double accuracy = 0; ///< From the whole activation.
    std::vector<double> accuracyOfFeatures; ///< From the k features that differ most, for each k.
    std::vector<double> accuracyOfNeurons; ///< From the k coordinates of the activation likewise.
    std::vector<std::int64_t> features; ///< Those of the largest k, the telling ones first.
};

/// Sparse probing as SAEBench does it (Karvonen et al. 2025; Gurnee et al. 2023;
/// docs/definitions.md section 2.4): for each label a logistic regression on as many examples with
/// it as without, on all of x, and on the k features whose means differ most between the two.
Result<std::vector<ProbedClass>> sparseProbing(const LabelledVectors& examples,
    const SparseProbingOptions& options = {}, const ProgressFn& progress = {},
    const std::stop_token& stop = {});

} // namespace core
