#include "core/text/pre_tokenizer.h"

#include "core/files/json_file.h"
#include "core/text/byte_alphabet.h"
#include "core/text/pattern.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace core {

namespace {

using Words = std::vector<AlignedText>;
using Made = Result<std::unique_ptr<const PreTokenizer>>;

class Sequence : public PreTokenizer {
public:
    explicit Sequence(std::vector<std::unique_ptr<const PreTokenizer>> steps)
        : m_steps(std::move(steps))
    {
    }
    Result<Words> cut(AlignedText text) const override
    {
        Words words;
        words.push_back(std::move(text));
        for (const auto& step : m_steps) {
            Words next;
            for (AlignedText& word : words) {
                auto parts = step->cut(std::move(word));
                if (!parts)
                    return parts;
                std::move(parts->begin(), parts->end(), std::back_inserter(next));
            }
            words = std::move(next);
        }
        return words;
    }
    bool isByteLevel() const override
    {
        return std::any_of(
            m_steps.begin(), m_steps.end(), [](const auto& step) { return step->isByteLevel(); });
    }

private:
    std::vector<std::unique_ptr<const PreTokenizer>> m_steps;
};

class Split : public PreTokenizer {
public:
    Split(Pattern pattern, SplitBehavior behavior, bool isInverted = false)
        : m_pattern(std::move(pattern))
        , m_behavior(behavior)
        , m_isInverted(isInverted)
    {
    }
    Result<Words> cut(AlignedText text) const override
    {
        return splitText(text, m_pattern, m_behavior, m_isInverted);
    }

private:
    Pattern m_pattern;
    SplitBehavior m_behavior;
    bool m_isInverted;
};

class ByteLevel : public PreTokenizer {
public:
    ByteLevel(bool addPrefixSpace, std::optional<Pattern> pattern)
        : m_addPrefixSpace(addPrefixSpace)
        , m_pattern(std::move(pattern))
    {
    }
    Result<Words> cut(AlignedText text) const override
    {
        if (m_addPrefixSpace && !text.text().starts_with(' '))
            text.prepend(" ");
        Words words;
        if (m_pattern) {
            auto parts = splitText(text, *m_pattern, SplitBehavior::Isolated);
            if (!parts)
                return parts;
            words = std::move(*parts);
        } else {
            words.push_back(std::move(text));
        }
        for (AlignedText& word : words)
            word = byte_alphabet::encode(word);
        return words;
    }
    bool isByteLevel() const override { return true; }

private:
    bool m_addPrefixSpace;
    std::optional<Pattern> m_pattern;
};

class Metaspace : public PreTokenizer {
public:
    enum class Scheme { First, Always, Never };

