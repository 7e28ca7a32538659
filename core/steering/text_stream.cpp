#include "core/steering/text_stream.h"

#include <algorithm>
#include <array>
#include <set>

namespace core {

namespace {

constexpr std::size_t kPromptContext = 4; // tokens; enough for the spacing of the first new one
constexpr std::size_t kLongestWait = 4; // tokens; no character is longer than four bytes

} // namespace

bool endsInsideCharacter(std::string_view text)
{
    if (text.ends_with("\xEF\xBF\xBD"))
        return true;
    std::size_t continuation = 0;
    while (continuation < text.size() && continuation < 3
        && (static_cast<unsigned char>(text[text.size() - 1 - continuation]) & 0xC0) == 0x80)
        ++continuation;
    if (continuation == text.size())
        return continuation > 0;
    const auto lead = static_cast<unsigned char>(text[text.size() - 1 - continuation]);
    const std::size_t needed = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    return continuation < needed;
}

double repetition(std::span<const TokenId> ids)
{
    using Gram = std::array<std::int32_t, 4>;
    if (ids.size() < 4)
        return 0.0;
    std::set<Gram> seen;
    std::size_t again = 0;
    const std::size_t grams = ids.size() - 3;
    for (std::size_t i = 0; i < grams; ++i)
        again += seen.insert({ids[i].value, ids[i + 1].value, ids[i + 2].value, ids[i + 3].value})
                     .second
            ? 0
            : 1;
    return static_cast<double>(again) / static_cast<double>(grams);
}

TextStream::TextStream(std::shared_ptr<const Tokenizer> tokenizer, std::span<const TokenId> prompt)
    : m_tokenizer(std::move(tokenizer))
{
    const std::span<const TokenId> tail = prompt.last(std::min(prompt.size(), kPromptContext));
    m_window.assign(tail.begin(), tail.end());
    m_shown = m_window.size();
}

std::string TextStream::emit()
{
    const std::span<const TokenId> window(m_window);
    const std::string before = m_tokenizer->decode(window.first(m_shown));
    const std::string all = m_tokenizer->decode(window);
    // A token that rewrites what came before it (it cannot, but a foreign decoder might) adds
    // nothing.
    std::string fresh = all.size() > before.size() ? all.substr(before.size()) : std::string{};
    m_window.erase(m_window.begin(), m_window.begin() + static_cast<std::ptrdiff_t>(m_shown));
    m_shown = m_window.size();
    m_text += fresh;
    return fresh;
}

std::string TextStream::push(TokenId id)
{
    if (!m_tokenizer)
        return {};
    m_window.push_back(id);
    const bool waits = m_window.size() - m_shown < kLongestWait
        && endsInsideCharacter(m_tokenizer->decode(m_window));
    return waits ? std::string{} : emit();
}

std::string TextStream::finish()
{
    return m_tokenizer && m_window.size() > m_shown ? emit() : std::string{};
}

} // namespace core
