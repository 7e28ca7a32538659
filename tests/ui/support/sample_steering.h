#pragma once

#include "core/api/sweep.h"
#include "core/api/what_steers.h"

/// The sweep and *What steers?* in the fake engine's small world (sample_results.h).
namespace tests {

/// The stronger the change, the more on topic; from 5 on unguarded texts are broken. The sweet spot
/// is the last row's last whole cell, and iso-KL the first strength of every row but the first.
core::Sweep sampleSweep(const core::SweepRequest& request);
/// Five features, of which the first three steer.
core::WhatSteers sampleWhatSteers(const core::WhatSteersRequest& request);

} // namespace tests
