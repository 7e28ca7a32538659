#pragma once

#include "core/model/hook_point.h"

namespace tests {

/// Where the dictionaries trained in tests read and write.
inline const core::HookPoint kRead{core::HookKind::MlpIn, core::Layer(0)};
inline const core::HookPoint kWrite{core::HookKind::MlpOut, core::Layer(0)};

} // namespace tests
