#include "core/model/tensor_io.h"

#include <cstring>
#include <optional>

#include <sys/mman.h>
#include <unistd.h>

#include <ATen/ATen.h>

namespace core {

namespace {

std::optional<at::ScalarType> scalarType(DType dtype)
{
    switch (dtype) {
    case DType::F32:
        return at::kFloat;
    case DType::F64:
        return at::kDouble;
    case DType::F16:
        return at::kHalf;
    case DType::BF16:
        return at::kBFloat16;
    case DType::I64:
        return at::kLong;
    case DType::I32:
        return at::kInt;
    case DType::I16:
        return at::kShort;
    case DType::I8:
        return at::kChar;
    case DType::U8:
        return at::kByte;
    case DType::Bool:
        return at::kBool;
    default:
        return std::nullopt;
    }
}

std::optional<DType> dtypeOf(at::ScalarType type)
{
    switch (type) {
    case at::kFloat:
        return DType::F32;
    case at::kHalf:
        return DType::F16;
    case at::kBFloat16:
        return DType::BF16;
    case at::kLong:
        return DType::I64;
    case at::kByte:
        return DType::U8;
    default:
        return std::nullopt;
    }
}

at::Tensor copyOf(const TensorView& view, at::ScalarType type)
{
    at::Tensor copy = at::empty(view.shape, type);
    if (!view.bytes.empty())
        std::memcpy(copy.data_ptr(), view.bytes.data(), view.bytes.size());
    return copy;
}

} // namespace

Result<at::Tensor> toStoredTensor(const TensorView& view, const std::shared_ptr<const void>& owner)
{
    const auto type = scalarType(view.dtype);
    if (!type)
        return fail(Error::Code::Unsupported,
            "Tensor `" + view.name + "` has type " + std::string(view.typeName())
                + ", which cannot be read here. Supported: F32, F16, BF16, F64 and integers.");
    // What a model keeps must also be usable where gradients are taken.
    const c10::InferenceMode noInference(false);
    const bool isAligned
        = reinterpret_cast<std::uintptr_t>(view.bytes.data()) % dtypeBytes(view.dtype) == 0;
    at::Tensor stored;
    if (isAligned && !view.bytes.empty()) {
        // Nobody writes through it: weights that are trained are copied first
        // (Transformer::copyTo).
        auto* data = const_cast<std::byte*>(view.bytes.data());
        stored = at::from_blob(
            data, view.shape, [owner](void*) {}, at::TensorOptions(*type));
    } else {
        stored = copyOf(view, *type);
    }
    return *type == at::kDouble ? stored.to(at::kFloat) : stored;
}

Result<at::Tensor> toTensor(const TensorView& view, const std::shared_ptr<const void>& owner)
{
    auto stored = toStoredTensor(view, owner);
    if (!stored || !at::isFloatingType(stored->scalar_type()))
        return stored;
    const c10::InferenceMode noInference(false);
    return stored->to(at::kFloat);
}

void releasePages(const TensorView& view)
{
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto start = reinterpret_cast<std::uintptr_t>(view.bytes.data());
    const auto begin = (start + page - 1) / page * page;
    const auto end = (start + view.bytes.size()) / page * page;
    if (end > begin)
        madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

Result<void> saveTensors(const std::filesystem::path& path,
    const std::vector<std::pair<std::string, at::Tensor>>& tensors,
    const std::map<std::string, std::string>& metadata)
{
    std::vector<at::Tensor> kept; // Contiguous copies live until the file is written.
    std::vector<TensorView> views;
    kept.reserve(tensors.size());
    for (const auto& [name, tensor] : tensors) {
        const auto dtype = dtypeOf(tensor.scalar_type());
        if (!dtype)
            return fail(Error::Code::Unsupported,
                path.string() + ": tensor `" + name + "` has a type that is not written here.");
        kept.push_back(tensor.detach().to(at::kCPU).contiguous());
        const at::Tensor& flat = kept.back();
        views.push_back({name, *dtype, flat.sizes().vec(),
            {static_cast<const std::byte*>(flat.data_ptr()), flat.nbytes()}});
    }
    return writeSafetensors(path, views, metadata);
}

Result<std::map<std::string, at::Tensor>> loadTensors(const std::filesystem::path& path)
{
    const auto file = SafetensorsFile::open(path);
    if (!file)
        return fail(file.error());
    std::map<std::string, at::Tensor> tensors;
    for (const TensorView& view : (*file)->tensors()) {
        auto tensor = toTensor(view, (*file)->file());
        if (!tensor)
            return fail(tensor.error().code, path.string() + ": " + tensor.error().message);
        tensors[view.name] = std::move(*tensor);
    }
    return tensors;
}

} // namespace core
