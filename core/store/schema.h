#pragma once

#include "core/base/result.h"
#include "core/store/database.h"

namespace core {

/// Makes the tables of a workspace in an empty file; leaves a workspace as it is; refuses another
/// program's database and one of a newer schema.
Result<void> createSchema(Database& database);

/// The same check for a file that is only read.
Result<void> checkSchema(Database& database);

} // namespace core
