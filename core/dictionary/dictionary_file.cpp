#include "core/dictionary/dictionary_file.h"

#include "core/model/tensor_io.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

namespace core {

std::string dictionaryName(const std::filesystem::path& path)
{
    std::filesystem::path whole = std::filesystem::absolute(path).lexically_normal();
    if (!whole.has_filename())
        whole = whole.parent_path();
    const std::string parent = whole.parent_path().filename().string();
    return parent.empty() ? whole.filename().string() : parent + "/" + whole.filename().string();
}

Result<WeightReader> WeightReader::open(const std::filesystem::path& path, std::string sizesFrom)
{
    auto file = SafetensorsFile::open(path);
    if (!file)
        return fail(file.error());
    WeightReader reader;
    reader.m_file = *file;
    reader.m_path = path;
    reader.m_sizesFrom = std::move(sizesFrom);
    return reader;
}

std::vector<std::int64_t> WeightReader::shape(std::string_view name) const
{
    const TensorView* view = m_file->find(name);
    return view ? view->shape : std::vector<std::int64_t>{};
}

at::Tensor WeightReader::read(std::string_view name, const std::vector<std::int64_t>& shape)
{
    if (m_error)
        return {};
    const auto complain = [&](Error::Code code, const std::string& problem) {
        m_error = Error{code, fmt::format("{}: tensor `{}` {}", m_path.string(), name, problem)};
        return at::Tensor{};
    };
    const TensorView* view = m_file->find(name);
    if (!view)
        return complain(Error::Code::InvalidFile,
            "is missing. Export the dictionary again with all of its weights.");
    if (view->shape != shape)
        return complain(Error::Code::InvalidFile,
            fmt::format("has shape [{}], {} asks for [{}]. The two files may belong to different "
                        "dictionaries.",
                fmt::join(view->shape, ", "), m_sizesFrom, fmt::join(shape, ", ")));
    if (view->dtype != DType::F32 && view->dtype != DType::F16 && view->dtype != DType::BF16
        && view->dtype != DType::F64)
        return complain(Error::Code::Unsupported,
            fmt::format("is stored as {}; float32, float16 and bfloat16 are read.",
                dtypeName(view->dtype)));
    auto tensor = toTensor(*view, m_file->file());
    if (!tensor) {
        m_error = tensor.error();
        return {};
    }
    return *tensor;
}

std::string WeightReader::dtype(std::string_view name) const
{
    const TensorView* view = m_file->find(name);
    switch (view ? view->dtype : DType::F32) {
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
