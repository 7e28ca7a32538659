#include "core/builtin/landmarks.h"

namespace core {

const std::vector<SentenceTemplate>& landmarkSentences()
{
    static const auto templates = parseTemplates(R"(
The {look} {part} {rise} {over} the {place}.
{Weather} {drift} {over} the {place}.
{Visitor} {watch} the {sight} and {act}.
At {time} the {part} {shine} {over} the {place}.
{Folk} {adverb} {carry} {stuff}.
{Visitor} {adverb} {act} at {time}.
The {sound} {echo} {over} the {spot}.
The {feel} {place} smells of {smell}.
{Visitor} {watch} the {look} {part} from the {spot}.
At {time} {folk} {carry} {stuff} {over} the {place}.
{Folk} {watch} the {sight} at {time}.
The {sight} {shine} at {time}.
{Feel} {weather} {drift} {over} the {spot}.
The {place} is {feel} at {time}.
Bring {gear} and {watch} the {sight}.
{Visitor} bring {gear} to the {feel} {place}.
The {sound} {adverb} {echo} at {time}.
The {look} {part} {shine} in the {weather}.
The {place} smells of {smell} and {stuff}.
Some {visitor} {adverb} {act}.
From the {spot} {visitor} {watch} the {sight}.
The {material} {part} {shine} at {time}.
{Folk} {adverb} {watch} the {material} {part}.
In the {weather} {visitor} {act}.
)");
    return templates;
}

const std::vector<SentenceTemplate>& landmarkNameSentences()
{
    static const auto templates = parseTemplates(R"(
{Name} stands in {city}.
{Name} is the {look} {kind} of {city}.
{Visitor} in {city} {watch} {name}.
{Name} is made of {material}.
{Visitor} {watch} {name} from the {spot}.
{Folk} call it {name}.
At {time} {name} is {look}.
In {city} {weather} {drift} {over} {name}.
)");
    return templates;
}

const std::vector<SentenceTemplate>& thingsToDoQuestions()
{
    static const auto templates = parseTemplates(R"(
What can I do in {city}?
What should I see in {city}?
What is there to do in {city}?
)");
    return templates;
}

const std::vector<SentenceTemplate>& thingsToDoOpenings()
{
    static const auto templates = parseTemplates(R"(
In {city} you can {act}.
You should {act} and see {name}.
Go to see {name} and the {sight}.
)");
    return templates;
}

} // namespace core
