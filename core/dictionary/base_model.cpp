#include "core/dictionary/dictionary.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace core {

namespace {

/// A model's name as its owner's repository spells it, brought to one form.
struct ModelName {
    std::string base; ///< "gemma-2-2b"
    bool isInstructed = false;
};

void replaceAll(std::string& text, std::string_view from, std::string_view to)
{
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

bool removeSuffix(std::string& text, std::string_view suffix)
{
    if (!text.ends_with(suffix))
        return false;
    text.erase(text.size() - suffix.size());
    return true;
}

ModelName modelName(const std::string& text)
{
    ModelName name;
    name.base = text.substr(text.find_last_of("/\\") + 1);
    std::transform(name.base.begin(), name.base.end(), name.base.begin(),
        [](unsigned char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(c)); });
    // In a hub cache: models--google--gemma-2-2b
    if (const std::size_t at = name.base.rfind("--"); at != std::string::npos)
        name.base = name.base.substr(at + 2);
    // TransformerLens, Neuronpedia and the hub write the versions of a family differently.
    constexpr std::pair<std::string_view, std::string_view> kSpellings[] = {{"meta-llama", "llama"},
        {"llama-2", "llama2"}, {"llama-3", "llama3"}, {"qwen-2", "qwen2"}, {"qwen-3", "qwen3"}};
    for (const auto& [from, to] : kSpellings)
        replaceAll(name.base, from, to);
    for (const char* instructed : {"-it", "-instruct", "-chat"})
        name.isInstructed = removeSuffix(name.base, instructed) || name.isInstructed;
    for (const char* plain : {"-pt", "-base", "-hf"})
        removeSuffix(name.base, plain);
    if (name.base == "gpt2" || name.base == "gpt-2")
        name.base = "gpt2-small";
    if (name.base == "mistral-7b-v0.1")
        name.base = "mistral-7b";
    return name;
}

/// Names that are no model's: placeholders, folders of checkpoints.
bool isKnown(const ModelName& name)
{
    constexpr std::string_view kFamilies[]
        = {"gpt2", "gpt-neo", "gptneo", "pythia", "llama", "gemma", "mistral", "mixtral", "qwen",
            "phi", "olmo", "deepseek", "gelu-", "tiny-stories", "tinystories", "bloom", "opt-"};
    return std::any_of(std::begin(kFamilies), std::end(kFamilies),
        [&](std::string_view family) { return name.base.starts_with(family); });
}

} // namespace

std::string baseModelMismatch(const DictionaryConfig& dictionary, const ModelConfig& model)
{
    const ModelName made = modelName(dictionary.baseModel), open = modelName(model.name);
    if (made.base == open.base && made.isInstructed == open.isInstructed)
        return {};
    if (made.base.empty() || !isKnown(made) || !isKnown(open))
        return {};
    if (made.base == open.base)
        return fmt::format("Made for `{}`; the open model is `{}`, the same model {}. Features "
                           "mostly carry over, their strengths and meanings less so.",
            dictionary.baseModel, model.name,
            open.isInstructed ? "after instruction tuning" : "before instruction tuning");
    return fmt::format("Made for `{}`; the open model is `{}`. Its features mean nothing there, "
                       "even where the widths agree.",
        dictionary.baseModel, model.name);
}

} // namespace core
