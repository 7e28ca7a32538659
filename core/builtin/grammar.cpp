#include "core/builtin/grammar.h"

#include "core/builtin/concepts.h"
#include "core/builtin/food_cities.h"
#include "core/builtin/landmarks.h"
#include "core/builtin/rhymes.h"
#include "core/builtin/states.h"

#include <algorithm>
#include <charconv>

namespace core {

namespace {

/// Templates together with every wording their slots may take.
struct Rules {
    std::vector<SentenceTemplate> forms;
    Slots slots;

    bool accept(std::string_view sentence) const
    {
        return std::any_of(forms.begin(), forms.end(),
            [&](const SentenceTemplate& form) { return form.matches(sentence, slots); });
    }
};

using Templates = std::vector<SentenceTemplate>;

Rules rules(std::initializer_list<Templates> groups, Slots slots)
{
    Rules made{{}, std::move(slots)};
    for (const auto& group : groups)
        made.forms.insert(made.forms.end(), group.begin(), group.end());
    return made;
}

/// A couplet is one sentence: any second line may follow, as any fact may.
Rules rhymeRules()
{
    Rules made;
    for (const SentenceTemplate& first : rhymeFirstLines())
        made.forms.push_back(first.followedBy(" {line}"));
    for (const auto& family : rhymeFamilies()) {
        for (const auto& rhyme : family) {
            made.slots["word"].push_back(rhyme.word);
            made.slots["line"].push_back(shortRhymeLine(rhyme));
            made.slots["line"].insert(
                made.slots["line"].end(), rhyme.lines.begin(), rhyme.lines.end());
        }
    }
    return made;
}

const Templates& landmarkForms()
{
    static const Templates forms = rules(
        {landmarkSentences(), landmarkNameSentences(), thingsToDoQuestions(), thingsToDoOpenings()},
        {})
                                       .forms;
    return forms;
}

const std::vector<Rules>& worldRules()
{
    static const std::vector<Rules> all{
        rules({landmarkForms()}, unionOfSlots(landmarks())),
        rules({foodQuestions(), foodSentences(), weatherQuestions(), weatherSentences()},
            unionOfSlots(foodCities())),
        rules({twoHopSentences(), stateSentences(), stateCitySentences(), countrySentences(),
                  stateQuestions()},
            stateSlots()),
        rules({animalSentences(Language::English), animalSentences(Language::French),
                  {animalQuestion(Language::English), animalQuestion(Language::French)}},
            unionOfSlots(animals())),
        rules({oppositeSentences(Language::English), oppositeSentences(Language::French)},
            unionOfSlots(opposites())),
        rules({translationSentences(Language::English), translationSentences(Language::French)},
            unionOfSlots(translations())),
        rhymeRules(),
    };
    return all;
}

bool takeNumber(std::string_view& text)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value < 0 || value > 18)
        return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

bool take(std::string_view& text, std::string_view expected)
{
    if (!text.starts_with(expected))
        return false;
    text.remove_prefix(expected.size());
    return true;
}

bool isSum(std::string_view line)
{
    return takeNumber(line) && (take(line, " + ") || take(line, " - ")) && takeNumber(line)
        && take(line, " = ") && takeNumber(line) && line.empty();
}

} // namespace

std::vector<std::string> splitSentences(std::string_view text)
{
    std::vector<std::string> sentences;
    std::string current;
    const auto flush = [&] {
        const auto begin = current.find_first_not_of(' ');
        if (begin != std::string::npos) {
            std::string_view sentence = std::string_view(current).substr(begin);
            if (sentence.starts_with("Q: ") || sentence.starts_with("A: "))
                sentence.remove_prefix(3);
            if (!sentence.empty())
                sentences.emplace_back(sentence);
        }
        current.clear();
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') {
            flush();
            continue;
        }
        current += text[i];
        if (text[i] == '.' || text[i] == '?')
            flush();
    }
    flush();
    return sentences;
}

bool isGrammatical(std::string_view sentence)
{
    const auto& all = worldRules();
    return isSum(sentence) || std::any_of(all.begin(), all.end(), [&](const Rules& group) {
        return group.accept(sentence);
    });
}

std::vector<int> landmarksSaying(std::string_view sentence)
{
    std::vector<int> found;
    for (std::size_t i = 0; i < landmarks().size(); ++i) {
        const Slots& slots = landmarks()[i].slots;
        if (std::any_of(landmarkForms().begin(), landmarkForms().end(),
                [&](const auto& form) { return form.matches(sentence, slots); }))
            found.push_back(static_cast<int>(i));
    }
    return found;
}

} // namespace core
