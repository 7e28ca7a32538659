#pragma once

#include "core/api/train.h"
#include "ui/train/training_plan.h"

#include <vector>

#include <QStringList>

namespace ui {

/// What the measurements of a training say, in words, the most urgent first: what is seen, what is
/// behind it, what to try in which order. Empty while there is nothing to say.
QStringList adviceOn(const TrainingPlan& plan, const std::vector<core::TrainMetrics>& rows);

} // namespace ui
