#pragma once

#include "ui/train/training_job.h"

#include <QString>

namespace ui {

/// The training at hand and what it was set up with, or goes on with:
/// "matryoshka-2: Matryoshka ×8, k 8, 1,000,000 tokens, layer 2; learning rate 0.0005 ..."
QString runInWords(const TrainingJob& job);
/// Its last step: of one dictionary always, however many learn together. Null before the first.
const core::TrainMetrics* lastStep(const TrainingJob& job);
/// What that step and the last measurement say, a line each; before the first what it waits for.
QString figuresInWords(const TrainingJob& job);
/// What is done before the first step.
QString recordingInWords(const TrainingJob& job);
/// Where the dictionaries of it lie: "The dictionary was saved in ..."
QString savedInWords(const TrainingJob& job);

} // namespace ui
