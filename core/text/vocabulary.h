#pragma once

#include "core/base/result.h"
#include "core/text/hash_index.h"
#include "core/text/text_list.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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

/// Pieces in a file's order, with the ids that it gives them.
struct PieceList {
    static constexpr std::int64_t kNoId = -1;

    TextList texts;
    std::vector<std::int64_t> ids; ///< As many as texts; kNoId where there is no whole number.
};

/// The pieces of a tokenizer's model and their ids. Ids may have holes.
class Vocabulary {
public:
    /// From the entry `model.vocab`, as errors call it. Of a piece that is listed twice the last id
    /// counts, as of any JSON entry.
    static Result<Vocabulary> fromPieces(PieceList pieces, const std::string& file);
    /// Piece i has id i; an empty text leaves a hole. No piece may appear twice.
    static Result<Vocabulary> fromList(
        const std::vector<std::string>& pieces, const std::string& file);

    std::optional<int> find(std::string_view piece) const;
    std::optional<std::string_view> piece(int id) const; ///< Empty for a hole.
    int size() const { return static_cast<int>(m_placesById.size()); } ///< Largest id + 1.

private:
    std::uint32_t findOrAdd(std::uint32_t place);
    void setId(std::uint32_t place, std::size_t id);

    TextList m_texts;
    std::vector<int> m_ids; // of each text
    HashIndex m_places; // of texts
    std::vector<std::uint32_t> m_placesById; // kNone for a hole
};

} // namespace core
