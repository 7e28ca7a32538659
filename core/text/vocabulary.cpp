#include "core/text/vocabulary.h"

namespace core {

namespace {

constexpr std::uint32_t kHole = HashIndex::kNone;

std::uint32_t hashOfPiece(std::string_view piece)
{
    return static_cast<std::uint32_t>(StringHash{}(piece));
}

} // namespace

Result<Vocabulary> Vocabulary::fromPieces(PieceList pieces, const std::string& file)
{
    const auto invalid = [&file](const std::string& problem) {
        return fail(Error::Code::InvalidFile, file + ": " + problem);
    };
    const auto quoted
        = [](std::string_view piece) { return std::string("`").append(piece).append("`"); };
    const std::size_t count = pieces.ids.size();
    if (count == 0)
        return invalid("field `model.vocab` must be an object of pieces and ids.");
    if (count > static_cast<std::size_t>(kMaxTokenId))
        return invalid(std::string("`model.vocab` has more than ")
                           .append(std::to_string(kMaxTokenId))
                           .append(" pieces."));
    Vocabulary vocabulary;
    vocabulary.m_texts = std::move(pieces.texts);
    vocabulary.m_ids.resize(count);
    vocabulary.m_places.reserve(count);
    std::vector<std::uint32_t> places; // without those of pieces that stood before
    places.reserve(count);
    for (std::uint32_t place = 0; place < count; ++place) {
        const std::uint32_t first = vocabulary.findOrAdd(place);
        pieces.ids[first] = pieces.ids[place];
        if (first == place)
            places.push_back(place);
    }
    for (const std::uint32_t place : places) {
        const std::int64_t id = pieces.ids[place];
        const std::string_view piece = vocabulary.m_texts[place];
        if (id < 0 || id > kMaxTokenId)
            return invalid("`model.vocab`: the id of " + quoted(piece)
                + " must be a whole number from 0 to " + std::to_string(kMaxTokenId) + ".");
        // Holes are few in real files; a table over all ids must not cost what the file did not.
        if (id >= 64 * static_cast<std::int64_t>(places.size()) + (1 << 20))
            return invalid("`model.vocab`: the id " + std::to_string(id) + " of " + quoted(piece)
                + " is far beyond the " + std::to_string(places.size()) + " pieces.");
        if (const auto other = vocabulary.piece(static_cast<int>(id)))
            return invalid("`model.vocab`: " + quoted(piece) + " and " + quoted(*other)
                + " both have id " + std::to_string(id) + ".");
        vocabulary.setId(place, static_cast<std::size_t>(id));
    }
    return vocabulary;
}

Result<Vocabulary> Vocabulary::fromList(
    const std::vector<std::string>& pieces, const std::string& file)
{
    Vocabulary vocabulary;
    vocabulary.m_ids.resize(pieces.size());
    vocabulary.m_placesById.resize(pieces.size(), kHole);
    vocabulary.m_places.reserve(pieces.size());
    for (std::uint32_t id = 0; id < pieces.size(); ++id) {
        vocabulary.m_texts.add(pieces[id]);
        if (pieces[id].empty())
            continue;
        const std::uint32_t first = vocabulary.findOrAdd(id);
        if (first != id)
            return fail(Error::Code::InvalidFile,
                file + ": pieces " + std::to_string(first) + " and " + std::to_string(id)
                    + " are both `" + pieces[id] + "`.");
        vocabulary.setId(id, id);
    }
    return vocabulary;
}

/// Where the text at `place` stands first.
std::uint32_t Vocabulary::findOrAdd(std::uint32_t place)
{
    const std::string_view piece = m_texts[place];
    return m_places.findOrAdd(
        hashOfPiece(piece), place, [&](std::uint32_t other) { return m_texts[other] == piece; });
}

void Vocabulary::setId(std::uint32_t place, std::size_t id)
{
    if (id >= m_placesById.size())
        m_placesById.resize(id + 1, kHole);
    m_placesById[id] = place;
    m_ids[place] = static_cast<int>(id);
}

std::optional<int> Vocabulary::find(std::string_view piece) const
{
    const std::uint32_t place = m_places.find(
        hashOfPiece(piece), [&](std::uint32_t other) { return m_texts[other] == piece; });
    return place == HashIndex::kNone ? std::nullopt : std::optional(m_ids[place]);
}

std::optional<std::string_view> Vocabulary::piece(int id) const
{
    if (id < 0 || id >= size() || m_placesById[static_cast<std::size_t>(id)] == kHole)
        return std::nullopt;
    return m_texts[m_placesById[static_cast<std::size_t>(id)]];
}

} // namespace core
