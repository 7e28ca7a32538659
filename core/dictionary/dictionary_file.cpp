#include "core/dictionary/dictionary_file.h"

#include "core/base/text_file.h"
#include "core/model/tensor_io.h"

#include <limits>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace core {

namespace {

// What trainers put before every name when they save more than the weights, or a wrapped module.
constexpr std::string_view kPrefixes[]
    = {"state_dict.", "model_state_dict.", "sae.", "_orig_mod.", "module."};

} // namespace

std::string dictionaryName(const std::filesystem::path& path, int parts)
{
    std::filesystem::path whole = std::filesystem::absolute(path).lexically_normal();
    if (!whole.has_filename())
        whole = whole.parent_path();
    std::string name = whole.filename().string();
    for (int i = 1; i < parts; ++i) {
        whole = whole.parent_path();
        if (whole.filename().empty())
            break;
        name = whole.filename().string() + "/" + name;
    }
    return name;
}

Result<std::string> readText(const std::filesystem::path& path)
{
    constexpr std::uintmax_t kLargest = 1 << 20; // these files list a few names
    std::error_code error;
    if (std::filesystem::file_size(path, error) > kLargest && !error)
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: is larger than a configuration can be.", path.string()));
    return readTextFile(path);
}

Result<WeightReader> WeightReader::open(const std::filesystem::path& path, std::string sizesFrom)
{
    auto file = TensorFile::open(path);
    if (!file)
        return fail(file.error());
    WeightReader reader;
    reader.m_file = *file;
    reader.m_sizesFrom = std::move(sizesFrom);
    for (const std::string_view prefix : kPrefixes)
        for (const TensorView& tensor : reader.m_file->tensors())
            if (reader.m_prefix.empty() && tensor.name.starts_with(prefix))
                reader.m_prefix = prefix;
    return reader;
}

const TensorView* WeightReader::view(std::string_view name) const
{
    if (const TensorView* plain = m_file->find(name))
        return plain;
    return m_prefix.empty() ? nullptr : m_file->find(m_prefix + std::string(name));
}

std::string WeightReader::first(std::initializer_list<const char*> names) const
{
    for (const char* name : names)
        if (has(name))
            return name;
    return *names.begin();
}

std::vector<std::int64_t> WeightReader::shape(std::string_view name) const
{
    const TensorView* found = view(name);
    return found ? found->shape : std::vector<std::int64_t>{};
}

at::Tensor WeightReader::complain(
    Error::Code code, std::string_view name, const std::string& problem)
{
    if (!m_error)
        m_error = Error{
            code, fmt::format("{}: tensor `{}` {}", m_file->path().string(), name, problem)};
    return {};
}

MatrixSize WeightReader::matrixSize(std::string_view name)
{
    constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
    const TensorView* found = view(name);
    if (!found) {
        complain(Error::Code::InvalidFile, name,
            "is missing. Export the dictionary again with all of its weights.");
        return {};
    }
    const std::vector<std::int64_t>& shape = found->shape;
    if (shape.size() != 2 || shape[0] <= 0 || shape[1] <= 0 || shape[0] > kLargest
        || shape[1] > kLargest) {
        complain(Error::Code::InvalidFile, name,
            fmt::format("has shape [{}], where a matrix of features was expected. The file holds "
                        "another kind of weights.",
                fmt::join(shape, ", ")));
        return {};
    }
    return {static_cast<int>(shape[0]), static_cast<int>(shape[1])};
}

const TensorView* WeightReader::checkedView(
    std::string_view name, const std::vector<std::int64_t>& shape)
{
    if (m_error)
        return nullptr;
    const TensorView* found = view(name);
    if (!found) {
        complain(Error::Code::InvalidFile, name,
            "is missing. Export the dictionary again with all of its weights.");
        return nullptr;
    }
    if (found->shape != shape) {
        complain(Error::Code::InvalidFile, name,
            fmt::format("has shape [{}], {} asks for [{}]. The two may belong to different "
                        "dictionaries.",
                fmt::join(found->shape, ", "), m_sizesFrom, fmt::join(shape, ", ")));
        return nullptr;
    }
    if (found->dtype != DType::F32 && found->dtype != DType::F16 && found->dtype != DType::BF16
        && found->dtype != DType::F64) {
        complain(Error::Code::Unsupported, name,
            fmt::format(
                "is stored as {}; float32, float16 and bfloat16 are read.", found->typeName()));
        return nullptr;
    }
    return found;
}

at::Tensor WeightReader::read(std::string_view name, const std::vector<std::int64_t>& shape)
{
    const TensorView* found = checkedView(name, shape);
    if (!found)
        return {};
    auto tensor = toTensor(*found, m_file->owner());
    if (!tensor)
        return complain(tensor.error().code, name, tensor.error().message);
    return tensor->to(at::kFloat);
}

at::Tensor WeightReader::stored(std::string_view name, const std::vector<std::int64_t>& shape)
{
    const TensorView* found = checkedView(name, shape);
    if (!found)
        return {};
    auto tensor = toStoredTensor(*found, m_file->owner());
    if (!tensor)
        return complain(tensor.error().code, name, tensor.error().message);
    return tensor->scalar_type() == at::kDouble ? tensor->to(at::kFloat) : *tensor;
}

double WeightReader::scalar(std::string_view name)
{
    const TensorView* found = view(name);
    auto tensor = found ? toTensor(*found, m_file->owner())
                        : Result<at::Tensor>(fail(Error::Code::InvalidFile, "is missing."));
    if (!tensor) {
        complain(tensor.error().code, name, tensor.error().message);
        return 0.0;
    }
    if (tensor->numel() != 1) {
        complain(Error::Code::InvalidFile, name,
            fmt::format(
                "has shape [{}], where one number was expected.", fmt::join(found->shape, ", ")));
        return 0.0;
    }
    return tensor->to(at::kDouble).item<double>();
}

std::string WeightReader::dtype(std::string_view name) const
{
    const TensorView* found = view(name);
    switch (found ? found->dtype : DType::F32) {
    case DType::F16:
        return "float16";
    case DType::BF16:
        return "bfloat16";
    case DType::F64:
        return "float64";
    default:
        return "float32";
    }
}

Result<void> WeightReader::check() const
{
    if (m_error)
        return fail(*m_error);
    return {};
}

} // namespace core
