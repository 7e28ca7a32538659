#pragma once

#include "core/dictionary/dictionary.h"
#include "core/model/tensor_io.h"
#include "tests/core/dictionary/scratch_folder.h"

#include <stdexcept>

#include <ATen/ATen.h>

namespace tests {

using Tensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Writes tensors and text files as a release would lay them out. Containers are told by content,
/// so that a file called ae.pt may be a safetensors file here.
inline void writeTensors(const std::filesystem::path& path, const Tensors& tensors,
    const std::map<std::string, std::string>& metadata = {})
{
    std::filesystem::create_directories(path.parent_path());
    if (auto saved = core::saveTensors(path, tensors, metadata); !saved)
        throw std::runtime_error(saved.error().message);
}

/// The one dictionary at `path`; the error as an exception where it does not open.
inline std::shared_ptr<const core::Dictionary> openOne(const std::filesystem::path& path)
{
    auto opened = core::openDictionaries(path);
    if (!opened)
        throw std::runtime_error(opened.error().message);
    if (opened->size() != 1)
        throw std::runtime_error("several dictionaries");
    return opened->front();
}

/// The message of a refusal; "" where it opens.
inline std::string refusal(const std::filesystem::path& path)
{
    const auto opened = core::openDictionaries(path);
    return opened ? std::string() : opened.error().message;
}

inline bool holds(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace tests
