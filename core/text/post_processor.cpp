#include "core/text/post_processor.h"

#include "core/files/json_file.h"
#include "core/text/byte_alphabet.h"
#include "core/text/steps.h"
#include "core/text/utf8.h"
#include "core/text/vocabulary.h"

#include <algorithm>
#include <array>

namespace core {

namespace post_processors {
namespace {

using Made = Result<std::unique_ptr<const PostProcessor>>;

class Sequence : public PostProcessor {
public:
    explicit Sequence(std::vector<std::unique_ptr<const PostProcessor>> steps)
        : m_steps(std::move(steps))
    {
    }
    void apply(Tokens& tokens, bool addSpecial) const override
    {
        for (const auto& step : m_steps)
            step->apply(tokens, addSpecial);
    }
    bool hasTemplate() const override
    {
        return std::any_of(
            m_steps.begin(), m_steps.end(), [](const auto& step) { return step->hasTemplate(); });
    }

private:
    std::vector<std::unique_ptr<const PostProcessor>> m_steps;
};

/// Puts the tokens of a text and fixed tokens into a row.
class Template : public PostProcessor {
public:
    /// A fixed token, or the text where `id` is invalid.
    struct Part {
        TokenId id;
        std::string piece;
    };

    explicit Template(std::vector<Part> parts)
        : m_parts(std::move(parts))
    {
    }
    void apply(Tokens& tokens, bool addSpecial) const override
    {
        const auto isText = [](const Part& part) { return !part.id.isValid(); };
        if (!addSpecial && std::count_if(m_parts.begin(), m_parts.end(), isText) == 1)
            return;
        Tokens result;
        const auto append = [&result](const auto& ids, const auto& pieces, const auto& offsets) {
            result.ids.insert(result.ids.end(), ids.begin(), ids.end());
            result.pieces.insert(result.pieces.end(), pieces.begin(), pieces.end());
            result.offsets.insert(result.offsets.end(), offsets.begin(), offsets.end());
        };
        for (const Part& part : m_parts) {
            if (isText(part))
                append(tokens.ids, tokens.pieces, tokens.offsets);
            else if (addSpecial)
                append(std::array{part.id}, std::array{part.piece}, std::array{std::pair(0, 0)});
        }
        tokens = std::move(result);
    }
    bool hasTemplate() const override { return true; }

private:
    std::vector<Part> m_parts;
};

/// Takes the white space at the ends of a token out of its range in the input.
class TrimOffsets : public PostProcessor {
public:
    explicit TrimOffsets(bool addsPrefixSpace)
        : m_addsPrefixSpace(addsPrefixSpace)
    {
    }
    void apply(Tokens& tokens, bool) const override
    {
        for (std::size_t i = 0; i < tokens.ids.size(); ++i) {
            auto& [begin, end] = tokens.offsets[i];
            auto [leading, trailing] = spacesAround(tokens.pieces[i]);
            // A space that was put before the text is not in the input and cannot be taken out of
            // it.
            if (m_addsPrefixSpace && (i == 0 || begin == 0))
                leading = 0;
            begin = std::min(begin + leading, end);
            if (end >= trailing)
                end = std::max(end - trailing, begin);
        }
    }

private:
    static std::pair<int, int> spacesAround(const std::string& piece)
    {
        int leading = 0;
        int trailing = 0;
        bool isAtStart = true;
        for (std::size_t i = 0; i < piece.size();) {
            const Utf8Step step = utf8At(piece, i);
            const bool isSpace = piece.compare(i, step.length, byte_alphabet::standIn(' ')) == 0
                || isWhiteSpace(step.codePoint);
            isAtStart = isAtStart && isSpace;
            leading += isAtStart ? 1 : 0;
            trailing = isSpace ? trailing + 1 : 0;
            i += step.length;
        }
        return {leading, trailing};
    }

