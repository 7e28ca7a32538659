#include "core/engine/feature_rows.h"
#include "core/engine/job_support.h"
#include "core/engine/patch_file.h"
#include "core/engine/patch_jobs.h"
#include "core/engine/patch_work.h"
#include "core/files/atomic_write.h"

#include <algorithm>

namespace core {

namespace {

bool isJsonFile(const std::string& path)
{
    return path.ends_with(".json");
}

/// Before any work is done.
Result<void> checkEnding(const std::string& path)
{
    if (path.empty() || isJsonFile(path) || path.ends_with(".safetensors"))
        return {};
    return fail(Error::Code::Unsupported,
        path + ": the ending says what is written. Choose .json or .safetensors.");
}

PatchRequest requestOf(const PatchJob& job, const LoadedModel& model)
{
    PatchRequest request = job.request;
    if (request.sites.empty() && request.hooks.empty())
        request.sites
            = {PatchSite::ResidPre, PatchSite::AttnOut, PatchSite::MlpOut, PatchSite::Head};
    if (job.dictionaries.empty())
        return request;
    for (const auto& dictionary : model.dictionaries)
        request.dictionaries.push_back(dictionary->config().name);
    if (std::find(request.sites.begin(), request.sites.end(), PatchSite::Feature)
        == request.sites.end())
        request.sites.push_back(PatchSite::Feature);
    return request;
}

} // namespace

Result<PatchJobResult> patchJob(const PatchJob& job, const JobControl& control)
{
    return guarded([&]() -> Result<PatchJobResult> {
        if (auto checked = checkEnding(job.out); !checked)
            return fail(checked.error());
        const auto model = loadForJob(job.model, job.dictionaries, control);
        if (!model)
            return fail(model.error());
        const auto labels = labelsFor(job.model, control);
        auto result = patchPrompts(*model, requestOf(job, *model),
            labels ? rowLookup(*labels) : RowLookup(), control.progress, control.stop);
        if (!result)
            return fail(result.error());
        PatchJobResult out;
        out.json = patchJson(*result, job.leadsWithApproximate);
        if (!job.out.empty()) {
            const auto written = isJsonFile(job.out) ? writeAtomically(job.out, out.json + "\n")
                                                     : writePatchTensors(*result, job.out);
            if (!written)
                return fail(written.error());
        }
        out.result = std::move(*result);
        return out;
    });
}

} // namespace core
