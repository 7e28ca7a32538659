#include "core/circuits/explain/likeness.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace core {

namespace {

constexpr double kOfUnlike = 0.7; // what counts of what two features do, where labels disagree

/// Words that labels are built with.
const std::set<std::string>& buildingWords()
{
    static const std::set<std::string> words{"a", "an", "the", "of", "on", "in", "at", "to", "and",
        "or", "is", "says", "say", "fires", "after", "before", "follows", "with", "token", "tokens",
        "about", "words", "capitalised", "punctuation", "numbers", "pieces"};
    return words;
}

/// A label without what it says of the neighbours of its token: "is after capital, just before the"
/// is "is". Where something stands is not what it means.
std::string withoutNeighbours(const std::string& label)
{
    const std::size_t arrow = std::min(label.find("→"), label.size());
    std::size_t end = arrow;
    for (const char* clause : {"just before ", "right after ", "after ", "first "})
        if (const auto at = label.find(clause); at < end && (at == 0 || label[at - 1] == ' '))
            end = at;
    return label.substr(0, end) + label.substr(arrow);
}

std::set<std::string> wordsOf(const std::string& text)
{
    std::set<std::string> words;
    std::string word;
    const auto flush = [&] {
        if (!word.empty())
            words.insert(std::exchange(word, {}));
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto byte = static_cast<unsigned char>(c);
        // Quotation marks, dashes and arrows (U+2000 to U+203F, U+2190 to U+21BF) part words.
        if (byte == 0xE2 && i + 2 < text.size()
            && (text[i + 1] == '\x80' || text[i + 1] == '\x86')) {
            flush();
            i += 2;
            continue;
        }
        if (byte >= 0x80 || std::isalnum(byte))
            word += byte < 0x80 ? static_cast<char>(std::tolower(byte)) : c;
        else
            flush();
    }
    flush();
    return words;
}

template <typename T> double sharedPart(const std::set<T>& a, const std::set<T>& b)
{
    if (a.empty() || b.empty())
        return 0.0;
    const auto both = static_cast<double>(
        std::count_if(a.begin(), a.end(), [&](const T& one) { return b.contains(one); }));
    return both / (static_cast<double>(a.size() + b.size()) - both);
}

double cosineOf(const std::vector<float>& a, const std::vector<float>& b)
{
    if (a.empty() || a.size() != b.size())
        return 0.0;
    double dot = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        dot += static_cast<double>(a[i]) * static_cast<double>(b[i]);
        aa += static_cast<double>(a[i]) * static_cast<double>(a[i]);
        bb += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    return aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0.0;
}

} // namespace

std::set<std::string> meaningWords(const std::string& label, const std::string& place)
{
    std::set<std::string> words = wordsOf(withoutNeighbours(label));
    for (const std::string& word : buildingWords())
        words.erase(word);
    for (const std::string& word : wordsOf(place))
        words.erase(word);
    return words;
}

double likeness(const FeatureMeaning& a, const FeatureMeaning& b, double effectsCosine)
{
    const double label = sharedPart(a.words, b.words);
    const bool saysOtherwise = label == 0.0 && !a.words.empty() && !b.words.empty();
    return std::clamp(
        std::max({label, sharedPart(a.passages, b.passages), cosineOf(a.direction, b.direction),
            effectsCosine * (saysOtherwise ? kOfUnlike : 1.0)}),
        0.0, 1.0);
}

double effectsCosine(const GraphMatrix& matrix, std::int64_t a, std::int64_t b)
{
    if (matrix.node(a).layer != matrix.node(b).layer)
        return 0.0;
    const auto n = static_cast<std::size_t>(matrix.size());
    const auto x = static_cast<std::size_t>(a), y = static_cast<std::size_t>(b);
    double dot = 0, aa = 0, bb = 0;
    for (std::size_t target = 0; target < n; ++target) {
        const double p = static_cast<double>(matrix.adjacency[target * n + x]),
                     q = static_cast<double>(matrix.adjacency[target * n + y]);
        dot += p * q;
        aa += p * p;
        bb += q * q;
    }
    return aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0.0;
}

bool areNeighbours(const FeatureAt& a, const FeatureAt& b)
{
    return a.position == b.position && std::abs(a.layer.value - b.layer.value) <= 1;
}

} // namespace core
