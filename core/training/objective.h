#pragma once

#include "core/training/active_entries.h"
#include "core/training/dictionary_training.h"
#include "core/training/workers.h"

#include <memory>
#include <vector>

namespace core {

/// The parts of one batch's loss, all means over tokens; `loss` is their sum and what is minimised.
struct DictionaryLosses {
    double loss = 0;
    double mse = 0; ///< sum_d (y - y_hat)^2, as SAELens' training reports it
    double sparsity = 0; ///< with its coefficient
    double aux = 0; ///< what dead features pay, with its coefficient
    double l0 = 0;
    double fvu = 0;
};

/// Of a tensor's rows, which may be columns of a wider one: in double, in row order whatever the
/// number of threads.
double sumOfSquares(const at::Tensor& rows);

/// What is minimised: which features are active on a token, and loss and gradients of a batch by
/// hand, with only the encoder's product dense (docs/performance.md section 4). Subclasses say
/// which features are active and what they pay.
class Objective {
public:
    static std::unique_ptr<Objective> create(const DictionaryTrainerOptions& options);
    virtual ~Objective() = default;

    /// Batches are shares of one that all workers have together: what is chosen over a batch is
    /// chosen over theirs too. Losses and gradients stay those of the share.
    void workWith(std::shared_ptr<Workers> workers) { m_workers = std::move(workers); }

    /// Loss of the batch; `gradients` (zeroed by the caller) receive dL/dweight. `sparsityShare`
    /// 0..1 is the warm-up of the penalty, `isDead` one flag a feature.
    DictionaryLosses lossAndGradients(const DictionaryWeights& weights,
        const DictionaryBatch& batch, double sparsityShare, const std::vector<std::uint8_t>& isDead,
        DictionaryWeights& gradients);

    // The same in two halves, for several that add to one output (core/training/cross_layer_*).

    struct Loss {
        double sparsity = 0, aux = 0;
    };
    /// Chooses what fires on `sae_in` [B, d_in] and adds what it writes to `output` [B, d_out].
    void addOutput(const DictionaryWeights& weights, const at::Tensor& sae_in,
        const std::vector<std::uint8_t>& isDead, at::Tensor& output);
    /// What the active and the dead features pay, and all gradients but b_dec's, where `error` is
    /// the whole output less the target.
    Loss addGradients(const DictionaryWeights& weights, const at::Tensor& sae_in,
        const at::Tensor& error, double sparsityShare, const std::vector<std::uint8_t>& isDead,
        DictionaryWeights& gradients);
    double l0() const; ///< Of the last batch.
    /// Of the last batch, for counting what fired.
    const ActiveEntries& acts() const { return m_acts; }

protected:
    explicit Objective(const DictionaryTrainerOptions& options)
        : m_options(options)
    {
    }

    struct Scratch {
        std::vector<std::int32_t> features;
        std::vector<float> pre, acts, sorted;
    };
    virtual void startBatch(const DictionaryWeights&) { }
    /// Adds the row of one token. Called from several threads on different rows.
    virtual void selectRow(
        const float* hidden_pre, std::int64_t d_sae, Scratch& scratch, ActiveEntries& rows)
        = 0;
    /// After all rows; false when the rows must be selected again.
    virtual bool finishSelection(std::int64_t /*tokens*/) { return true; }
    /// Adds dL/d(act) of the penalty (`actGradients` holds that of the error), turns it into
    /// dL/d(hidden_pre), and adds gradients of its own.
    virtual Loss penalize(const DictionaryWeights& weights, const at::Tensor& sae_in,
        double sparsityShare, const std::vector<std::uint8_t>& isDead,
        std::vector<float>& actGradients, DictionaryWeights& gradients);
    /// Whether dead features learn from what the living ones leave over.
    virtual bool usesAuxiliaryLoss() const { return false; }

    const DictionaryTrainerOptions m_options;
    std::shared_ptr<Workers> m_workers; ///< None: alone.
    ActiveEntries m_acts;

private:
    void encode(const DictionaryWeights& weights, const at::Tensor& sae_in,
        const std::vector<std::uint8_t>& isDead);
    void selectDead(const float* hidden_pre, Scratch& scratch, ActiveEntries& rows) const;
    double auxiliaryLoss(const DictionaryWeights& weights, const at::Tensor& sae_in,
        const at::Tensor& error, DictionaryWeights& gradients);

    ActiveEntries m_deadActs;
    std::vector<std::int32_t> m_deadFeatures;
    at::Tensor m_hidden_pre;
};

} // namespace core
