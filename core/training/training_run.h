#pragma once

#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/training/dictionary_trainer.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace core {

/// Dictionaries in the making, from one recorded text: several that do not know each other
/// (DictionaryRun), or the layers of one cross-layer transcoder (CrossLayerTrainer).
class TrainingRun {
public:
    struct Step {
        std::size_t dictionary = 0;
        DictionaryMetrics metrics;
    };

    virtual ~TrainingRun() = default;

    /// The next step: what it measured, of each dictionary that took it. After an error nothing has
    /// changed.
    virtual Result<std::vector<Step>> advance() = 0;
    /// From the next step on; without a lambda each keeps its own.
    virtual void change(double learningRate, std::optional<double> lambda) = 0;

    virtual std::size_t size() const = 0; ///< Dictionaries.
    virtual const std::string& name(std::size_t dictionary) const = 0;
    virtual std::int64_t features(std::size_t dictionary) const = 0;
    virtual std::int64_t stepsOf(std::size_t dictionary) const = 0;
    bool isDone() const { return steps() == totalSteps(); }
    virtual std::int64_t steps() const = 0; ///< Calls of `advance` that succeeded.
    virtual std::int64_t totalSteps() const = 0;

    /// As they are now.
    virtual Result<Dictionaries> dictionaries() const = 0;
    /// One as it is now, alone; of a cross-layer transcoder all layers, which write together.
    virtual Result<Dictionaries> current(std::size_t dictionary) const = 0;
    /// Of this worker's share. Not part of a checkpoint.
    virtual const FiringRates& firingRates(std::size_t dictionary) const = 0;
    /// As its warm-up has it now; 0 where there is no penalty.
    virtual double lambda(std::size_t dictionary) const = 0;

    /// Atomically, a file for what learns together; each says by itself how far it is.
    virtual Result<void> saveCheckpoints(const std::filesystem::path& folder) const = 0;
    /// Goes on from those that are there; what has no checkpoint begins anew.
    virtual Result<void> resume(const std::filesystem::path& folder) = 0;
    /// To all workers what the first one has; nothing alone.
    virtual Result<void> agree() = 0;
    virtual void removeCheckpoints(const std::filesystem::path& folder) const = 0;

    static std::filesystem::path checkpoint(
        const std::filesystem::path& folder, const std::string& name)
    {
        return folder / (name + ".checkpoint.safetensors");
    }
};

} // namespace core
