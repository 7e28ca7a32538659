#include "core/text/pre_tokenizer.h"

#include "core/files/json_file.h"
#include "core/text/byte_alphabet.h"
#include "core/text/known_patterns.h"
#include "core/text/pattern.h"
#include "core/text/steps.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <optional>

namespace core {

namespace pre_tokenizers {
namespace {

using Made = Result<std::unique_ptr<const PreTokenizer>>;

class Sequence : public PreTokenizer {
public:
    explicit Sequence(std::vector<std::unique_ptr<const PreTokenizer>> steps)
        : m_steps(std::move(steps))
    {
    }
    Result<void> cut(Words& words) const override
    {
        for (const auto& step : m_steps) {
            if (const auto cut = step->cut(words); !cut)
                return cut;
        }
        return {};
    }
    bool isByteLevel() const override
    {
        return std::any_of(
            m_steps.begin(), m_steps.end(), [](const auto& step) { return step->isByteLevel(); });
    }

private:
    std::vector<std::unique_ptr<const PreTokenizer>> m_steps;
};

Result<void> split(Words& words, const Pattern& pattern, SplitBehavior behavior, bool isInverted)
{
    std::vector<Words::Span> spans;
    for (const Words::Span& span : words.spans) {
        auto pieces = pattern.cut(words.word(span));
        if (!pieces)
            return fail(pieces.error());
        for (const Pattern::Piece& piece : arrange(std::move(*pieces), behavior, isInverted))
            spans.push_back({span.begin + piece.begin, span.begin + piece.end});
    }
    words.spans = std::move(spans);
    return {};
}

class Split : public PreTokenizer {
public:
    Split(Pattern pattern, SplitBehavior behavior, bool isInverted = false)
        : m_pattern(std::move(pattern))
        , m_behavior(behavior)
        , m_isInverted(isInverted)
    {
    }
    Result<void> cut(Words& words) const override
    {
        return split(words, m_pattern, m_behavior, m_isInverted);
    }

private:
    Pattern m_pattern;
    SplitBehavior m_behavior;
    bool m_isInverted;
};

/// Puts every word into a new text; `append` writes the rewritten word behind what is there.
template <typename Append> void rewrite(Words& words, Append append)
{
    AlignedText text;
    text.reserve(words.text.text().size() * 5 / 4);
    for (Words::Span& span : words.spans) {
        const std::size_t begin = text.text().size();
        append(text, span);
        span = {begin, text.text().size()};
    }
    words.text = std::move(text);
}

/// Writes `prefix` as if it stood where the word begins.
void prefixWord(
    AlignedText& text, const Words& words, const Words::Span& span, std::string_view prefix)
{
    const bool isEmpty = span.begin == span.end;
    text.append(prefix, isEmpty ? AlignedText::Range{} : words.text.source(span.begin));
}

class ByteLevel : public PreTokenizer {
public:
    ByteLevel(bool addPrefixSpace, std::optional<Pattern> pattern)
        : m_addPrefixSpace(addPrefixSpace)
        , m_pattern(std::move(pattern))
    {
    }
    Result<void> cut(Words& words) const override
    {
        if (m_addPrefixSpace) {
            rewrite(words, [&words](AlignedText& text, const Words::Span& span) {
                if (!words.word(span).starts_with(' '))
                    prefixWord(text, words, span, " ");
                text.append(words.text, span.begin, span.end);
            });
        }
        if (m_pattern) {
            if (const auto cut = split(words, *m_pattern, SplitBehavior::Isolated, false); !cut)
                return cut;
        }
        rewrite(words, [&words](AlignedText& text, const Words::Span& span) {
            byte_alphabet::encode(words.text, span.begin, span.end, text);
        });
        return {};
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
        , m_pattern(Pattern::literal(m_replacement))
    {
    }
    Result<void> cut(Words& words) const override
    {
        rewrite(words, [&](AlignedText& text, const Words::Span& span) {
            const std::string_view word = words.word(span);
            const bool isFirst = word.empty() || words.text.source(span.begin).begin == 0;
            if (m_scheme != Scheme::Never && (m_scheme == Scheme::Always || isFirst)
                && !word.starts_with(' ') && !word.starts_with(m_replacement))
                prefixWord(text, words, span, m_replacement);
            for (std::size_t i = span.begin; i < span.end; ++i) {
                if (words.text.text()[i] == ' ')
                    text.append(m_replacement, words.text.source(i));
                else
                    text.append(words.text, i, i + 1);
            }
        });
        if (!m_doesSplit)
            return {};
        return split(words, m_pattern, SplitBehavior::MergedWithNext, false);
    }

private:
    std::string m_replacement;
    Scheme m_scheme;
    bool m_doesSplit;
    Pattern m_pattern;
};

Made makeSequence(const nlohmann::json& json, const std::string& file)
{
    auto steps = makeSteps<PreTokenizer>(json, "pretokenizers", file + ": pre_tokenizer",
        [&](const nlohmann::json& step) { return makePreTokenizer(step, file); });
    if (!steps)
        return fail(steps.error());
    return std::make_unique<Sequence>(std::move(*steps));
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
    auto regex = Regex::compile(kGpt2Pattern, where);
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
} // namespace pre_tokenizers

Words::Words(AlignedText whole)
    : text(std::move(whole))
{
    spans.push_back({0, text.text().size()});
}

Result<std::unique_ptr<const PreTokenizer>> makePreTokenizer(
    const nlohmann::json& json, const std::string& file)
{
    using namespace pre_tokenizers;
    if (json.is_null())
        return nullptr;
    const std::string where = file + ": pre_tokenizer";
    JsonFields fields(json, where);
    const std::string type = fields.string("type");
    if (const auto checked = fields.check(); !checked)
        return fail(checked.error());

    pre_tokenizers::Made made = nullptr;
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
