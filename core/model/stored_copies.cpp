#include "core/model/stored_copies.h"

#include "core/model/tensor_io.h"

#include <algorithm>
#include <cstring>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

Result<at::Tensor> numbersOf(const CheckpointFiles& files, const std::string& name)
{
    const auto file = files.fileOf(name);
    auto tensor = toStoredTensor(*files.find(name), file->owner());
    if (!tensor)
        return fail(tensor.error().code, file->path().string() + ": " + tensor.error().message);
    return tensor->reshape({-1});
}

void letGo(const CheckpointFiles& files, const std::string& name)
{
    if (files.fileOf(name)->container() == "safetensors")
        releasePages(*files.find(name));
}

} // namespace

Result<bool> holdSameNumbers(
    const CheckpointFiles& files, const std::string& name, const std::string& copy)
{
    const TensorView &a = *files.find(name), &b = *files.find(copy);
    if (a.dtype == b.dtype && a.bytes.size() == b.bytes.size()
        && (a.bytes.data() == b.bytes.data()
            || std::memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0)) {
        letGo(files, copy);
        return true;
    }
    // Other bytes may still be the same numbers: zeros of both signs, a copy in a wider type.
    const at::NoGradGuard noGrad;
    const auto first = numbersOf(files, name);
    if (!first)
        return fail(first.error());
    const auto second = numbersOf(files, copy);
    if (!second)
        return fail(second.error());
    constexpr std::int64_t kAtOnce = 1 << 20;
    const std::int64_t numbers = first->numel();
    bool isSame = numbers == second->numel();
    for (std::int64_t begin = 0; isSame && begin < numbers; begin += kAtOnce) {
        const std::int64_t count = std::min(kAtOnce, numbers - begin);
        isSame = at::equal(first->narrow(0, begin, count).to(at::kFloat),
            second->narrow(0, begin, count).to(at::kFloat));
    }
    return isSame;
}

} // namespace core
