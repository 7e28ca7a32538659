#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// Lets maps with string keys be asked with a string_view.
struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const
    {
        return std::hash<std::string_view>{}(text);
    }
};

template <typename T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

/// Ids above this are taken for damage: tables over all ids would not fit into memory.
constexpr std::int64_t kMaxTokenId = (std::int64_t{1} << 24) - 1;

/// The pieces of a tokenizer's model and their ids. Ids may have holes.
class Vocabulary {
public:
    /// From the `vocab` object of tokenizer.json: {piece: id}.
    static Result<Vocabulary> fromJson(const nlohmann::json& json, const std::string& file);
    /// Piece i has id i; an empty text leaves a hole. No piece may appear twice.
    static Result<Vocabulary> fromList(std::vector<std::string> pieces, const std::string& file);

    std::optional<int> find(std::string_view piece) const;
    const std::string* piece(int id) const; ///< Null for a hole.
    int size() const { return static_cast<int>(m_pieces.size()); } ///< Largest id + 1.

private:
    StringMap<int> m_ids;
    std::vector<const std::string*> m_pieces; // keys of m_ids, which stay where they are
};

} // namespace core
