#include "core/engine/swap_jobs.h"

#include "core/engine/feature_rows.h"
#include "core/engine/intervene_work.h"
#include "core/engine/job_support.h"
#include "core/engine/swap_work.h"

namespace core {

namespace {

/// Dictionaries given as paths are the ones to use; otherwise the request's names stand.
void useOpened(const std::vector<std::string>& paths, const LoadedModel& model,
    std::vector<std::string>& names)
{
    if (!paths.empty())
        for (const auto& dictionary : model.dictionaries)
            names.push_back(dictionary->config().name);
}

} // namespace

Result<InterveneResult> interveneJob(const InterveneJob& job, const JobControl& control)
{
    return guarded([&]() -> Result<InterveneResult> {
        auto model = loadForJob(job.model, job.dictionaries, control);
        if (!model)
            return fail(model.error());
        InterveneRequest request = job.request;
        const auto scaled = scaledSettings(*model, request, job.factors, control.stop);
        if (!scaled)
            return fail(scaled.error());
        request.settings.insert(request.settings.end(), scaled->begin(), scaled->end());
        return interveneOn(*model, request, control.stop);
    });
}

Result<SwapTestResult> swapTestJob(const SwapTestJob& job, const JobControl& control)
{
    return guarded([&]() -> Result<SwapTestResult> {
        auto model = loadForJob(job.model, job.dictionaries, control);
        if (!model)
            return fail(model.error());
        SwapTestRequest request = job.request;
        useOpened(job.dictionaries, *model, request.dictionaries);
        const auto labels = labelsFor(job.model, control);
        return swapTest(*model, request, labels ? rowLookup(*labels) : RowLookup(),
            control.progress, control.stop);
    });
}

Result<ConceptFeatures> conceptJob(const ConceptJob& job, const JobControl& control)
{
    return guarded([&]() -> Result<ConceptFeatures> {
        auto model = loadForJob(job.model, job.dictionaries, control);
        if (!model)
            return fail(model.error());
        ConceptRequest request = job.request;
        useOpened(job.dictionaries, *model, request.dictionaries);
        const auto labels = labelsFor(job.model, control);
        return findConcept(*model, request, labels ? rowLookup(*labels) : RowLookup(),
            control.progress, control.stop);
    });
}

} // namespace core
