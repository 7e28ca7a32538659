#pragma once

#include "core/api/training_measurement.h"
#include "core/api/training_settings.h"
#include "core/api/workers.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// What one step of one dictionary measured, on its batch before the step.
struct TrainMetrics {
    std::string dictionary; ///< "layer_2"; empty for a language model.
    std::int64_t step = 0, totalSteps = 0, tokens = 0;
    double loss = 0, mse = 0; ///< loss = mse + sparsity + aux
    double sparsity = 0; ///< The penalty, λ included.
    double aux = 0; ///< What dead features pay.
    double l0 = 0, fvu = 0, learningRate = 0, tokensPerSecond = 0;
    double gradientNorm = 0; ///< Of all gradients together.
    std::int64_t deadFeatures = 0, features = 0;
    double secondsLeft = 0; ///< Of the whole run; 0 = not known yet.
    bool isKept = true; ///< It is one of the rows that metrics.csv keeps; others only show that it
                        ///< goes on.
    std::shared_ptr<const TrainingMeasurement> measured; ///< Of a few rows; null in the others.
};

/// Where a training ended.
struct TrainingOutcome {
    std::string folder;
    bool isPaused = false; ///< It was stopped before its end: it can go on from `folder`.
    std::vector<std::string> dictionaries; ///< Folders to open; empty while it is paused.
    std::vector<TrainMetrics> metrics; ///< The rows that were kept, in the order of steps.
    std::string note; ///< What a person should know; usually empty.
};

/// What may be other from a pause on.
struct TrainingChanges {
    double learningRate = 0; ///< Warm-up and decay go on in its proportion.
    double lambda = 0; ///< Not used by TopK and BatchTopK.
};

/// Trains one or several dictionaries on the open model from one pass over the text; its parts are
/// what is measured on the way. Cancelled while it learns, it answers with a pause: checkpoints in
/// `out` and, until another is trained, in memory.
struct TrainDictionaryRequest {
    using Answer = TrainingOutcome;
    using Part = TrainMetrics;
    static constexpr std::string_view kName = "train";

    std::optional<TrainingSettings> settings; ///< Else a configuration file.
    TrainingText text;
    std::string out; ///< A folder.
    bool isResuming = false; ///< Goes on with the run in `out`, as it was set up; what stands above
                             ///< is not used.
    std::optional<TrainingChanges> changes; ///< When it goes on; else it goes on exactly.

    WorkerGroup workers; ///< Each takes its share of every batch.

    bool isTranscoder = false; ///< Of a configuration file.
    bool isCrossLayer = false; ///< Transcoders: across layers, whatever the file says.
    TrainingSweep sweep; ///< Of a configuration file that names none.
    std::string configFile; ///< SAELens' field names.
    std::string startFrom; ///< Where given, in place of the file's `start_from`.
};

/// Trains a small language model on a text.
struct TrainLanguageModelRequest {
    using Answer = std::vector<TrainMetrics>;
    using Part = TrainMetrics;
    static constexpr std::string_view kName = "train-language-model";

    std::string corpus, configFile, out;
};

/// A commented default for an architecture.
struct DefaultTrainingConfigRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "default-training-config";

    std::string architecture;
    bool isTranscoder = false;
};

} // namespace core
