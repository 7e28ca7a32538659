#include "core/text/tokenizer_json.h"

#include "core/files/json_events.h"

#include <array>
#include <memory>

namespace core {

namespace {

using nlohmann::json;

/// An object {piece: id}. Other values give no pieces.
class PieceReader : public JsonEvents {
public:
    explicit PieceReader(PieceList& pieces)
        : m_pieces(pieces)
    {
    }
    void begin(Kind) override { ++m_depth; }
    void end() override { --m_depth; }
    void key(std::string_view name) override
    {
        if (m_depth != 1)
            return;
        m_pieces.texts.add(name);
        m_pieces.ids.push_back(PieceList::kNoId);
    }
    void text(std::string_view) override { }
    void value(const json& value) override
    {
        // In a list there was no key before the value.
        if (m_depth == 1 && value.is_number_integer() && !m_pieces.ids.empty())
            m_pieces.ids.back() = value.get<std::int64_t>();
    }

private:
    PieceList& m_pieces;
    int m_depth = 0;
};

/// A list of "left right" or of ["left", "right"].
class MergeReader : public JsonEvents {
public:
    explicit MergeReader(MergeList& merges)
        : m_merges(merges)
    {
    }
    void begin(Kind kind) override
    {
        if (++m_depth == 2) {
            m_sides = 0;
            m_isPair = kind == Kind::List;
        } else {
            m_isPair = false;
        }
    }
    void end() override
    {
        if (m_depth-- != 2)
            return;
        if (m_isPair && m_sides == m_pair.size())
            m_merges.add(m_pair[0], m_pair[1]);
        else
            m_merges.addDamaged();
    }
    void key(std::string_view) override { }
    void text(std::string_view text) override
    {
        if (m_depth == 1)
            m_merges.addLine(text);
        else if (m_sides < m_pair.size())
            m_pair[m_sides++] = text;
        else
            m_isPair = false;
    }
    void value(const json&) override
    {
        m_isPair = false;
        if (m_depth == 1)
            m_merges.addDamaged();
    }

private:
    MergeList& m_merges;
    std::array<std::string, 2> m_pair;
    std::size_t m_sides = 0;
    bool m_isPair = false;
    int m_depth = 0;
};

/// Builds the rest as a tree, and hands the two large entries to their readers.
class TokenizerReader : public JsonEvents {
public:
    explicit TokenizerReader(TokenizerJson& result)
        : m_result(result)
    {
    }
    void begin(Kind kind) override
    {
        if (m_part) {
            ++m_partDepth;
            m_part->begin(kind);
            return;
        }
        json& made = put(kind == Kind::Object ? json::object() : json::array());
        if (isAt("vocab") && kind == Kind::Object)
            m_part = std::make_unique<PieceReader>(m_result.pieces);
        else if (isAt("merges") && kind == Kind::List)
            m_part = std::make_unique<MergeReader>(m_result.merges);
        if (m_part) {
            m_partDepth = 1;
            m_part->begin(kind);
        } else {
            m_open.push_back({&made, {}});
        }
    }
    void end() override
    {
        if (!m_part) {
            m_open.pop_back();
            return;
        }
        m_part->end();
        if (--m_partDepth == 0)
            m_part.reset();
    }
    void key(std::string_view name) override
    {
        if (m_part) {
            m_part->key(name);
            return;
        }
        m_open.back().key = name;
        // Of entries that are there twice the last one counts, as everywhere in JSON.
        const bool isModel = m_open.size() == 1 && name == "model";
        if (isModel || isAt("vocab"))
            m_result.pieces = {};
        if (isModel || isAt("merges"))
            m_result.merges = {};
    }
    void text(std::string_view text) override
    {
        if (m_part)
            m_part->text(text);
        else
            put(std::string(text));
    }
    void value(const json& value) override
    {
        if (m_part)
            m_part->value(value);
        else
            put(value);
    }

private:
    struct Open {
        json* value;
        std::string key; ///< The latest, in an object.
    };

    bool isAt(std::string_view nameInModel) const
    {
        return m_open.size() == 2 && m_open[0].key == "model" && m_open[1].key == nameInModel;
    }
    json& put(json value)
    {
        if (m_open.empty())
            return m_result.rest = std::move(value);
        json& parent = *m_open.back().value;
        if (parent.is_object())
            return parent[m_open.back().key] = std::move(value);
        parent.push_back(std::move(value));
        return parent.back();
    }

    TokenizerJson& m_result;
    std::vector<Open> m_open;
    std::unique_ptr<JsonEvents> m_part; // of the large entry that is being read
    int m_partDepth = 0;
};

} // namespace

Result<TokenizerJson> readTokenizerJson(std::string_view text, const std::string& name)
{
    TokenizerJson result;
    TokenizerReader reader(result);
    if (const auto read = parseJson(text, name, reader); !read)
        return fail(read.error());
    return result;
}

Result<PieceList> readPiecesJson(std::string_view text, const std::string& name)
{
    PieceList pieces;
    PieceReader reader(pieces);
    if (const auto read = parseJson(text, name, reader); !read)
        return fail(read.error());
    return pieces;
}

} // namespace core
