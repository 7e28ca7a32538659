#include "core/model/weight_conversion.h"

#include "core/files/gguf_blocks.h"
#include "core/model/int8_groups.h"
#include "core/model/skinny_matmul.h"
#include "core/model/tensor_io.h"

#include <algorithm>
#include <atomic>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

bool isMatrix(const WeightSlot& slot)
{
    return slot.linear && slot.tensor == &slot.linear->weight;
}

std::optional<at::ScalarType> floatType(DType dtype)
{
    switch (dtype) {
    case DType::F32:
        return at::kFloat;
    case DType::F16:
        return at::kHalf;
    case DType::BF16:
        return at::kBFloat16;
    default:
        return std::nullopt;
    }
}

/// int8 stands for int8 with scales.
at::ScalarType keptType(const WeightSlot& slot, DType stored, const Precision& precision)
{
    const bool isVector = slot.role == WeightRole::Gain || slot.role == WeightRole::Bias;
    if (isVector)
        return at::kFloat;
    if (!precision.device.is_cpu())
        return precision.compute;
    if (!isMatrix(slot))
        return at::kFloat;
    switch (precision.weights) {
    case WeightForm::AsStored:
        return floatType(stored).value_or(at::kFloat);
    case WeightForm::BFloat16:
        return at::kBFloat16;
    case WeightForm::Float16:
        return at::kHalf;
    case WeightForm::Int8:
        break;
    }
    return at::kChar;
}

bool overflowsHalf(const at::Tensor& tensor)
{
    constexpr float kLargest = 65504.0f;
    if (tensor.scalar_type() == at::kHalf || tensor.numel() == 0)
        return false;
    const auto [least, most] = at::aminmax(tensor);
    return most.item<float>() > kLargest || least.item<float>() < -kLargest;
}

/// Whether some number has an exponent of ones, as NaN and the infinities do. `step` is the
/// exponent's lowest bit: added to such an exponent it carries into the sign, to no other. Plain
/// enough for the compiler to take many numbers at once, so that it costs what reading does.
template <typename Bits> bool holdsFullExponent(const Bits* numbers, std::int64_t count, Bits step)
{
    constexpr std::int64_t kGrain = 1 << 18;
    constexpr auto kSign = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));
    const auto exponent = static_cast<Bits>(kSign - step);
    std::atomic<bool> isFound{false};
    at::parallel_for(0, count, kGrain, [&](std::int64_t begin, std::int64_t end) {
        Bits carried = 0;
        for (std::int64_t i = begin; i < end; ++i)
            carried |= static_cast<Bits>((numbers[i] & exponent) + step);
        if (carried & kSign)
            isFound = true;
    });
    return isFound;
}

bool isFiniteThroughout(const at::Tensor& tensor)
{
    const auto is16 = [&](std::uint16_t step) {
        return !holdsFullExponent(
            static_cast<const std::uint16_t*>(tensor.data_ptr()), tensor.numel(), step);
    };
    switch (tensor.scalar_type()) {
    case at::kFloat:
        return !holdsFullExponent(static_cast<const std::uint32_t*>(tensor.data_ptr()),
            tensor.numel(), std::uint32_t{1} << 23u);
    case at::kHalf:
        return is16(1u << 10u);
    case at::kBFloat16:
        return is16(1u << 7u);
    default:
        return true;
    }
}

bool addsOne(const StoredWeight& stored, const ModelConfig& config)
{
    return config.storesGainMinusOne && stored.slot.role == WeightRole::Gain
        && !stored.hasWholeGain;
}

std::int64_t numbersIn(const StoredWeight& stored)
{
    std::int64_t count = 1;
    for (const std::int64_t size : stored.view->shape)
        count *= size;
    return count;
}

/// Stored blocks as float32, [rows, columns] or [columns].
at::Tensor decoded(const StoredWeight& stored)
{
    const BlockFormat& format = *stored.blocks;
    const c10::InferenceMode noInference(false);
    at::Tensor numbers = at::empty(stored.view->shape, at::kFloat);
    const auto blocks = static_cast<std::int64_t>(stored.view->bytes.size() / format.bytes);
    constexpr std::int64_t kGrain = 1024;
    auto* const to = numbers.data_ptr<float>();
    at::parallel_for(0, blocks, kGrain, [&](std::int64_t begin, std::int64_t end) {
        const auto first = static_cast<std::size_t>(begin);
        const auto count = static_cast<std::size_t>(end - begin);
        decodeBlocks(format, stored.view->bytes.subspan(first * format.bytes, count * format.bytes),
            to + first * format.numbers);
    });
    return numbers;
}

/// Rows in the order in which the slot has them.
at::Tensor inOrder(const StoredWeight& stored, const at::Tensor& tensor)
{
    if (stored.rowOrder.empty())
        return tensor;
    return tensor.index_select(0, at::tensor(stored.rowOrder, at::kLong));
}

bool isFinite(const StoredWeight& stored, const at::Tensor& tensor)
{
    return stored.blocks ? areScalesFinite(*stored.blocks, stored.view->bytes)
                         : isFiniteThroughout(tensor);
}

