#include "core/circuits/prompt_head.h"

#include <algorithm>
#include <cctype>

namespace core {

namespace {

constexpr std::string_view kGemma3 = "gemma-3";
/// <bos><start_of_turn>user\n in Gemma 3's vocabulary.
constexpr std::int64_t kUserTurn[] = {2, 105, 2364, 107};

std::string lowerCase(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool isGemma3(const std::string& name)
{
    return name.find(kGemma3) != std::string::npos;
}

bool isInstructed(const ModelConfig& model, const Dictionaries& dictionaries)
{
    const std::string name = lowerCase(model.name);
    if (isGemma3(name))
        return name.ends_with("-it");
    if (!model.modelType.starts_with("gemma3"))
        return false;
    return std::any_of(dictionaries.begin(), dictionaries.end(), [](const auto& one) {
        const std::string made = one ? lowerCase(one->config().baseModel) : std::string();
        return isGemma3(made) && made.ends_with("-it");
    });
}

} // namespace

PromptHead promptHead(const ModelConfig& model, const Dictionaries& dictionaries)
{
    PromptHead head;
    const bool isInVocabulary = std::all_of(std::begin(kUserTurn), std::end(kUserTurn),
        [&](std::int64_t id) { return id < model.d_vocab; });
    if (isInVocabulary && isInstructed(model, dictionaries))
        for (const std::int64_t id : kUserTurn)
            head.ids.emplace_back(id);
    return head;
}

} // namespace core
