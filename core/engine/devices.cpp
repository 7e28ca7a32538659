#include "core/api/devices.h"

#include "core/engine/request_table.h"
#include "core/model/precision.h"

namespace core {

Result<std::vector<std::string>> run(const DevicesRequest&, Context&)
{
    return devicesHere();
}

const Handles<DevicesRequest> kDevices(Runs::OnReader, run);

} // namespace core