/// Matrices in blocks are multiplied as such on the CPU.
bool staysInBlocks(const StoredWeight& stored, const Precision& precision)
{
    return stored.blocks && isMatrix(stored.slot) && precision.device.is_cpu()
        && precision.weights == WeightForm::AsStored;
}

bool isKeptInMap(const StoredWeight& stored, const ModelConfig& config, const Precision& precision)
{
    if (staysInBlocks(stored, precision))
        return stored.rowOrder.empty();
    const auto type = floatType(stored.view->dtype);
    if (!type || !stored.rowOrder.empty())
        return false;
    const bool isAligned = reinterpret_cast<std::uintptr_t>(stored.view->bytes.data())
            % dtypeBytes(stored.view->dtype)
        == 0;
    return precision.device.is_cpu() && isAligned
        && *type == keptType(stored.slot, stored.view->dtype, precision)
        && !addsOne(stored, config);
}

tl::unexpected<Error> noNumbers(const StoredWeight& stored)
{
    return fail(Error::Code::InvalidFile,
        stored.path.string() + ": tensor `" + stored.view->name
            + "` holds NaN or infinite numbers, from which nothing can be computed. The file may "
              "be damaged, or its training have diverged.");
}

/// The blocks in the map, or their rows copied into the slot's order.
Result<void> placeBlocks(const StoredWeight& stored)
{
    if (!ReferenceScope::isActive() && !areScalesFinite(*stored.blocks, stored.view->bytes))
        return noNumbers(stored);
    const std::int64_t rows = stored.view->shape.front();
    const TensorView bytes{stored.view->name, DType::U8,
        {rows, static_cast<std::int64_t>(stored.view->bytes.size()) / rows}, stored.view->bytes};
    auto tensor = toStoredTensor(bytes, stored.owner);
    if (!tensor)
        return fail(tensor.error());
    const c10::InferenceMode noInference(false);
    Linear& linear = *stored.slot.linear;
    linear.weight = inOrder(stored, *tensor);
    linear.blocks = stored.blocks;
    linear.isInOut = false;
    if (!stored.rowOrder.empty())
        releasePages(*stored.view);
    return {};
}

} // namespace

WeightBytes weightBytes(
    const StoredWeight& stored, const ModelConfig& config, const Precision& precision)
{
    const auto bytes = static_cast<std::int64_t>(stored.view->bytes.size());
    if (isKeptInMap(stored, config, precision))
        return {bytes, 0};
    if (staysInBlocks(stored, precision))
        return {0, bytes};
    const at::ScalarType type = keptType(stored.slot, stored.view->dtype, precision);
    const std::int64_t numbers = numbersIn(stored);
    const auto width = static_cast<std::int64_t>(c10::elementSize(type));
    if (type != at::kChar)
        return {0, numbers * width};
    const Linear& linear = *stored.slot.linear;
    const std::int64_t columns
        = linear.isInOut ? stored.slot.shape.front() : stored.slot.shape.back();
    const std::int64_t groups = (columns + kInt8Group - 1) / kInt8Group;
    return {0,
        numbers
            + (columns > 0 ? numbers / columns : 0) * groups
                * static_cast<std::int64_t>(sizeof(float))};
}

Result<void> placeWeight(
    const StoredWeight& stored, const ModelConfig& config, const Precision& precision)
{
    const WeightSlot& slot = stored.slot;
    if (staysInBlocks(stored, precision))
        return placeBlocks(stored);
    auto tensor = stored.blocks ? Result<at::Tensor>(decoded(stored))
                                : toStoredTensor(*stored.view, stored.owner);
    if (!tensor)
        return fail(tensor.error().code, stored.path.string() + ": " + tensor.error().message);
    // The self-check's reference reads what was opened, and so checked, before.
    if (!ReferenceScope::isActive() && !isFinite(stored, *tensor))
        return noNumbers(stored);
    if (stored.isTurned)
        slot.linear->isInOut = false;
    if (isKeptInMap(stored, config, precision)) {
        *slot.tensor = std::move(*tensor);
        return {};
    }
    // What a model keeps must also be usable where gradients are taken.
    const c10::InferenceMode noInference(false);
    const at::NoGradGuard noGrad;
    *tensor = inOrder(stored, *tensor);
    const at::ScalarType type = keptType(slot, stored.view->dtype, precision);
    if (type == at::kChar) {
        // Rows of outputs, whichever way the file has it: the kernel for them is the faster one.
        auto [q, scales] = toInt8(slot.linear->isInOut ? tensor->t() : *tensor);
        *slot.tensor = std::move(q);
        slot.linear->scales = std::move(scales);
        slot.linear->isInOut = false;
    } else {
        if (type == at::kHalf && overflowsHalf(*tensor))
            return fail(Error::Code::Unsupported,
                stored.path.string() + ": tensor `" + stored.view->name
                    + "` holds numbers beyond 65504, the largest of float16. Open the model as "
                      "bfloat16 or float32.");
        at::Tensor kept = tensor->to(precision.device, type);
        if (addsOne(stored, config))
            kept = kept + 1.0;
        *slot.tensor = std::move(kept);
    }
    if (stored.isInMap)
        releasePages(*stored.view);
    return {};
}

} // namespace core
