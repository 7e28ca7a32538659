#pragma once

#include "core/base/result.h"
#include "core/text/normalizer.h"
#include "core/text/vocabulary.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace core {

struct AddedToken {
    int id = 0;
    std::string content;
    bool isSingleWord = false; ///< Only between characters that belong to no word.
    bool takesLeft = false; ///< Swallows white space on its left.
    bool takesRight = false;
    bool isNormalized = false; ///< Searched for in the normalized text.
    bool isSpecial = false;
};

/// The tokens that are cut out of a text before the model sees it.
class AddedTokens {
public:
    struct Piece {
        std::size_t begin;
        std::size_t end;
        std::optional<int> id; ///< Empty for the text between.
    };

    /// `normalizer` may be null. A token that the model's vocabulary holds keeps the id it has
    /// there.
    static Result<AddedTokens> fromJson(const nlohmann::json& json, const Vocabulary& vocabulary,
        const Normalizer* normalizer, const std::string& file);

    /// Cuts a text, leftmost longest first, at the tokens meant for normalized or for raw text.
    std::vector<Piece> cut(std::string_view text, bool isNormalized) const;

    const AddedToken* find(int id) const;
    const AddedToken* find(std::string_view content) const;
    int size() const; ///< Largest id + 1; 0 when there are none.

private:
    /// What is searched for: contents by spelling, and the lengths to try for each first byte,
    /// longest first.
    struct Index {
        StringMap<int> ids;
        std::array<std::vector<std::size_t>, 256> lengths;

        void add(const std::string& content, int id);
        std::optional<Piece> at(std::string_view text, std::size_t position) const;
    };

    Result<void> add(const nlohmann::json& entry, const Vocabulary& vocabulary,
        const Normalizer* normalizer, const std::string& file);

    std::map<int, AddedToken> m_tokens;
    StringMap<int> m_idsByContent;
    Index m_raw;
    Index m_normalized;
};

} // namespace core
