#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace core {

/// A compiled regular expression over valid UTF-8 with Unicode classes. May be used from any
/// thread.
class Regex {
public:
    /// `where` says in an error which pattern this is.
    static Result<Regex> compile(const std::string& pattern, const std::string& where);

    /// Calls `use` with all matches from left to right, as byte ranges that are not empty and do
    /// not overlap. Fails when a pattern needs more steps than any sane one does.
    Result<void> forEach(std::string_view text,
        const std::function<void(std::size_t begin, std::size_t end)>& use) const;

private:
    std::shared_ptr<const void> m_code;
};

} // namespace core
