#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Where a model can run: "cpu" first, then "cuda:0" and so on; what this build of the tensor
/// library and this machine have.
struct DevicesRequest {
    using Answer = std::vector<std::string>;
    static constexpr std::string_view kName = "devices";
};

} // namespace core
