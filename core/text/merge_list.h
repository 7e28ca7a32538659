#pragma once

#include "core/text/text_list.h"

#include <optional>
#include <string>
#include <string_view>

namespace core {

/// The merges of a file in its order, the strongest first: the spellings of what is joined. Ends
/// before the first entry that is none; `problem` says what is wrong with that.
class MergeList {
public:
    void add(std::string_view left, std::string_view right);
    void addLine(std::string_view line); ///< "left right".
    void addDamaged(); ///< An entry that is neither a pair nor a text.

    std::size_t size() const { return m_sides.size() / 2; }
    std::string_view left(std::size_t rank) const { return m_sides[2 * rank]; }
    std::string_view right(std::size_t rank) const { return m_sides[2 * rank + 1]; }
    const std::optional<std::string>& problem() const { return m_problem; }

private:
    void complain(const std::string& problem);

    TextList m_sides; // left and right in turns
    std::optional<std::string> m_problem;
};

} // namespace core
