#include "core/api/training_runs.h"

#include "core/engine/request_table.h"
#include "core/engine/training_folder.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace core {

Result<std::vector<TrainingRunInfo>> run(const TrainingRunsRequest& request, Context& context)
{
    namespace fs = std::filesystem;
    std::vector<std::pair<fs::file_time_type, TrainingRunInfo>> found;
    std::error_code error;
    for (fs::directory_iterator it(request.folder, error), end; !error && it != end;
         it.increment(error)) {
        if (context.stop.stop_requested())
            return cancelled();
        const TrainingFolder folder(it->path());
        if (!folder.isThere())
            continue;
        std::error_code untimed;
        const auto time = fs::last_write_time(it->path() / "training_run.json", untimed);
        if (auto info = folder.info())
            found.emplace_back(time, std::move(*info));
    }
    std::stable_sort(
        found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<TrainingRunInfo> runs;
    for (auto& each : found)
        runs.push_back(std::move(each.second));
    return runs;
}

const Handles<TrainingRunsRequest> kTrainingRuns(Runs::OnReader, run);

} // namespace core
