#pragma once

#include "core/api/session.h"

#include <string>

namespace core {

/// How much of an answer is recorded: what says that it came out the same, or all that a record
/// could name.
enum class RecordDepth : std::uint8_t { Compact, Whole };

/// Empty for a step without an answer.
StepRecord recordOf(const SavedStep::Answer& answer, RecordDepth depth);

/// The first saved value that is another now: "steered.ids[3]: 17 saved, 21 now". Empty when all
/// are the same: whole numbers and texts exactly, numbers to 1e-4 and a thousandth, which is what
/// another machine's order of adding changes.
std::string differenceOf(const StepRecord& saved, const StepRecord& now);

/// "generate: The capital of"
std::string nameOfStep(const SavedStep::Request& request);

} // namespace core
