#pragma once

#include "core/base/result.h"
#include "core/files/safetensors.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace core {

/// What the restricted unpickler builds instead of Python objects. Nodes belong to the reader that
/// made them and may refer to each other in any way, also in circles.
struct PickleNode;

struct PickleNone { };
/// An integer beyond 64 bits: its bytes as stored, little-endian.
struct PickleBigInteger {
    std::string bytes;
};
struct PickleBytes {
    std::string bytes;
};
struct PickleList {
    std::vector<PickleNode*> items;
    bool isTuple = false;
};
struct PickleDict {
    std::vector<std::pair<PickleNode*, PickleNode*>> entries;
};
/// A name of Python's that the reader knows; nothing is imported.
struct PickleGlobal {
    std::string module;
    std::string name;

    std::string text() const { return module + "." + name; }
};
/// Numbers outside the pickle: a member of the archive, or what follows in the stream.
struct PickleStorage {
    std::string key;
    std::string type; ///< "FloatStorage"
    DType dtype = DType::Other;
    std::size_t itemBytes = 0;
    std::uint64_t count = 0; ///< Of items in the whole storage.
    std::uint64_t first = 0; ///< The part that a view of old files sees.
    std::uint64_t viewCount = 0;
};
using StorageRef = std::shared_ptr<const PickleStorage>;
struct PickleTensor {
    StorageRef storage;
    DType dtype = DType::Other;
    std::string_view typeName; ///< "float32", of a static table.
    std::size_t itemBytes = 0;
    std::int64_t offset = 0; ///< In items of the tensor.
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;
};
using TensorRef = std::shared_ptr<const PickleTensor>;

struct PickleNode {
    std::variant<PickleNone, bool, std::int64_t, PickleBigInteger, double, std::string, PickleBytes,
        PickleList, PickleDict, PickleGlobal, StorageRef, TensorRef>
        value;
};

/// Thrown inside the reader and turned into an Error where it ends.
struct PickleProblem {
    Error::Code code;
    std::string message; ///< A clause; the file's name stands before it and a mend after it.
};

[[noreturn]] inline void brokenPickle(std::string message)
{
    throw PickleProblem{Error::Code::InvalidFile, std::move(message)};
}

template <typename T> const T* as(const PickleNode* node)
{
    return std::get_if<T>(&node->value);
}
template <typename T> T* as(PickleNode* node)
{
    return std::get_if<T>(&node->value);
}

} // namespace core
