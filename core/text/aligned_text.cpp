#include "core/text/aligned_text.h"

#include "core/text/utf8.h"

namespace core {

AlignedText AlignedText::fromInput(std::string_view input)
{
    AlignedText aligned;
    aligned.reserve(input.size());
    for (std::size_t i = 0; i < input.size();) {
        if (static_cast<unsigned char>(input[i]) < 0x80) {
            aligned.m_text += input[i];
            aligned.m_sources.push_back(
                {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i + 1)});
            ++i;
            continue;
        }
        const Utf8Step step = utf8At(input, i);
        const Range source{
            static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i + step.length)};
        if (step.isValid)
            aligned.append(input.substr(i, step.length), source);
        else
            aligned.append(step.codePoint, source);
        i += step.length;
    }
    return aligned;
}

void AlignedText::reserve(std::size_t bytes)
{
    m_text.reserve(bytes);
    m_sources.reserve(bytes);
}

std::pair<int, int> AlignedText::sourceRange(std::size_t begin, std::size_t end) const
{
    if (begin >= end || end > m_sources.size())
        return {0, 0};
    return {static_cast<int>(m_sources[begin].begin), static_cast<int>(m_sources[end - 1].end)};
}

AlignedText AlignedText::slice(std::size_t begin, std::size_t end) const
{
    AlignedText part;
    part.append(*this, begin, end);
    return part;
}

void AlignedText::append(std::string_view text, Range source)
{
    m_text.append(text);
    for (std::size_t i = 0; i < text.size(); ++i)
        m_sources.push_back(source);
}

void AlignedText::append(const AlignedText& other, std::size_t begin, std::size_t end)
{
    m_text.append(other.m_text, begin, end - begin);
    m_sources.insert(m_sources.end(), other.m_sources.begin() + static_cast<std::ptrdiff_t>(begin),
        other.m_sources.begin() + static_cast<std::ptrdiff_t>(end));
}

void AlignedText::append(char32_t codePoint, Range source)
{
    const std::size_t before = m_text.size();
    appendUtf8(m_text, codePoint);
    m_sources.insert(m_sources.end(), m_text.size() - before, source);
}

void AlignedText::prepend(std::string_view text)
{
    const Range source = m_sources.empty() ? Range{} : m_sources.front();
    m_text.insert(0, text);
    m_sources.insert(m_sources.begin(), text.size(), source);
}

} // namespace core
