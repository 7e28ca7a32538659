#include "core/labels/word_label.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace core {

namespace {

/// Words that describe or join rather than name.
constexpr const char* kNoNames = " a about after and any as at before by first for from in is it "
                                 "its just last like next of on or other "
                                 "right said says seen some start text texts than that the their "
                                 "things this to token tokens under with word "
                                 "words … ";

} // namespace

LabelRule ruleOfWords(
    const std::string& label, const CorpusText& corpus, const FiringPlaces& places)
{
    const std::string input = label.substr(0, label.find("→"));
    std::vector<std::string> words;
    bool isQuoted = false;
    for (const std::string& word : wordsOfText(input)) {
        if (word == "\"" || word == "“" || word == "”") {
            isQuoted = !isQuoted;
            continue;
        }
        const std::string folded = foldedWord(word);
        const bool isName = isQuoted || !std::strstr(kNoNames, fmt::format(" {} ", folded).c_str());
        if (!isName || (!isQuoted && word.size() < 2) || corpus.spellingsLike(folded).empty())
            continue;
        words.push_back(word);
    }
    LabelRule best;
    double accuracy = 0;
    if (!words.empty())
        for (const auto kind : {RuleClause::Kind::AtStem, RuleClause::Kind::Said}) {
            RuleClause clause{kind, {}, 0};
            for (const std::string& word : words)
                if (kind == RuleClause::Kind::AtStem)
                    clause.words.push_back(word);
                else
                    for (const std::int32_t spelling : corpus.spellingsLike(foldedWord(word)))
                        clause.words.push_back(corpus.spelling(spelling));
            const double value = balancedAccuracy(RuleMatcher({{clause}}, corpus), places);
            if (best.isEmpty() || value > accuracy) {
                best = {{clause}};
                accuracy = value;
            }
        }
    return best;
}

} // namespace core
