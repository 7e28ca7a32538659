#pragma once

#include "core/api/node_key.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

/// A story that belongs to a graph and is kept with its marks.
struct Story {
    /// One arrow in words, whose ends are the boxes that hold these nodes.
    struct Line {
        NodeKey from, to;
        std::string fromName, toName; ///< As the boxes were called.
        std::string pattern; ///< As `ExplainedArrow::pattern`.
        double effect = 0;
        bool isBorneOut = false;

        bool operator==(const Line&) const = default;
    };

    std::string title; ///< "Why Austin? (99 %)"
    std::string answer; ///< "Austin"
    std::string summary; ///< What the boxes carry and what they leave out.
    std::vector<Line> lines; ///< The way a person reads: from the words to the answer.

    bool operator==(const Story&) const = default;
    bool isEmpty() const { return title.empty(); }
};

/// A line of the story with these names in it.
inline std::string filledIn(
    std::string pattern, const std::string& from, const std::string& to, const std::string& answer)
{
    std::string text;
    for (std::size_t at = 0; at < pattern.size();) {
        const auto put = [&](std::string_view hole, const std::string& name) {
            if (pattern.compare(at, hole.size(), hole) != 0)
                return false;
            text += name;
            at += hole.size();
            return true;
        };
        if (!put("{from}", from) && !put("{to}", to) && !put("{answer}", answer))
            text += pattern[at++];
    }
    return text;
}

} // namespace core
