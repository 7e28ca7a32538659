#include "core/api/steering_files.h"

#include "core/engine/request_table.h"
#include "core/session/session_json.h"

namespace core {

Result<std::string> run(const SaveSteeringRequest& request, Context&)
{
    if (auto written = writeSteering(request); !written)
        return fail(written.error());
    return request.path;
}

Result<SteeringFile> run(const ReadSteeringRequest& request, Context&)
{
    return readSteering(request.path);
}

const Handles<SaveSteeringRequest> kSaveSteering(Runs::OnWriter, run);
const Handles<ReadSteeringRequest> kReadSteering(Runs::OnReader, run);

} // namespace core