    bool m_addsPrefixSpace;
};

/// Checks the id of a fixed token.
Result<Template::Part> fixedToken(
    const nlohmann::json& id, const PieceOf& pieceOf, const std::string& where)
{
    const std::int64_t number = id.is_number_integer() ? id.get<std::int64_t>() : -1;
    const bool isPossible = number >= 0 && number <= kMaxTokenId;
    const auto piece = isPossible ? pieceOf(static_cast<int>(number)) : std::nullopt;
    if (!piece)
        return fail(Error::Code::InvalidFile,
            where + " has the id " + id.dump(-1, ' ', true).substr(0, 40)
                + ", which is no token of this tokenizer.");
    return Template::Part{TokenId(number), std::string(*piece)};
}

Made makeSequence(const nlohmann::json& json, const PieceOf& pieceOf, const std::string& file)
{
    auto steps = makeSteps<PostProcessor>(json, "processors", file + ": post_processor",
        [&](const nlohmann::json& step) { return makePostProcessor(step, pieceOf, file); });
    if (!steps)
        return fail(steps.error());
    return std::make_unique<Sequence>(std::move(*steps));
}

/// The fixed tokens that a name in a template stands for.
Result<std::vector<Template::Part>> partsOf(const std::string& name, const nlohmann::json& json,
    const PieceOf& pieceOf, const std::string& where)
{
    const auto invalid = [&](const std::string& problem) {
        return fail(Error::Code::InvalidFile, where + ": special token `" + name + "` " + problem);
    };
    const nlohmann::json tokens = json.value("special_tokens", nlohmann::json());
    if (!tokens.is_object() || !tokens.contains(name) || !tokens[name].is_object()
        || !tokens[name].contains("ids") || !tokens[name]["ids"].is_array())
        return invalid("has no `ids` in `special_tokens`.");
    std::vector<Template::Part> parts;
    for (const nlohmann::json& id : tokens[name]["ids"]) {
        auto part = fixedToken(id, pieceOf, where + ": special token `" + name + "`");
        if (!part)
            return fail(part.error());
        parts.push_back(std::move(*part));
    }
    return parts;
}

Made makeTemplate(const nlohmann::json& json, const PieceOf& pieceOf, const std::string& where)
{
    const auto invalid
        = [&where](const char* problem) { return fail(Error::Code::InvalidFile, where + problem); };
    if (!json.contains("single") || !json["single"].is_array())
        return invalid(": TemplateProcessing must have a list `single`.");
    std::vector<Template::Part> parts;
    for (const nlohmann::json& entry : json["single"]) {
        if (!entry.is_object() || entry.size() != 1 || !entry.begin()->is_object()
            || !entry.begin()->value("id", nlohmann::json()).is_string())
            return invalid(": `single` must hold {\"SpecialToken\": {\"id\": ...}} and "
                           "{\"Sequence\": {\"id\": \"A\"}}.");
        const auto id = (*entry.begin())["id"].get<std::string>();
        if (entry.contains("Sequence")) {
            if (id != "A")
                return invalid(": `single` may hold only the sequence A.");
            parts.push_back({});
            continue;
        }
        if (!entry.contains("SpecialToken"))
            return invalid(": `single` holds a part of unknown kind.");
        const auto fixed = partsOf(id, json, pieceOf, where);
        if (!fixed)
            return fail(fixed.error());
        parts.insert(parts.end(), fixed->begin(), fixed->end());
    }
    return std::make_unique<Template>(std::move(parts));
}

/// The processing of BERT and RoBERTa: `cls`, the text, `sep`, each given as [piece, id].
Made makeFramed(const nlohmann::json& json, const PieceOf& pieceOf, const std::string& where)
{
    std::vector<Template::Part> parts(3);
    for (const auto& [field, place] : {std::pair("cls", 0u), std::pair("sep", 2u)}) {
        const nlohmann::json pair = json.value(field, nlohmann::json());
        if (!pair.is_array() || pair.size() != 2)
            return fail(
                Error::Code::InvalidFile, where + ": field `" + field + "` must be [piece, id].");
        auto part = fixedToken(pair[1], pieceOf, where + ": `" + field + "`");
        if (!part)
            return fail(part.error());
        parts[place] = std::move(*part);
    }
    return std::make_unique<Template>(std::move(parts));
}

} // namespace
} // namespace post_processors

Result<std::unique_ptr<const PostProcessor>> makePostProcessor(
    const nlohmann::json& json, const PieceOf& pieceOf, const std::string& file)
{
    using namespace post_processors;
    if (json.is_null())
        return nullptr;
    const std::string where = file + ": post_processor";
    JsonFields fields(json, where);
    const std::string type = fields.string("type");
    const bool trims = fields.boolean("trim_offsets", true);
    const bool addsPrefixSpace = fields.boolean("add_prefix_space", true);
    if (const auto checked = fields.check(); !checked)
        return fail(checked.error());
    if (type == "Sequence")
        return makeSequence(json, pieceOf, file);
    if (type == "TemplateProcessing")
        return makeTemplate(json, pieceOf, where);
    if (type == "ByteLevel") {
        if (trims)
            return std::make_unique<TrimOffsets>(addsPrefixSpace);
        return nullptr;
    }
    if (type == "BertProcessing")
        return makeFramed(json, pieceOf, where);
    if (type == "RobertaProcessing") {
        auto framed = makeFramed(json, pieceOf, where);
        if (!framed || !trims)
            return framed;
        std::vector<std::unique_ptr<const PostProcessor>> steps;
        steps.push_back(std::make_unique<TrimOffsets>(addsPrefixSpace));
        steps.push_back(std::move(*framed));
        return std::make_unique<Sequence>(std::move(steps));
    }
    return fail(Error::Code::Unsupported, where + " of type `" + type + "` is not supported.");
}

} // namespace core
