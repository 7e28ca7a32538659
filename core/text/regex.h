#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace core {

/// A compiled regular expression over valid UTF-8 with Unicode classes. May be used from any
/// thread.
class Regex {
public:
    /// `where` says in an error which pattern this is.
    static Result<Regex> compile(const std::string& pattern, const std::string& where);

    /// All matches from left to right, as byte ranges that do not overlap. Fails when a pattern
    /// needs more steps than any sane one does.
    Result<std::vector<std::pair<std::size_t, std::size_t>>> findAll(std::string_view text) const;

private:
    std::shared_ptr<const void> m_code;
};

} // namespace core
