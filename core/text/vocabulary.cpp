#include "core/text/vocabulary.h"

#include <nlohmann/json.hpp>

namespace core {

Result<Vocabulary> Vocabulary::fromJson(const nlohmann::json& json, const std::string& file)
{
    if (!json.is_object() || json.empty())
        return fail(Error::Code::InvalidFile,
            file + ": field `model.vocab` must be an object of pieces and ids.");
    Vocabulary vocabulary;
    vocabulary.m_ids.reserve(json.size());
    for (const auto& [piece, value] : json.items()) {
        const std::int64_t number = value.is_number_integer() ? value.get<std::int64_t>() : -1;
        if (number < 0 || number > kMaxTokenId)
            return fail(Error::Code::InvalidFile,
                file + ": `model.vocab`: the id of `" + piece
                    + "` must be a whole number from 0 to " + std::to_string(kMaxTokenId) + ".");
        // Holes are few in real files; a table over all ids must not cost what the file did not.
        if (number >= 64 * static_cast<std::int64_t>(json.size()) + (1 << 20))
            return fail(Error::Code::InvalidFile,
                file + ": `model.vocab`: the id " + std::to_string(number) + " of `" + piece
                    + "` is far beyond the " + std::to_string(json.size()) + " pieces.");
        const auto id = static_cast<std::size_t>(number);
        if (id >= vocabulary.m_pieces.size())
            vocabulary.m_pieces.resize(id + 1, nullptr);
        if (vocabulary.m_pieces[id])
            return fail(Error::Code::InvalidFile,
                file + ": `model.vocab`: `" + piece + "` and `" + *vocabulary.m_pieces[id]
                    + "` both have id " + std::to_string(id) + ".");
        const auto place = vocabulary.m_ids.emplace(piece, static_cast<int>(id)).first;
        vocabulary.m_pieces[id] = &place->first;
    }
    return vocabulary;
}

Result<Vocabulary> Vocabulary::fromList(std::vector<std::string> pieces, const std::string& file)
{
    Vocabulary vocabulary;
    vocabulary.m_ids.reserve(pieces.size());
    vocabulary.m_pieces.resize(pieces.size(), nullptr);
    for (std::size_t id = 0; id < pieces.size(); ++id) {
        if (pieces[id].empty())
            continue;
        const auto [place, isNew]
            = vocabulary.m_ids.emplace(std::move(pieces[id]), static_cast<int>(id));
        if (!isNew)
            return fail(Error::Code::InvalidFile,
                file + ": pieces " + std::to_string(place->second) + " and " + std::to_string(id)
                    + " are both `" + place->first + "`.");
        vocabulary.m_pieces[id] = &place->first;
    }
    return vocabulary;
}

std::optional<int> Vocabulary::find(std::string_view piece) const
{
    const auto found = m_ids.find(piece);
    return found == m_ids.end() ? std::nullopt : std::optional<int>(found->second);
}

const std::string* Vocabulary::piece(int id) const
{
    return id >= 0 && id < size() ? m_pieces[static_cast<std::size_t>(id)] : nullptr;
}

} // namespace core
