#include "core/text/jinja/lexer.h"

#include "core/text/jinja/value.h"
#include "core/text/utf8.h"

#include <array>
#include <optional>

namespace core::jinja {

namespace {

using Kind = Token::Kind;

bool isSpace(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool isNameStart(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

std::string withPlainNewlines(std::string_view source)
{
    std::string text;
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source[i] != '\r')
            text += source[i];
        else if (i + 1 == source.size() || source[i + 1] != '\n')
            text += '\n';
    }
    if (text.ends_with('\n'))
        text.pop_back();
    return text;
}

class Lexer {
public:
    explicit Lexer(std::string source)
        : m_source(std::move(source))
    {
    }

    std::vector<Token> run()
    {
        while (m_at < m_source.size())
            readData();
        add(Kind::End, "");
        return std::move(m_tokens);
    }

private:
    bool startsWith(std::string_view text) const
    {
        return std::string_view(m_source).substr(m_at).starts_with(text);
    }

    void add(Kind kind, std::string text) { m_tokens.push_back({kind, std::move(text), m_line}); }

    void advance(std::size_t count)
    {
        for (std::size_t i = 0; i < count; ++i)
            m_line += m_source[m_at + i] == '\n' ? 1 : 0;
        m_at += count;
    }

    [[noreturn]] void complain(const std::string& problem) const
    {
        refuse("line " + std::to_string(m_line) + ": " + problem);
    }

    void skipSpace()
    {
        while (m_at < m_source.size() && isSpace(m_source[m_at]))
            advance(1);
    }

    /// Where the next "{{", "{%" or "{#" stands.
    std::size_t nextTag() const
    {
        for (std::size_t at = m_at; (at = m_source.find('{', at)) != std::string::npos; ++at) {
            const char kind = at + 1 < m_source.size() ? m_source[at + 1] : '\0';
            if (kind == '{' || kind == '%' || kind == '#')
                return at;
        }
        return m_source.size();
    }

    /// The text before a tag, less what the tag takes away on its left.
    std::string trimmed(std::size_t begin, std::size_t tag, bool isOutput, char sign) const
    {
        std::string data = m_source.substr(begin, tag - begin);
        if (sign == '-') {
            while (!data.empty() && isSpace(data.back()))
                data.pop_back();
        } else if (sign != '+' && !isOutput) {
            const std::size_t line = data.rfind('\n') + 1; // npos + 1 is 0
            const bool isAtStart = line > 0 || m_isLineStart;
            if (isAtStart && data.find_first_not_of(" \t", line) == std::string::npos)
                data.erase(line);
        }
        return data;
    }

    void addData(std::string data)
    {
        if (!data.empty())
            add(Kind::Data, std::move(data));
    }

    char signAfter(std::size_t tag) const
    {
        const char c = tag + 2 < m_source.size() ? m_source[tag + 2] : '\0';
        return c == '-' || c == '+' ? c : '\0';
    }

    void readData()
    {
        const std::size_t tag = nextTag();
        if (tag == m_source.size()) {
            addData(m_source.substr(m_at));
            m_at = tag;
            return;
        }
        const char kind = m_source[tag + 1];
        const char sign = signAfter(tag);
        std::string data = trimmed(m_at, tag, kind == '{', sign);
        advance(tag - m_at);
        addData(std::move(data));
        advance(sign ? 3 : 2);
        if (kind == '#') {
            readComment();
        } else if (kind == '%' && isRaw()) {
            readRaw();
        } else {
            add(kind == '{' ? Kind::OutputBegin : Kind::BlockBegin, "");
            readExpression(kind == '{' ? "}}" : "%}");
        }
    }

    void readComment()
    {
        const std::size_t end = m_source.find("#}", m_at);
        if (end == std::string::npos)
            complain("a comment has no end");
        advance(end - m_at);
        const char sign = m_source[m_at - 1];
        leaveTag(sign == '-' || sign == '+' ? sign : '\0', true);
    }

    /// Steps over the two characters that close a tag and what they take away on their right.
    void leaveTag(char sign, bool trimsNewline)
    {
        const std::size_t from = m_at;
        advance(2);
        if (sign == '-')
            skipSpace();
        else if (sign != '+' && trimsNewline && startsWith("\n"))
            advance(1);
        m_isLineStart = m_at > from && m_source[m_at - 1] == '\n';
    }

    bool isRaw() const
    {
        std::size_t at = m_at;
        while (at < m_source.size() && isSpace(m_source[at]))
            ++at;
        if (m_source.compare(at, 3, "raw") != 0)
            return false;
        at += 3;
        while (at < m_source.size() && isSpace(m_source[at]))
            ++at;
        return m_source.compare(at, 2, "%}") == 0 || m_source.compare(at, 3, "-%}") == 0;
    }

    void readRaw()
    {
        const std::size_t close = m_source.find("%}", m_at);
        const char closing = m_source[close - 1];
        advance(close - m_at);
        leaveTag(closing == '-' ? '-' : '\0', false);
        for (std::size_t tag = m_at; (tag = m_source.find("{%", tag)) != std::string::npos;
             tag += 2) {
            const char sign = signAfter(tag);
            std::size_t at = tag + (sign ? 3 : 2);
            while (at < m_source.size() && isSpace(m_source[at]))
                ++at;
            if (m_source.compare(at, 6, "endraw") != 0)
                continue;
            at += 6;
            while (at < m_source.size() && isSpace(m_source[at]))
                ++at;
            const char last = at < m_source.size() ? m_source[at] : '\0';
            const bool isSigned = last == '-' || last == '+';
            if (m_source.compare(at + (isSigned ? 1 : 0), 2, "%}") != 0)
                continue;
            addData(trimmed(m_at, tag, false, sign));
            advance(at + (isSigned ? 1 : 0) - m_at);
            leaveTag(isSigned ? last : '\0', true);
            return;
        }
        complain("`raw` has no `endraw`");
    }

