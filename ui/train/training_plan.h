#pragma once

#include "core/api/estimate_training.h"
#include "core/api/model_info.h"
#include "core/api/training_settings.h"

#include <cstdint>
#include <optional>

#include <QString>

namespace ui {

/// What the form of the Train page says: what to train and on which text.
struct TrainingPlan {
    core::TrainingSettings settings;
    core::TrainingText text;

    bool operator==(const TrainingPlan&) const = default;
};

enum class TrainingPreset : std::uint8_t {
    FirstLook, ///< Minutes.
    Good, ///< Hours.
    AsPublished ///< What the architecture's paper used, where it says so.
};

/// The architecture, place and text stay as a person chose them; the rest fits the model.
TrainingPlan presetPlan(
    TrainingPreset preset, const core::ModelInfo& model, const TrainingPlan& chosen);

/// As the settings file keeps it; fields that it lacks are read as their defaults.
QString planText(const TrainingPlan& plan);
std::optional<TrainingPlan> planOf(const QString& text);

/// How many times the learning rate is the usual one of a first look.
double timesUsualRate(const TrainingPlan& plan, const core::ModelInfo& model);
/// From here on nearly every training runs away.
inline constexpr double kWildRate = 30.0;

/// "Layers: Leave them empty."; the message alone where it begins with the field itself.
QString problemInWords(const core::TrainingProblem& problem, const QString& title);

QString architectureName(core::TrainedArchitecture architecture); ///< "BatchTopK"

} // namespace ui
