#include "core/dictionary/saved_form.h"

#include <system_error>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

Result<at::ScalarType> savedType(const std::string& dtype)
{
    if (dtype == "float32")
        return at::kFloat;
    if (dtype == "float16")
        return at::kHalf;
    if (dtype == "bfloat16")
        return at::kBFloat16;
    return fail(Error::Code::Unsupported,
        fmt::format(
            "dtype \"{}\": dictionaries are saved as float32, float16 or bfloat16.", dtype));
}

at::Tensor savedTensor(const at::Tensor& tensor, at::ScalarType type)
{
    return tensor.detach().to(at::kCPU, type).contiguous();
}

std::string hookInItsBlock(const HookPoint& hook)
{
    const std::string name = hook.name();
    return name.substr(name.find('.', name.find('.') + 1) + 1);
}

Result<void> makeSavedFolder(const std::filesystem::path& folder)
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return fail(Error::Code::Io,
            fmt::format("{}: the folder cannot be made: {}.", folder.string(), error.message()));
    return {};
}

} // namespace core
