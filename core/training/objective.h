#pragma once

#include "core/training/active_entries.h"
#include "core/training/dictionary_training.h"
#include "core/workers/workers.h"

#include <memory>
#include <vector>

namespace core {

/// The parts of one batch's loss, all means over tokens; `loss` is their sum and what is minimised.
struct DictionaryLosses {
    double loss = 0;
    double mse = 0; ///< sum_d (y - y_hat)^2, as SAELens' training reports it
    double sparsity = 0; ///< with its coefficient
    double aux = 0; ///< What dead features pay, with its coefficient; of Gated what its gate alone
                    ///< leaves over, of Matryoshka what its inner levels do.
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
    /// What is added to sae_in W_enc where features are selected.
    virtual const at::Tensor& encoderBias(const DictionaryWeights& weights) const
    {
        return weights.b_enc;
    }
    /// Where the sum over tokens of dL/d(hidden_pre) goes: [d_sae].
    virtual at::Tensor& encoderBias(DictionaryWeights& gradients) { return gradients.b_enc; }

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
    virtual bool picksBySize() const { return false; } ///< Activations are signed.

    // The reconstruction and its gradients; other for one that rebuilds in several steps.

    /// Adds what the active features write to `error` (b_dec and what skips them, less y), which
    /// becomes y_hat - y. Returns half of B dL/d(b_dec) a token, the error itself where it counts
    /// once; adds what else is paid to `loss`.
    virtual at::Tensor addReconstruction(
        const DictionaryWeights& weights, at::Tensor& error, Loss& loss);
    /// dL/d(act) of every entry from the error alone.
    virtual std::vector<float> errorGradients(
        const DictionaryWeights& weights, const at::Tensor& error, float scale);
    /// Gradients of the matrices and the encoder's bias from dL/d(hidden_pre) of every entry.
    virtual void addEntryGradients(const std::vector<float>& preGradients, const at::Tensor& sae_in,
        const at::Tensor& error, float scale, DictionaryWeights& gradients);

    /// |d_i|; ones where they are kept so.
    double decoderNorm(std::size_t feature) const
    {
        return m_decoderNorms.empty() ? 1.0 : static_cast<double>(m_decoderNorms[feature]);
    }
    bool hasFreeDecoder() const { return !m_options.normalizesDecoder; }
    /// Adds to the decoder's gradient what dL/d|d_i| of every feature, [d_sae], makes of it.
    void addNormGradients(const DictionaryWeights& weights, const std::vector<double>& ofNorms,
        DictionaryWeights& gradients) const;

    const DictionaryTrainerOptions m_options;
    std::shared_ptr<Workers> m_workers; ///< None: alone.
    ActiveEntries m_acts;
    at::Tensor m_error; ///< y_hat - y of the batch at hand.

private:
    void measureDecoder(const DictionaryWeights& weights);
    void encode(const DictionaryWeights& weights, const at::Tensor& sae_in,
        const std::vector<std::uint8_t>& isDead);
    void selectDead(const float* hidden_pre, Scratch& scratch, ActiveEntries& rows) const;
    double auxiliaryLoss(const DictionaryWeights& weights, const at::Tensor& sae_in,
        const at::Tensor& error, DictionaryWeights& gradients);

    std::vector<float> m_decoderNorms; // [d_sae]; empty where all are one
    ActiveEntries m_deadActs;
    std::vector<std::int32_t> m_deadFeatures;
    at::Tensor m_hidden_pre;
};

} // namespace core
