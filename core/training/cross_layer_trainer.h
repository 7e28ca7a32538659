#pragma once

#include "core/training/cross_layer_objective.h"
#include "core/training/training_run.h"

#include <memory>
#include <optional>
#include <vector>

namespace core {

/// Trains a cross-layer transcoder: features that read the MLP's input of one layer and write to
/// the MLP outputs of that layer and all later ones (docs/definitions.md section 3). All layers
/// take each step together; a step measures every layer.
///
/// Not thread-safe. The same seed, store, options and machine give the same transcoder, whatever
/// the number of threads of its own loops, also across save and resume.
class CrossLayerTrainer final : public TrainingRun {
public:
    /// Options of each layer from 0 on, differing in names and hooks alone.
    static Result<std::unique_ptr<CrossLayerTrainer>> create(
        std::shared_ptr<const ActivationStore> store,
        const std::vector<DictionaryTrainerOptions>& layers, std::shared_ptr<Workers> workers = {});

    Result<std::vector<Step>> advance() override;
    void change(double learningRate, std::optional<double> lambda) override;

    std::size_t size() const override { return m_places.options.size(); }
    const std::string& name(std::size_t layer) const override;
    std::int64_t features(std::size_t layer) const override;
    std::int64_t stepsOf(std::size_t) const override { return steps(); }
    std::int64_t steps() const override { return m_adam.steps(); }
    std::int64_t totalSteps() const override { return m_totalSteps; }

    /// The layers of one cross-layer transcoder, in the model's units.
    Result<Dictionaries> dictionaries() const override;
    Result<Dictionaries> current(std::size_t) const override { return dictionaries(); }
    const FiringRates& firingRates(std::size_t layer) const override { return m_rates[layer]; }
    double lambda(std::size_t layer) const override;

    Result<void> saveCheckpoints(const std::filesystem::path& folder) const override;
    Result<void> resume(const std::filesystem::path& folder) override;
    Result<void> agree() override;
    void removeCheckpoints(const std::filesystem::path& folder) const override;

private:
    CrossLayerTrainer(std::shared_ptr<const ActivationStore> store,
        const std::vector<DictionaryTrainerOptions>& layers, std::shared_ptr<Workers> workers);
    Result<std::vector<Step>> takeStep();
    void shareWithAll();
    std::vector<std::int64_t> restart(const CrossLayerBatch& batch);

    std::shared_ptr<const ActivationStore> m_store;
    CrossLayerPlaces m_places;
    std::int64_t m_batchSize;
    std::int64_t m_totalSteps;
    CrossLayerWeights m_weights;
    CrossLayerWeights m_gradients;
    Adam m_adam;
    std::vector<DeadFeatures> m_dead;
    std::vector<FiringRates> m_rates; ///< Of this worker's share.
    ShuffledBatches m_batches;
    std::shared_ptr<Workers> m_workers; ///< None: alone.
    std::unique_ptr<CrossLayerObjective> m_objective;
};

} // namespace core
