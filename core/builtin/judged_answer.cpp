#include "core/builtin/judged_answer.h"

#include "core/builtin/grammar.h"

#include <algorithm>
#include <set>

namespace core {

JudgedAnswer judgeAnswer(std::string_view text, bool hasEnded, int landmark)
{
    constexpr std::size_t kFew = 3;
    auto sentences = splitSentences(text);
    const bool isCut = !hasEnded && !text.ends_with('.') && !text.ends_with('?');
    if (isCut && !sentences.empty())
        sentences.pop_back();
    JudgedAnswer judged;
    std::set<std::string> said;
    for (const std::string& sentence : sentences) {
        ++judged.sentences;
        judged.grammatical += isGrammatical(sentence);
        const auto sayers = landmarksSaying(sentence);
        const bool isAbout = std::find(sayers.begin(), sayers.end(), landmark) != sayers.end();
        judged.about += isAbout;
        judged.telling += isAbout && sayers.size() <= kFew;
        judged.repeats = judged.repeats || !said.insert(sentence).second;
    }
    return judged;
}

} // namespace core
