#include "core/builtin/labelled_world.h"

#include "core/builtin/concepts.h"
#include "core/builtin/landmarks.h"
#include "core/builtin/states.h"
#include "core/builtin/world.h"

#include <set>
#include <utility>

namespace core {

namespace {

/// Empty where the document has none.
std::string worldLabel(const Document& document, const std::string& label)
{
    if (label == "kind")
        return std::string(documentKindName(document.kind));
    if (label == "language")
        return document.language == Language::French ? "French" : "English";
    if (document.topic < 0)
        return {};
    const auto topic = static_cast<std::size_t>(document.topic);
    if (document.kind == DocumentKind::Landmark)
        return landmarks()[topic].name;
    if (document.kind == DocumentKind::Animals)
        return animals()[topic].name;
    return {};
}

} // namespace

Result<LabelledDocuments> labelledWorld(
    const std::string& label, std::int64_t documents, std::uint64_t seed)
{
    if (label != "kind" && label != "language" && label != "topic")
        return fail(Error::Code::Unsupported,
            "The built-in world has no label `" + label + "`. Choose from: kind, language, topic.");
    World world(seed);
    LabelledDocuments out;
    while (static_cast<std::int64_t>(out.texts.size()) < documents) {
        Document document = world.next();
        if (const std::string name = worldLabel(document, label); !name.empty())
            out.add(std::move(document.text), name);
    }
    return out;
}

LabelledDocuments worldWords()
{
    LabelledDocuments out;
    std::set<std::string> known; // a word that is two things tells nothing
    const auto add = [&](const std::string& word, const char* what) {
        if (known.insert(word).second)
            out.add(word, what);
    };
    std::set<std::string> nouns;
    for (const Subject& animal : animals())
        nouns.insert(animal.name);
    for (const Subject& pair : translations()) {
        const bool isAnimal = nouns.contains(pair.name);
        for (const std::string& word : pair.slots.at("en"))
            add(word, isAnimal ? "animal" : "adjective");
        for (const std::string& word : pair.slots.at("fr"))
            add(word, isAnimal ? "French animal" : "French adjective");
    }
    for (const StateFacts& state : states()) {
        add(state.name, "state");
        add(state.capital, "capital");
        for (const std::string& city : state.cities)
            add(city, "city");
    }
    return out;
}

} // namespace core
