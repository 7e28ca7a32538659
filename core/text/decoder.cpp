#include "core/text/decoder.h"

#include "core/files/json_file.h"
#include "core/text/byte_alphabet.h"
#include "core/text/pattern.h"
#include "core/text/steps.h"
#include "core/text/utf8.h"

#include <optional>

namespace core {

namespace decoders {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd"; // U+FFFD

class Sequence : public Decoder {
public:
    explicit Sequence(std::vector<std::unique_ptr<const Decoder>> steps)
        : m_steps(std::move(steps))
    {
    }
    void apply(std::vector<std::string>& pieces) const override
    {
        for (const auto& step : m_steps)
            step->apply(pieces);
    }
    std::string bytesOf(std::string piece) const override
    {
        for (const auto& step : m_steps)
            piece = step->bytesOf(std::move(piece));
        return piece;
    }
    std::string pieceFor(std::string text) const override
    {
        for (auto step = m_steps.rbegin(); step != m_steps.rend(); ++step)
            text = (*step)->pieceFor(std::move(text));
        return text;
    }

private:
    std::vector<std::unique_ptr<const Decoder>> m_steps;
};

class ByteLevel : public Decoder {
public:
    void apply(std::vector<std::string>& pieces) const override
    {
        std::string bytes;
        for (std::string& piece : pieces)
            bytes += bytesOf(std::move(piece));
        pieces.assign(1, toValidUtf8(bytes));
    }
    /// A piece with other characters stands for itself.
    std::string bytesOf(std::string piece) const override
    {
        auto bytes = byte_alphabet::decode(piece);
        return bytes ? std::move(*bytes) : piece;
    }
    std::string pieceFor(std::string text) const override { return byte_alphabet::encode(text); }
};

class Replace : public Decoder {
public:
    Replace(Pattern pattern, std::string content)
        : m_pattern(std::move(pattern))
        , m_content(std::move(content))
    {
    }
    void apply(std::vector<std::string>& pieces) const override
    {
        for (std::string& piece : pieces)
            piece = bytesOf(std::move(piece));
    }
    std::string bytesOf(std::string piece) const override
    {
        const auto parts = m_pattern.cut(piece);
        if (!parts)
            return piece;
        std::string replaced;
        for (const Pattern::Piece& part : *parts)
            replaced += part.isMatch ? m_content : piece.substr(part.begin, part.end - part.begin);
        return replaced;
    }

private:
    Pattern m_pattern;
    std::string m_content;
};

/// Joins runs of <0x00> pieces to the characters they spell.
class ByteFallback : public Decoder {
public:
    void apply(std::vector<std::string>& pieces) const override
    {
        std::vector<std::string> result;
        std::string run;
        const auto flush = [&] {
            if (isUtf8(run)) {
                if (!run.empty())
                    result.push_back(run);
            } else {
                result.insert(result.end(), run.size(), std::string(kReplacement));
            }
            run.clear();
        };
        for (std::string& piece : pieces) {
            if (const auto byte = byteOf(piece)) {
                run += static_cast<char>(*byte);
                continue;
            }
            flush();
            result.push_back(std::move(piece));
        }
        flush();
        pieces = std::move(result);
    }
    std::string bytesOf(std::string piece) const override
    {
        const auto byte = byteOf(piece);
        return byte ? std::string(1, static_cast<char>(*byte)) : piece;
    }

private:
    static std::optional<int> byteOf(const std::string& piece)
    {
        if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>')
            return std::nullopt;
        int byte = 0;
        for (const char c : {piece[3], piece[4]}) {
            const int digit = c >= '0' && c <= '9' ? c - '0'
                : c >= 'A' && c <= 'F'             ? c - 'A' + 10
                : c >= 'a' && c <= 'f'             ? c - 'a' + 10
                                                   : -1;
            if (digit < 0)
                return std::nullopt;
            byte = byte * 16 + digit;
        }
        return byte;
    }
};

class Fuse : public Decoder {
public:
    void apply(std::vector<std::string>& pieces) const override
    {
        std::string joined;
        for (const std::string& piece : pieces)
            joined += piece;
        pieces.assign(1, std::move(joined));
    }
};

/// Takes a few copies of one character off both ends of every piece.
class Strip : public Decoder {
public:
    Strip(std::string content, std::int64_t start, std::int64_t stop)
        : m_content(std::move(content))
        , m_start(start)
        , m_stop(stop)
    {
    }
    void apply(std::vector<std::string>& pieces) const override
    {
        for (std::string& piece : pieces) {
            for (std::int64_t i = 0; i < m_start && piece.starts_with(m_content); ++i)
                piece.erase(0, m_content.size());
            for (std::int64_t i = 0; i < m_stop && piece.ends_with(m_content); ++i)
                piece.erase(piece.size() - m_content.size());
        }
    }

private:
    std::string m_content;
    std::int64_t m_start;
    std::int64_t m_stop;
};

class Metaspace : public Decoder {
public:
    Metaspace(std::string replacement, bool dropsFirst)
        : m_replacement(std::move(replacement))
        , m_dropsFirst(dropsFirst)
    {
    }
    void apply(std::vector<std::string>& pieces) const override
    {
        for (std::size_t i = 0; i < pieces.size(); ++i)
            pieces[i] = withReplaced(pieces[i], i == 0 && m_dropsFirst ? "" : " ");
    }
    std::string bytesOf(std::string piece) const override { return withReplaced(piece, " "); }

private:
    std::string withReplaced(const std::string& piece, std::string_view by) const
    {
        std::string result;
        std::size_t done = 0;
        for (std::size_t at = piece.find(m_replacement); at != std::string::npos;
             at = piece.find(m_replacement, done)) {
            result.append(piece, done, at - done).append(by);
            done = at + m_replacement.size();
        }
        return result.append(piece, done);
    }

