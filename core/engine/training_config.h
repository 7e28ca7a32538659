#pragma once

#include "core/api/training_settings.h"
#include "core/base/result.h"
#include "core/model/model_config.h"
#include "core/training/dictionary_training.h"
#include "core/training/language_model_trainer.h"

#include <filesystem>
#include <optional>
#include <string>

namespace core {

/// A training configuration file: JSON with SAELens' field names (// comments allowed). Unknown
/// fields are refused by name, so that a misspelt one cannot be ignored.
struct DictionaryTrainingConfig {
    DictionaryTrainerOptions options;
    std::vector<int> layers; ///< Empty = every layer.
    bool isCrossLayer = false; ///< Transcoders that write to all later layers, as one.
    std::string startFrom; ///< Dictionaries to begin with; empty: new ones.
    std::string dtype = "float32";
    /// Every text begins with BOS, also where the tokenizer adds none; false: as the tokenizer has
    /// it.
    bool prependsBos = true;
    double measureEvery = 0.025, checkpointEvery = 60.0; ///< As in TrainingSettings.
    /// Nobody said over how many steps the penalty rises: each architecture of a sweep has its own.
    bool hasUsualWarmUp = false;
    TrainingSweep sweep;
};

/// JumpReLU with the tanh penalty, or one that aims at an L0: a first threshold and a window as
/// Anthropic (January 2025) and SAELens' guide give them for inputs of norm sqrt(d). In a narrow
/// window at a small threshold nothing moves it from there.
void setWideWindow(DictionaryTrainerOptions& options);

std::int64_t stepsOf(const DictionaryTrainerOptions& options); ///< Of a whole run.
/// The steps over which the penalty rises where nobody says: all of a JumpReLU's, else none.
void setUsualWarmUp(DictionaryTrainerOptions& options);

Result<DictionaryTrainingConfig> readDictionaryTraining(
    const std::filesystem::path& path, bool isTranscoder);

/// The same as a file that reads back equal, for the folder of a run.
std::string writtenDictionaryTraining(const DictionaryTrainingConfig& config);

/// What an architecture is called in a configuration; nothing for other names.
std::optional<DictionaryObjective> trainedObjective(const std::string& name);
std::string trainedObjectiveNames(); ///< All of them, parted by commas.

struct LanguageModelTrainingConfig {
    ModelConfig model;
    LanguageModelTrainerOptions options;
    std::string tokenizer; ///< A tokenizer.json or a folder with one; empty = trained on the corpus
                           ///< with d_vocab entries.
    int d_vocab = 2048;
    std::string dtype = "float32";
};

Result<LanguageModelTrainingConfig> readLanguageModelTraining(const std::filesystem::path& path);

/// A commented default for an architecture by SAELens' name ("l1" stands for "standard" too), or
/// for a cross-layer transcoder ("clt").
Result<std::string> defaultDictionaryTraining(const std::string& architecture, bool isTranscoder);

} // namespace core
