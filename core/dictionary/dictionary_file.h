#pragma once

#include "core/dictionary/dictionary.h"
#include "core/files/tensor_file.h"

#include <initializer_list>
#include <optional>

namespace core {

/// "saes/layer_2": the last `parts` parts of a path.
std::string dictionaryName(const std::filesystem::path& path, int parts = 2);

/// Rows and columns of a matrix.
struct MatrixSize {
    int rows = 0, columns = 0;
};

/// Dictionary tensors of one file of any container, asked for by name and shape. Remembers the
/// first problem, so that a reader can be written straight down and checked once; every message
/// names the file and the tensor.
class WeightReader {
public:
    /// `sizesFrom` says in messages where the expected sizes come from. Names below a key
    /// `state_dict` or behind a module prefix are found without it.
    static Result<WeightReader> open(const std::filesystem::path& path, std::string sizesFrom);

    bool has(std::string_view name) const { return view(name) != nullptr; }
    /// The first of `names` that is there; the first of all where none is.
    std::string first(std::initializer_list<const char*> names) const;
    /// Shape as stored, empty when absent.
    std::vector<std::int64_t> shape(std::string_view name) const;
    /// Of a tensor that must be a matrix of a sensible size; zeros (and a problem) otherwise.
    MatrixSize matrixSize(std::string_view name);
    /// In float32. Undefined (and a problem) where the tensor is missing, has another shape or is
    /// not of floating point.
    at::Tensor read(std::string_view name, const std::vector<std::int64_t>& shape);
    /// The same, but 16-bit numbers stay as they are stored.
    at::Tensor stored(std::string_view name, const std::vector<std::int64_t>& shape);
    /// A tensor of one number, of any numeric type.
    double scalar(std::string_view name);
    /// "float32", "float16", "bfloat16" as stored.
    std::string dtype(std::string_view name) const;
    const TensorFile& file() const { return *m_file; }
    const nlohmann::json& values() const { return m_file->values(); }
    Result<void> check() const;

private:
    WeightReader() = default;
    const TensorView* view(std::string_view name) const;
    const TensorView* checkedView(std::string_view name, const std::vector<std::int64_t>& shape);
    at::Tensor complain(Error::Code code, std::string_view name, const std::string& problem);

    std::shared_ptr<const TensorFile> m_file;
    std::string m_prefix; // of every name in the file
    std::string m_sizesFrom; // the file the expected sizes come from
    std::optional<Error> m_error;
};

/// Reads a small text file whole; an error names it.
Result<std::string> readText(const std::filesystem::path& path);

} // namespace core
