#include "core/files/atomic_write.h"
#include "core/files/dtype_table.h"
#include "core/files/safetensors.h"

#include <algorithm>
#include <ostream>

#include <nlohmann/json.hpp>

namespace core {

namespace {

tl::unexpected<Error> refused(
    const std::filesystem::path& path, const std::string& tensor, const char* problem)
{
    return fail(
        Error::Code::Internal, path.string() + ": tensor `" + tensor + "` " + problem + ".");
}

Result<void> checkTensor(const std::filesystem::path& path, const TensorView& tensor)
{
    if (tensor.dtype == DType::Other)
        return refused(path, tensor.name, "has a type that cannot be written");
    if (tensor.name == "__metadata__")
        return refused(path, tensor.name, "has a name that the format keeps for itself");
    std::uint64_t needed = dtypeBytes(tensor.dtype);
    for (const std::int64_t size : tensor.shape) {
        if (size < 0 || __builtin_mul_overflow(needed, static_cast<std::uint64_t>(size), &needed))
            return refused(path, tensor.name, "has an impossible shape");
    }
    if (needed != tensor.bytes.size())
        return refused(path, tensor.name, "has data that do not match its shape");
    return {};
}

} // namespace

Result<void> writeSafetensors(const std::filesystem::path& path,
    const std::vector<TensorView>& tensors, const std::map<std::string, std::string>& metadata)
{
    std::vector<const TensorView*> order;
    for (const TensorView& tensor : tensors) {
        if (const Result<void> checked = checkTensor(path, tensor); !checked)
            return checked;
        order.push_back(&tensor);
    }
    std::sort(order.begin(), order.end(), [](const TensorView* a, const TensorView* b) {
        const int rankA = dtypeRank(a->dtype);
        const int rankB = dtypeRank(b->dtype);
        return rankA != rankB ? rankA > rankB : a->name < b->name;
    });

    std::vector<std::string_view> names;
    for (const TensorView* tensor : order)
        names.push_back(tensor->name);
    std::sort(names.begin(), names.end());
    if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
        return refused(path, std::string(*twice), "is given twice");

    std::string text = "{";
    try {
        if (!metadata.empty())
            text.append("\"__metadata__\":").append(nlohmann::json(metadata).dump());
        std::uint64_t offset = 0;
        for (const TensorView* tensor : order) {
            const std::uint64_t end = offset + tensor->bytes.size();
            if (text.size() > 1)
                text.append(",");
            text.append(nlohmann::json(tensor->name).dump()).append(":{\"dtype\":\"");
            text.append(dtypeName(tensor->dtype)).append("\",\"shape\":");
            text.append(nlohmann::json(tensor->shape).dump()).append(",\"data_offsets\":[");
            text.append(std::to_string(offset))
                .append(",")
                .append(std::to_string(end))
                .append("]}");
            offset = end;
        }
    } catch (const nlohmann::json::exception&) {
        return fail(Error::Code::Internal,
            path.string() + ": a name or a metadata text is not valid UTF-8.");
    }
    text.append("}");
    text.resize((text.size() + 7) / 8 * 8, ' ');

    return writeAtomically(path, [&](std::ostream& stream) -> Result<void> {
        const std::uint64_t size = text.size();
        stream.write(reinterpret_cast<const char*>(&size), sizeof size);
        stream.write(text.data(), static_cast<std::streamsize>(text.size()));
        for (const TensorView* tensor : order)
            stream.write(reinterpret_cast<const char*>(tensor->bytes.data()),
                static_cast<std::streamsize>(tensor->bytes.size()));
        return {};
    });
}

} // namespace core
