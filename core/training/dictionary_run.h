#pragma once

#include "core/training/dictionary_trainer.h"

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
class DictionaryRun {
public:
    /// Names of the options must differ: they are names of files.
    static Result<std::unique_ptr<DictionaryRun>> create(
        const std::shared_ptr<const ActivationStore>& store,
        const std::vector<DictionaryTrainerOptions>& options);

    struct Step {
        std::size_t dictionary = 0;
        DictionaryMetrics metrics;
    };
    /// One step of the one that is behind. After an error nothing has changed.
    Result<Step> step();

    /// Of all of them, from the next step on; without a lambda each keeps its own.
    void change(double learningRate, std::optional<double> lambda);

    std::size_t size() const { return m_trainers.size(); }
    const DictionaryTrainer& trainer(std::size_t index) const { return *m_trainers[index]; }
    bool isDone() const { return steps() == totalSteps(); }
    std::int64_t steps() const; ///< Of all together.
    std::int64_t totalSteps() const;

    /// As they are now, in the order of the options.
    Result<Dictionaries> dictionaries() const;

    static std::filesystem::path checkpoint(
        const std::filesystem::path& folder, const std::string& name);
    /// A file for each, atomically; each says by itself how far it is.
    Result<void> saveCheckpoints(const std::filesystem::path& folder) const;
    /// Goes on from those that are there; one without a checkpoint begins anew.
    Result<void> resume(const std::filesystem::path& folder);
    void removeCheckpoints(const std::filesystem::path& folder) const;

private:
    std::vector<std::unique_ptr<DictionaryTrainer>> m_trainers;
};

} // namespace core
