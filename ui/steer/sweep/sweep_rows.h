#pragma once

#include "core/api/sweep.h"

#include <functional>
#include <optional>
#include <vector>

#include <QString>

namespace ui {

/// What a person chose to compare; the rows and columns of a sweep follow from it.
struct SweepChoice {
    std::vector<core::InterventionMode> methods;
    bool isUnguarded = true, isGuarded = true; ///< A row each.
    bool isEach = false; ///< Every feature by itself, not all changes together.
    std::vector<double> strengths;
    int samples = 1; ///< Texts per cell.
    int maxTokens = 40;
    double temperature = 0.6; ///< Samples differ, and the guard has beginnings to choose from.
};

/// Parts of a row's name stand one below the other at the grid's side.
inline constexpr char16_t kNameParts[] = u" · ";

QString sweepMethodName(core::InterventionMode mode);

/// "1, 2, 5, 10" as numbers, ascending, each once; none where something else stands there, or more
/// than `kMostStrengths` of them.
std::optional<std::vector<double>> strengthsOf(const QString& text);
inline constexpr int kMostStrengths = 24;
/// What strengthsOf takes, for whoever wrote something else.
QString strengthsWanted();

/// The request of a sweep that goes on from what the Steer page would generate: its prompt, its
/// changes that are switched on, its guard (or the engine's own) and its sampling. `isHarvested`
/// says of which dictionaries maxima are known, so that strengths can count them.
core::SweepRequest sweepRequest(const core::GenerateRequest& source, const SweepChoice& choice,
    const std::function<QString(const core::FeatureRef&)>& nameOf,
    const std::function<bool(const std::string& dictionary)>& isHarvested);

/// The changes of a row at one of the sweep's strengths.
std::vector<core::Intervention> changesAt(const core::SweepRequest& request, int row, int column);

/// "5 ×" where strengths count maxima, else "5".
QString sweepStrength(const core::SweepRequest& request, int column);

} // namespace ui
