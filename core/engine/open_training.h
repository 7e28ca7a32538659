#pragma once

#include "core/engine/context.h"
#include "core/engine/training_folder.h"
#include "core/engine/training_watch.h"
#include "core/training/training_run.h"
#include "core/workers/workers.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace core {

/// A training that can go on: its folder, what it was set up with, the dictionaries in the making.
struct OpenTraining {
    std::shared_ptr<const LoadedModel> model; ///< That it records on.
    TrainingFolder folder;
    DictionaryTrainingConfig config;
    TrainingRecord record;
    std::shared_ptr<TrainingRun> run;
    std::vector<TrainMetrics> rows; ///< That are kept, up to where the run is.
    std::string note; ///< What was put in front of the text, and why; usually empty.
    std::shared_ptr<TrainingWatch> watch; ///< Measures on the way.
    std::shared_ptr<Workers> workers; ///< None: alone.

    bool isWriter() const { return !workers || workers->isFirst(); } ///< Else the folder is left.

    /// Other values from the next step on, also after it was closed. An error names the field.
    Result<void> change(const TrainingChanges& changes);
    /// Checkpoints, metrics and record, as they are now.
    Result<void> save();
    /// The dictionaries as they are now, into the folder; their names below it.
    Result<std::vector<std::string>> writeDictionaries() const;
    TrainingOutcome outcome() const;
};

/// A new run takes its folder, over what was there: configuration, record, no metrics.
Result<void> enterFolder(const TrainingFolder& folder, const DictionaryTrainingConfig& config,
    const TrainingRecord& record);

/// Records the text's activations and begins what is set up, or with `isResuming` goes on from the
/// checkpoints in the folder, exactly. Refuses a text that is another than the run began with.
Result<std::shared_ptr<OpenTraining>> openTraining(const std::shared_ptr<const LoadedModel>& model,
    const DictionaryTrainingConfig& config, const TrainingRecord& record,
    const TrainingFolder& folder, bool isResuming, const std::shared_ptr<Workers>& workers,
    const Context& context);

/// The one that is paused in memory when it is that of `folder`, else opened from there.
Result<std::shared_ptr<OpenTraining>> pausedTraining(const TrainingFolder& folder,
    const Context& context, const std::shared_ptr<Workers>& workers = {});

} // namespace core
