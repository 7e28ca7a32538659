#pragma once

#include "core/base/result.h"
#include "core/model/hook_point.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// Activations that are recorded into a folder instead of memory (docs/formats.md section 9): a
/// file of float32 rows for each place, and `activations.json`, which says how far they are. What
/// was written before a stop or a crash is gone on with, if it is of the same text and places;
/// else it begins anew.
class ActivationFiles {
public:
    /// `key` says of which text, read how.
    static Result<std::unique_ptr<ActivationFiles>> open(const std::filesystem::path& folder,
        const std::string& key, const std::vector<HookPoint>& points, std::int64_t tokens);

    std::int64_t batches() const { return m_batches; } ///< That are there whole.
    std::int64_t tokens() const { return m_tokens; }
    /// The next batch: rows [n, d] of each place, as many of each. The first one says how much
    /// room is needed and whether the disk has it.
    Result<void> append(const std::map<HookPoint, at::Tensor>& rows);
    Result<void> save(); ///< What was appended is there after a crash.
    /// All rows, mapped: [tokens, d] each. Valid as long as any of the tensors is.
    Result<std::map<HookPoint, at::Tensor>> mapped() const;

private:
    ActivationFiles() = default;
    std::filesystem::path fileOf(HookPoint point) const;
    Result<void> begin(const std::map<HookPoint, at::Tensor>& rows);
    Result<void> openFiles();

    std::filesystem::path m_folder;
    std::string m_key;
    std::vector<HookPoint> m_points;
    std::map<HookPoint, std::int64_t> m_widths;
    std::map<HookPoint, std::ofstream> m_files;
    std::int64_t m_wanted = 0, m_batches = 0, m_tokens = 0;
};

} // namespace core
