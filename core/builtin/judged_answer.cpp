#include "core/builtin/judged_answer.h"

#include "core/builtin/grammar.h"

#include <algorithm>
#include <set>

namespace core {

JudgedAnswer judgeAnswer(const WrittenText& text, int landmark)
{
    constexpr std::size_t kFew = 3;
    auto sentences = splitSentences(text.text);
    const bool isCut = !text.hasEnded && !text.text.ends_with('.') && !text.text.ends_with('?');
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