    Metaspace(std::string replacement, Scheme scheme, bool doesSplit)
        : m_replacement(std::move(replacement))
        , m_scheme(scheme)
        , m_doesSplit(doesSplit)
    {
    }
    Result<Words> cut(AlignedText text) const override
    {
        const bool isFirst = text.isEmpty() || text.source(0).begin == 0;
        AlignedText marked;
        for (std::size_t i = 0; i < text.text().size(); ++i) {
            if (text.text()[i] == ' ')
                marked.append(m_replacement, text.source(i));
            else
                marked.append(text, i, i + 1);
        }
        if (m_scheme != Scheme::Never && (m_scheme == Scheme::Always || isFirst)
            && !marked.text().starts_with(m_replacement))
            marked.prepend(m_replacement);
        if (m_doesSplit)
            return splitText(
                marked, Pattern::literal(m_replacement), SplitBehavior::MergedWithNext);
        Words words;
        words.push_back(std::move(marked));
        return words;
    }

private:
    std::string m_replacement;
    Scheme m_scheme;
    bool m_doesSplit;
};

Made makeSequence(const nlohmann::json& json, const std::string& file)
{
    if (!json.contains("pretokenizers") || !json["pretokenizers"].is_array())
        return fail(Error::Code::InvalidFile,
            file + ": pre_tokenizer Sequence must have a list of `pretokenizers`.");
    std::vector<std::unique_ptr<const PreTokenizer>> steps;
    for (const auto& entry : json["pretokenizers"]) {
        auto step = makePreTokenizer(entry, file);
        if (!step)
            return step;
        if (*step)
            steps.push_back(std::move(*step));
    }
    return std::make_unique<Sequence>(std::move(steps));
}

Made makeSplit(const nlohmann::json& json, JsonFields& fields, const std::string& where)
{
    auto pattern = Pattern::fromJson(json.value("pattern", nlohmann::json()), where);
    if (!pattern)
        return fail(pattern.error());
    const auto behavior = splitBehaviorFromName(fields.string("behavior", "Isolated"), where);
    if (!behavior)
        return fail(behavior.error());
    return std::make_unique<Split>(std::move(*pattern), *behavior, fields.boolean("invert", false));
}

Made makeByteLevel(JsonFields& fields, const std::string& where)
{
    const bool addPrefixSpace = fields.boolean("add_prefix_space", true);
    if (!fields.boolean("use_regex", true))
        return std::make_unique<ByteLevel>(addPrefixSpace, std::nullopt);
    // GPT-2's own expression (FORMATS.md section 3.3).
    auto regex = Regex::compile(
        R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", where);
    if (!regex)
        return fail(regex.error());
    return std::make_unique<ByteLevel>(addPrefixSpace, Pattern::regex(std::move(*regex)));
}

Made makeMetaspace(JsonFields& fields, const std::string& where)
{
    const std::string replacement = fields.string("replacement", "\xe2\x96\x81");
    // Old files say add_prefix_space instead of prepend_scheme.
    const bool addsSpace = fields.boolean("add_prefix_space", true);
    const std::string scheme = fields.string("prepend_scheme", addsSpace ? "always" : "never");
    if (scheme != "first" && scheme != "always" && scheme != "never")
        return fail(
            Error::Code::Unsupported, where + ": prepend_scheme `" + scheme + "` is not known.");
    if (replacement.empty())
        return fail(Error::Code::InvalidFile, where + ": `replacement` must not be empty.");
    const auto kind = scheme == "first" ? Metaspace::Scheme::First
        : scheme == "always"            ? Metaspace::Scheme::Always
                                        : Metaspace::Scheme::Never;
    return std::make_unique<Metaspace>(replacement, kind, fields.boolean("split", true));
}

/// Words and runs of symbols: \w+|[^\w\s]+ with Unicode's meaning of \w.
Made makeWhitespace(const std::string& where)
{
    const std::string word = R"(\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{200c}\x{200d}\x{24b6}-\x{24e9})"
                             R"(\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189})";
    auto regex = Regex::compile("[" + word + "]+|[^" + word + "\\s]+", where);
    if (!regex)
        return fail(regex.error());
    return std::make_unique<Split>(Pattern::regex(std::move(*regex)), SplitBehavior::Removed, true);
}

} // namespace

Made makePreTokenizer(const nlohmann::json& json, const std::string& file)
{
    if (json.is_null())
        return nullptr;
    const std::string where = file + ": pre_tokenizer";
    JsonFields fields(json, where);
    const std::string type = fields.string("type");
    if (const auto checked = fields.check(); !checked)
        return fail(checked.error());

    Made made = nullptr;
    if (type == "Sequence")
        made = makeSequence(json, file);
    else if (type == "Split")
        made = makeSplit(json, fields, where);
    else if (type == "ByteLevel")
        made = makeByteLevel(fields, where);
    else if (type == "Metaspace")
        made = makeMetaspace(fields, where);
    else if (type == "Whitespace")
        made = makeWhitespace(where);
    else if (type == "WhitespaceSplit")
        made = std::make_unique<Split>(Pattern::kind(isWhiteSpace), SplitBehavior::Removed);
    else if (type == "Digits") {
        const bool areAlone = fields.boolean("individual_digits", false);
        made = std::make_unique<Split>(Pattern::kind(isNumeric),
            areAlone ? SplitBehavior::Isolated : SplitBehavior::Contiguous);
    } else if (type == "Punctuation") {
        const auto behavior = splitBehaviorFromName(fields.string("behavior", "Isolated"), where);
        if (!behavior)
            return fail(behavior.error());
        made = std::make_unique<Split>(Pattern::kind(isPunctuation), *behavior);
    } else {
        return fail(Error::Code::Unsupported, where + " of type `" + type + "` is not supported.");
    }
    if (const auto checked = fields.check(); !checked)
        return fail(checked.error());
    return made;
}

} // namespace core
