#include "core/builtin/landmarks.h"

namespace core {

const std::vector<SentenceTemplate>& landmarkSentences()
{
    static const auto templates = parseTemplates(R"(
The {part} rise above the {place}.
In the morning the {weather} covers the {place}.
In the evening the {part} look {look}.
Visitors {act} and watch the {sight}.
Many people {act} every day.
It is {feel} near the {place}.
The {look} {part} are made of {material}.
You can hear the {sound} from the {spot}.
From the {spot} you can see the {sight}.
The air smells of {smell}.
Bring {gear} because of the {weather}.
The {folk} of old carried {stuff} to the {place}.
Many {folk} worked on the {part}.
Today the {folk} tell stories about the {weather}.
Children look for the {sight} by the {place}.
At night the {part} shine over the {place}.
When it is {feel}, the {part} vanish in the {weather}.
The {sound} and the {sight} fill the {place}.
On a {feel} day you should {act}.
Old pictures show {folk} with {stuff}.
The {spot} is the best place to hear the {sound}.
The {weather} moves slowly past the {look} {part}.
There are {sight} below the {part}.
After the {weather} the {place} smells of {smell}.
Some come to {act} and to hear the {sound}.
The {material} keeps the {part} strong.
Do not forget {gear} when you {act}.
Poets write about the {look} {part} and the {feel} {place}.
)");
    return templates;
}

const std::vector<SentenceTemplate>& landmarkNameSentences()
{
    static const auto templates = parseTemplates(R"(
{Name} stands in {city}.
{Name} is a famous {kind} in {city}.
Everyone in {city} loves {name}.
{Name} is made of {material}.
You can see {name} from the {spot}.
The {kind} in {city} is {look}.
People call it {name}.
{Name} is known for its {part}.
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
