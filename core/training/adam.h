#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

struct AdamOptions {
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weightDecay = 0.0; ///< Decoupled (AdamW); only on parameters that ask for it.
    double maxGradNorm = 0.0; ///< Gradients are scaled down together to this norm; 0 = never.
};

/// A float32 contiguous tensor that is changed in place by training.
struct Parameter {
    std::string name;
    at::Tensor value;
    bool decays = false;
};

/// Adam with decoupled weight decay over a fixed list of parameters. One fused pass over each;
/// results do not depend on the number of threads.
class Adam {
public:
    Adam(AdamOptions options, std::vector<Parameter> parameters);

    /// `gradients` stand in the order of the parameters; an undefined one leaves its parameter
    /// alone. Returns the norm of all gradients before clipping; when it is not finite nothing is
    /// changed.
    double step(const std::vector<at::Tensor>& gradients, double lr);

    const std::vector<Parameter>& parameters() const { return m_parameters; }
    std::int64_t steps() const { return m_steps; }
    /// Where values and moments were changed from outside, through `state`.
    void setSteps(std::int64_t steps) { m_steps = steps; }
    /// Forgets both moments of one row of a parameter, for a feature that starts anew.
    void resetRow(std::size_t parameter, std::int64_t row);

    /// Values, moments and step, for a checkpoint; and back, checking names and shapes. `restore`
    /// changes nothing unless all fits.
    std::vector<std::pair<std::string, at::Tensor>> state() const;
    Result<void> restore(const std::map<std::string, at::Tensor>& state, const std::string& file);

private:
    AdamOptions m_options;
    std::vector<Parameter> m_parameters;
    std::vector<at::Tensor> m_m, m_v;
    std::int64_t m_steps = 0;
};

/// The norm of all tensors together, added up in double in a fixed order.
double globalNorm(const std::vector<at::Tensor>& tensors);

} // namespace core
