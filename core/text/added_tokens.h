#pragma once

#include "core/base/result.h"
#include "core/text/normalizer.h"
#include "core/text/vocabulary.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

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
    /// Whether what is found in a text may differ from the token's content.
    bool areRespelled() const { return m_areRespelled; }
    int size() const { return m_size; } ///< Largest id + 1; 0 when there are none.

private:
    /// What is searched for, as a tree over bytes.
    class Index {
    public:
        void add(const std::string& content, int id);
        /// The longest content that begins at `position`.
        std::optional<Piece> at(std::string_view text, std::size_t position) const;
        bool isEmpty() const { return m_nodes.size() == 1; }

    private:
        struct Node {
            std::optional<int> id;
            std::vector<std::pair<char, std::size_t>> children;
        };
        std::vector<Node> m_nodes{1};
        std::array<std::size_t, 256> m_first{}; // the root's children; 0: none
    };

    Result<void> add(const nlohmann::json& entry, const Vocabulary& vocabulary,
        const Normalizer* normalizer, const std::string& file);

    std::unordered_map<int, AddedToken> m_tokens;
    int m_size = 0;
    bool m_areRespelled = false;
    StringMap<int> m_idsByContent;
    Index m_raw;
    Index m_normalized;
};

} // namespace core