    void readExpression(std::string_view end)
    {
        std::string open; // brackets that wait for their partner
        for (;;) {
            skipSpace();
            if (m_at >= m_source.size())
                complain("a tag has no end");
            const char c = m_source[m_at];
            const bool isSigned = (c == '-' || c == '+')
                && std::string_view(m_source).substr(m_at + 1).starts_with(end);
            if (open.empty() && (isSigned || startsWith(end))) {
                add(end == "}}" ? Kind::OutputEnd : Kind::BlockEnd, "");
                m_at += isSigned ? 1 : 0;
                leaveTag(isSigned ? c : '\0', end == "%}");
                return;
            }
            if (isNameStart(c))
                readName();
            else if (isDigit(c))
                readNumber();
            else if (c == '"' || c == '\'')
                readText(c);
            else
                readOperator(open);
        }
    }

    void readName()
    {
        const std::size_t begin = m_at;
        while (m_at < m_source.size() && (isNameStart(m_source[m_at]) || isDigit(m_source[m_at])))
            ++m_at;
        add(Kind::Name, m_source.substr(begin, m_at - begin));
    }

    void readNumber()
    {
        std::string digits;
        bool isFloat = false;
        const auto peek = [this](std::size_t ahead) {
            return m_at + ahead < m_source.size() ? m_source[m_at + ahead] : '\0';
        };
        const auto takeDigits = [&] {
            for (; isDigit(peek(0)) || (peek(0) == '_' && isDigit(peek(1))); ++m_at) {
                if (peek(0) != '_')
                    digits += peek(0);
            }
        };
        takeDigits();
        if (peek(0) == '.' && isDigit(peek(1))) {
            isFloat = true;
            digits += '.';
            ++m_at;
            takeDigits();
        }
        const bool hasSign = peek(1) == '-' || peek(1) == '+';
        if ((peek(0) == 'e' || peek(0) == 'E') && isDigit(peek(hasSign ? 2 : 1))) {
            isFloat = true;
            digits.append(m_source, m_at, hasSign ? 2 : 1);
            m_at += hasSign ? 2 : 1;
            takeDigits();
        }
        add(isFloat ? Kind::Float : Kind::Integer, digits);
    }

    void readText(char quote)
    {
        std::string text;
        const int line = m_line;
        advance(1);
        for (;;) {
            if (m_at >= m_source.size())
                refuse("line " + std::to_string(line) + ": a text in quotes has no end");
            const char c = m_source[m_at];
            advance(1);
            if (c == quote)
                break;
            if (c != '\\')
                text += c;
            else
                readEscape(text);
        }
        m_tokens.push_back({Kind::Text, std::move(text), line});
    }

    /// What follows a backslash, as Python reads it.
    void readEscape(std::string& text)
    {
        if (m_at >= m_source.size())
            return;
        const char c = m_source[m_at];
        advance(1);
        constexpr std::string_view kNames = "\\'\"abfnrtv";
        constexpr std::string_view kValues = "\\'\"\a\b\f\n\r\t\v";
        if (const std::size_t at = kNames.find(c); at != std::string_view::npos)
            text += kValues[at];
        else if (c == 'x' || c == 'u' || c == 'U')
            readCode(text, c == 'x' ? 2 : c == 'u' ? 4 : 8, 16);
        else if (c >= '0' && c <= '7') {
            --m_at;
            readCode(text, 3, 8);
        } else if (c != '\n')
            text.append("\\").append(1, c);
    }

    void readCode(std::string& text, int digits, int base)
    {
        char32_t code = 0;
        int count = 0;
        for (; count < digits && m_at < m_source.size(); ++count) {
            const char c = m_source[m_at];
            const int digit = isDigit(c) ? c - '0'
                : c >= 'a' && c <= 'f'   ? c - 'a' + 10
                : c >= 'A' && c <= 'F'   ? c - 'A' + 10
                                         : 99;
            if (digit >= base)
                break;
            code = code * static_cast<char32_t>(base) + static_cast<char32_t>(digit);
            ++m_at;
        }
        if ((base == 16 && count < digits) || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
            complain("a text holds a character code that is none");
        appendUtf8(text, code);
    }

    void readOperator(std::string& open)
    {
        constexpr std::array<std::string_view, 26> kOperators{"//", "**",
            "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "(", ")", "[", "]", "{", "}", ">",
            "<", "=", ".", ":", "|", ",", ";"};
        for (const std::string_view op : kOperators) {
            if (!startsWith(op))
                continue;
            const char c = op[0];
            if (c == '(' || c == '[' || c == '{')
                open += c == '(' ? ')' : c == '[' ? ']' : '}';
            if (c == ')' || c == ']' || c == '}') {
                if (open.empty() || open.back() != c)
                    complain(std::string("`") + c + "` closes nothing");
                open.pop_back();
            }
            add(Kind::Operator, std::string(op));
            m_at += op.size();
            return;
        }
        complain("a character is not understood: `"
            + toValidUtf8(m_source.substr(m_at, utf8At(m_source, m_at).length)) + "`");
    }

    std::string m_source;
    std::size_t m_at = 0;
    int m_line = 1;
    bool m_isLineStart = true;
    std::vector<Token> m_tokens;
};

} // namespace

std::vector<Token> lex(std::string_view source)
{
    return Lexer(withPlainNewlines(source)).run();
}

} // namespace core::jinja
