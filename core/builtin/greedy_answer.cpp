#include "core/builtin/greedy_answer.h"

#include "core/steering/write_texts.h"

namespace core {

Result<std::string> greedyAnswer(
    const CheckContext& context, std::string_view prompt, int maxTokens)
{
    const auto tokens = context.encode(prompt);
    if (!tokens)
        return fail(tokens.error());
    WriteOptions options;
    options.maxTokens = maxTokens;
    const auto result = writeTexts(
        *context.model, context.tokenizer, *tokens, {TextPlan()}, options, {}, context.stop);
    if (!result)
        return fail(result.error());
    return result->texts.front().text;
}

} // namespace core
