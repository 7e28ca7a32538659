#pragma once

#include "core/api/generate.h"

#include <QString>

/// What is done to features and how texts are written, in words, for the clipboard.
namespace ui {

/// "clamp 2 × max, positions 3-7, while saes/layer_2:5 is above 0.1 × max, off": all that is set.
QString describeIntervention(const core::Intervention& intervention);

/// "max tokens 60, temperature 0.7, …", one line.
QString describeSettings(const core::GenerateSettings& settings);

/// Everything that makes a text and, where there is one, what was written with it.
QString describeExperiment(
    const QString& model, const core::GenerateRequest& request, const core::Generation* generation);

} // namespace ui
