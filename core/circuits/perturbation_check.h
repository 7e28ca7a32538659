#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/circuits/graph_matrix.h"
#include "core/circuits/influence.h"
#include "core/dictionary/dictionary.h"
#include "core/model/transformer.h"

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace core {

struct PerturbationOptions {
    int features = 24; ///< The most influential ones are changed, one at a time.
    double factor = 0.0; ///< Each to this multiple of its activation; 0 = ablated.
    /// Everything between is held in the model (MLP outputs and norm scales), so that only the
    /// graph's edges themselves are tested. Transcoders only.
    bool isDirectOnly = false;
    std::stop_token stop;
    ProgressFn progress;
};

/// One changed feature, and what that did to the graph's features in later layers.
struct PerturbedFeature {
    std::int64_t node = 0; ///< Of the matrix.
    /// Changes of pre-activations, one for each of the matrix's features; 0 in its own layer and
    /// before.
    std::vector<float> predicted, observed;
    /// KL(unchanged || feature ablated), nats, of the next token where the graph's logits are.
    double effect = 0.0;
};

/// How one prediction agrees with what was observed.
struct Agreement {
    bool isDefined = false; ///< False where nothing was predicted nor observed.
    double cosine = 0.0;
    double normRatio = 0.0; ///< ||observed|| / ||predicted||; 0 where nothing was predicted.
};
Agreement agreementOf(std::span<const float> predicted, std::span<const float> observed);

/// The change of every later feature's pre-activation that a graph predicts when feature `source`
/// is set to `factor` times its activation, through all paths: a feature whose activation changes
/// by a share passes on that share of each of its edges, and none falls below zero (ReLU).
/// `isDirectOnly`: through the edges from `source` alone.
std::vector<float> predictedChange(
    const GraphMatrix& matrix, std::int64_t source, double factor, bool isDirectOnly = false);

/// Changes features of a graph in the model it was made from and reads what happens, attention
/// patterns frozen as in the graph and later features free to react. About two forward passes and
/// one encoding of the prompt for each.
Result<std::vector<PerturbedFeature>> perturbFeatures(const Transformer& model,
    const Dictionaries& dictionaries, const GraphMatrix& matrix, const Influence& influence,
    const PerturbationOptions& options = {});

/// Features `layers` layers behind the changed one.
struct AgreementAtDistance {
    int layers = 0;
    int features = 0; ///< Changed features that count here.
    double cosine = 0.0; ///< Mean over them.
    double normRatio = 0.0; ///< Mean over those where something was predicted.
};

struct PerturbationSummary {
    std::vector<AgreementAtDistance> byDistance; ///< Nearest first.
    double meanCosine = 0.0; ///< Mean over changed features, each with all later ones together.
    int features = 0; ///< Changed features that count in it.
    double spearman = 0.0; ///< Of influence against effect.
};
PerturbationSummary summaryOf(const GraphMatrix& matrix, const Influence& influence,
    std::span<const PerturbedFeature> perturbed);

} // namespace core
