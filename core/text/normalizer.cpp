#include "core/text/normalizer.h"

#include "core/files/json_file.h"
#include "core/text/pattern.h"
#include "core/text/steps.h"
#include "core/text/unicode_form.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <vector>

namespace core {

namespace normalizers {
namespace {

class Sequence : public Normalizer {
public:
    explicit Sequence(std::vector<std::unique_ptr<const Normalizer>> steps)
        : m_steps(std::move(steps))
    {
    }
    Result<AlignedText> apply(AlignedText text) const override
    {
        for (const auto& step : m_steps) {
            auto next = step->apply(std::move(text));
            if (!next)
                return next;
            text = std::move(*next);
        }
        return text;
    }

private:
    std::vector<std::unique_ptr<const Normalizer>> m_steps;
};

class ToForm : public Normalizer {
public:
    explicit ToForm(UnicodeForm form)
        : m_form(form)
    {
    }
    Result<AlignedText> apply(AlignedText text) const override
    {
        return toUnicodeForm(text, m_form);
    }

private:
    UnicodeForm m_form;
};

class Replace : public Normalizer {
public:
    Replace(Pattern pattern, std::string content)
        : m_pattern(std::move(pattern))
        , m_content(std::move(content))
    {
    }
    Result<AlignedText> apply(AlignedText text) const override
    {
        const auto pieces = m_pattern.cut(text.text());
        if (!pieces)
            return fail(pieces.error());
        AlignedText result;
        for (const Pattern::Piece& piece : *pieces) {
            if (piece.isMatch)
                result.append(m_content, text.source(piece.end - 1));
            else
                result.append(text, piece.begin, piece.end);
        }
        return result;
    }

private:
    Pattern m_pattern;
    std::string m_content;
};

class Prepend : public Normalizer {
public:
    explicit Prepend(std::string text)
        : m_text(std::move(text))
    {
    }
    Result<AlignedText> apply(AlignedText text) const override
    {
        if (!text.isEmpty())
            text.prepend(m_text);
        return text;
    }

private:
    std::string m_text;
};

/// Rewrites character by character; an empty rewrite removes one.
class MapCharacters : public Normalizer {
public:
    explicit MapCharacters(std::u32string (*map)(char32_t))
        : m_map(map)
    {
    }
    Result<AlignedText> apply(AlignedText text) const override
    {
        AlignedText result;
        for (std::size_t i = 0; i < text.text().size();) {
            const Utf8Step step = utf8At(text.text(), i);
            for (const char32_t codePoint : m_map(step.codePoint))
                result.append(codePoint, text.source(i));
            i += step.length;
        }
        return result;
    }

private:
    std::u32string (*m_map)(char32_t);
};

class Strip : public Normalizer {
public:
    Strip(bool left, bool right)
        : m_left(left)
        , m_right(right)
    {
    }
    Result<AlignedText> apply(AlignedText text) const override
    {
        std::size_t firstKept = text.text().size();
        std::size_t lastKept = 0;
        for (std::size_t i = 0; i < text.text().size();) {
            const Utf8Step step = utf8At(text.text(), i);
            if (!isWhiteSpace(step.codePoint)) {
                firstKept = std::min(firstKept, i);
                lastKept = i + step.length;
            }
            i += step.length;
        }
        const std::size_t begin = m_left ? firstKept : 0;
        const std::size_t end = m_right ? lastKept : text.text().size();
        return begin < end ? text.slice(begin, end) : AlignedText();
    }

private:
    bool m_left;
    bool m_right;
};

std::u32string withoutMark(char32_t c)
{
    return isNonspacingMark(c) ? std::u32string() : std::u32string(1, c);
}

/// White space becomes a space; control characters go.
std::u32string cleaned(char32_t c)
{
    if (c == '\t' || c == '\n' || c == '\r')
        return U" ";
    if (c == 0xfffd || isOther(c))
        return {};
    return isWhiteSpace(c) ? U" " : std::u32string(1, c);
}

/// Chinese characters become words of their own.
std::u32string spaced(char32_t c)
{
    const bool isChinese = (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf)
        || (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f)
        || (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf)
        || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
    return isChinese ? std::u32string{U' ', c, U' '} : std::u32string(1, c);
}

std::unique_ptr<const Normalizer> makeBert(JsonFields& fields)
{
    std::vector<std::unique_ptr<const Normalizer>> steps;
    if (fields.boolean("clean_text", true))
        steps.push_back(std::make_unique<MapCharacters>(cleaned));
    if (fields.boolean("handle_chinese_chars", true))
        steps.push_back(std::make_unique<MapCharacters>(spaced));
    const bool isLower = fields.boolean("lowercase", true);
    if (fields.boolean("strip_accents", isLower)) {
        steps.push_back(std::make_unique<ToForm>(UnicodeForm::NFD));
        steps.push_back(std::make_unique<MapCharacters>(withoutMark));
    }
    if (isLower)
        steps.push_back(std::make_unique<MapCharacters>(lowercase));
    return std::make_unique<Sequence>(std::move(steps));
}

Result<std::unique_ptr<const Normalizer>> makeSequence(
    const nlohmann::json& json, const std::string& file)
{
    auto steps = makeSteps<Normalizer>(json, "normalizers", file + ": normalizer",
        [&](const nlohmann::json& step) { return makeNormalizer(step, file); });
    if (!steps)
        return fail(steps.error());
    return std::make_unique<Sequence>(std::move(*steps));
}

} // namespace
} // namespace normalizers

Result<std::unique_ptr<const Normalizer>> makeNormalizer(
    const nlohmann::json& json, const std::string& file)
{
    using namespace normalizers;
    if (json.is_null())
        return nullptr;
    const std::string where = file + ": normalizer";
    JsonFields fields(json, where);
    const std::string type = fields.string("type");
    if (const auto checked = fields.check(); !checked)
        return fail(checked.error());

    std::unique_ptr<const Normalizer> made;
    if (type == "Sequence")
        return makeSequence(json, file);
    if (type == "NFC")
        made = std::make_unique<ToForm>(UnicodeForm::NFC);
    else if (type == "NFD")
        made = std::make_unique<ToForm>(UnicodeForm::NFD);
    else if (type == "NFKC")
        made = std::make_unique<ToForm>(UnicodeForm::NFKC);
    else if (type == "NFKD")
        made = std::make_unique<ToForm>(UnicodeForm::NFKD);
    else if (type == "Lowercase")
        made = std::make_unique<MapCharacters>(lowercase);
    else if (type == "StripAccents")
        made = std::make_unique<MapCharacters>(withoutMark);
    else if (type == "BertNormalizer")
        made = makeBert(fields);
    else if (type == "Prepend")
        made = std::make_unique<Prepend>(fields.string("prepend"));
    else if (type == "Strip") {
        const bool left = fields.boolean("strip_left", true);
        made = std::make_unique<Strip>(left, fields.boolean("strip_right", true));
    } else if (type == "Replace") {
        auto pattern = Pattern::fromJson(json.value("pattern", nlohmann::json()), where);
        if (!pattern)
            return fail(pattern.error());
        made = std::make_unique<Replace>(std::move(*pattern), fields.string("content"));
    } else {
        return fail(Error::Code::Unsupported, where + " of type `" + type + "` is not supported.");
    }
    if (const auto checked = fields.check(); !checked)
        return fail(checked.error());
    return made;
}

} // namespace core