    std::string m_replacement;
    bool m_dropsFirst;
};

/// Words end where a piece ends in a suffix.
class SuffixedWords : public Decoder {
public:
    explicit SuffixedWords(std::string suffix)
        : m_suffix(Pattern::literal(suffix))
        , m_toSpace(m_suffix, " ")
        , m_toNothing(m_suffix, "")
    {
    }
    void apply(std::vector<std::string>& pieces) const override
    {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const Replace& step = i + 1 < pieces.size() ? m_toSpace : m_toNothing;
            pieces[i] = step.bytesOf(std::move(pieces[i]));
        }
    }
    std::string bytesOf(std::string piece) const override
    {
        return m_toSpace.bytesOf(std::move(piece));
    }

private:
    Pattern m_suffix;
    Replace m_toSpace;
    Replace m_toNothing;
};

Result<std::unique_ptr<const Decoder>> makeSequence(
    const nlohmann::json& json, const std::string& file)
{
    auto steps = makeSteps<Decoder>(json, "decoders", file + ": decoder",
        [&](const nlohmann::json& step) { return makeDecoder(step, file); });
    if (!steps)
        return fail(steps.error());
    return std::make_unique<Sequence>(std::move(*steps));
}

} // namespace
} // namespace decoders

Result<std::unique_ptr<const Decoder>> makeDecoder(
    const nlohmann::json& json, const std::string& file)
{
    using namespace decoders;
    if (json.is_null())
        return nullptr;
    const std::string where = file + ": decoder";
    JsonFields fields(json, where);
    const std::string type = fields.string("type");
    if (const auto checked = fields.check(); !checked)
        return fail(checked.error());

    std::unique_ptr<const Decoder> made;
    if (type == "Sequence")
        return makeSequence(json, file);
    if (type == "ByteLevel")
        made = std::make_unique<ByteLevel>();
    else if (type == "ByteFallback")
        made = std::make_unique<ByteFallback>();
    else if (type == "Fuse")
        made = std::make_unique<Fuse>();
    else if (type == "Strip") {
        const std::string content = fields.string("content");
        if (content.empty())
            fields.complain("content", "must not be empty.");
        const std::int64_t start = fields.integer("start", 0);
        made = std::make_unique<Strip>(content, start, fields.integer("stop", 0));
    } else if (type == "Metaspace") {
        const std::string replacement = fields.string("replacement", "\xe2\x96\x81");
        if (replacement.empty())
            fields.complain("replacement", "must not be empty.");
        const bool adds = fields.boolean("add_prefix_space", true);
        made = std::make_unique<Metaspace>(
            replacement, fields.string("prepend_scheme", adds ? "always" : "never") != "never");
    } else if (type == "BPEDecoder") {
        made = std::make_unique<SuffixedWords>(fields.string("suffix", "</w>"));
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
