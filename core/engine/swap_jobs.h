#pragma once

#include "core/api/find_concept.h"
#include "core/api/intervene.h"
#include "core/api/swap_test.h"
#include "core/engine/jobs.h"

#include <string>
#include <vector>

namespace core {

struct InterveneJob {
    std::string model;
    std::vector<std::string> dictionaries; ///< Paths.
    InterveneRequest request;
    std::vector<FeatureSetting> factors; ///< Besides: these activations times `value`.
};

struct SwapTestJob {
    std::string model;
    std::vector<std::string> dictionaries; ///< Paths.
    SwapTestRequest request;
};

struct ConceptJob {
    std::string model;
    std::vector<std::string> dictionaries; ///< Paths.
    ConceptRequest request;
};

/// The result's request holds every setting, the multiplied ones too.
Result<InterveneResult> interveneJob(const InterveneJob& job, const JobControl& control);
Result<SwapTestResult> swapTestJob(const SwapTestJob& job, const JobControl& control);
Result<ConceptFeatures> conceptJob(const ConceptJob& job, const JobControl& control);

} // namespace core
