#include "core/model/weight_conversion.h"

#include "core/model/int8_groups.h"
#include "core/model/tensor_io.h"

#include <ATen/ATen.h>

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

bool addsOne(const WeightSlot& slot, const ModelConfig& config)
{
    return config.storesGainMinusOne && slot.role == WeightRole::Gain;
}

bool isKeptInMap(const StoredWeight& stored, const ModelConfig& config, const Precision& precision)
{
    const auto type = floatType(stored.view->dtype);
    const bool isAligned = reinterpret_cast<std::uintptr_t>(stored.view->bytes.data())
            % dtypeBytes(stored.view->dtype)
        == 0;
    return precision.device.is_cpu() && isAligned && type
        && *type == keptType(stored.slot, stored.view->dtype, precision)
        && !addsOne(stored.slot, config);
}

} // namespace

WeightBytes weightBytes(
    const StoredWeight& stored, const ModelConfig& config, const Precision& precision)
{
    const auto bytes = static_cast<std::int64_t>(stored.view->bytes.size());
    if (isKeptInMap(stored, config, precision))
        return {bytes, 0};
    const at::ScalarType type = keptType(stored.slot, stored.view->dtype, precision);
    const std::int64_t numbers = bytes / static_cast<std::int64_t>(dtypeBytes(stored.view->dtype));
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
    auto tensor = toStoredTensor(*stored.view, stored.owner);
    if (!tensor)
        return fail(tensor.error().code, stored.path.string() + ": " + tensor.error().message);
    if (isKeptInMap(stored, config, precision)) {
        *slot.tensor = std::move(*tensor);
        return {};
    }
    // What a model keeps must also be usable where gradients are taken.
    const c10::InferenceMode noInference(false);
    const at::NoGradGuard noGrad;
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
        if (addsOne(slot, config))
            kept = kept + 1.0;
        *slot.tensor = std::move(kept);
    }
    if (stored.isInMap)
        releasePages(*stored.view);
    return {};
}

} // namespace core
