#pragma once

#include <ATen/core/Tensor.h>

namespace core {

/// A logistic regression: w.x + b, above 0 = yes.
struct LogisticProbe {
    at::Tensor weight; ///< [d] float64
    double bias = 0;

    at::Tensor scores(const at::Tensor& x) const; ///< x [n, d] to [n] float64.
};

struct LogisticOptions {
    double C = 1.0; ///< Weight of the data against |w|^2 / 2, as in scikit-learn.
    bool isBalanced = false; ///< Both classes count alike, however many they are.
    int maxIterations = 1000;
};

/// The weights with the least |w|^2 / 2 + C sum log(1 + exp(-y (w.x + b))), the bias free: what
/// scikit-learn's LogisticRegression finds, by L-BFGS in double. x [n, d]; isPositive [n] bool,
/// some of both.
LogisticProbe fitLogistic(
    const at::Tensor& x, const at::Tensor& isPositive, const LogisticOptions& options = {});

} // namespace core
