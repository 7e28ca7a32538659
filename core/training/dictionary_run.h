#pragma once

#include "core/training/dictionary_trainer.h"
#include "core/training/training_run.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace core {

/// Several dictionaries that learn from one pass over a text, a step each in turn, so that all are
/// as far whenever it is stopped. They do not know each other: each becomes what it would become
/// alone. Holds weights, gradients and Adam's two moments of all of them.
///
/// Not thread-safe.
class DictionaryRun final : public TrainingRun {
public:
    /// Names of the options must differ: they are names of files.
    static Result<std::unique_ptr<DictionaryRun>> create(
        const std::shared_ptr<const ActivationStore>& store,
        const std::vector<DictionaryTrainerOptions>& options,
        const std::shared_ptr<Workers>& workers = {});

    using TrainingRun::Step;
    /// One step of the one that is behind. After an error nothing has changed.
    Result<Step> step();
    Result<std::vector<Step>> advance() override;

    void change(double learningRate, std::optional<double> lambda) override; ///< Of all of them.

    std::size_t size() const override { return m_trainers.size(); }
    const DictionaryTrainer& trainer(std::size_t index) const { return *m_trainers[index]; }
    const std::string& name(std::size_t i) const override { return trainer(i).name(); }
    std::int64_t features(std::size_t i) const override { return trainer(i).features(); }
    std::int64_t stepsOf(std::size_t i) const override { return trainer(i).steps(); }
    std::int64_t steps() const override; ///< Of all together.
    std::int64_t totalSteps() const override;

    /// As they are now, in the order of the options.
    Result<Dictionaries> dictionaries() const override;
    Result<Dictionaries> current(std::size_t i) const override;
    const FiringRates& firingRates(std::size_t i) const override
    {
        return trainer(i).firingRates();
    }
    double lambda(std::size_t i) const override { return trainer(i).lambda(); }

    Result<void> saveCheckpoints(const std::filesystem::path& folder) const override;
    Result<void> resume(const std::filesystem::path& folder) override;
    Result<void> agree() override;
    void removeCheckpoints(const std::filesystem::path& folder) const override;

private:
    std::vector<std::unique_ptr<DictionaryTrainer>> m_trainers;
};

} // namespace core
