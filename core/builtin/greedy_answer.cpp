#include "core/builtin/greedy_answer.h"

#include "core/steering/generator.h"

namespace core {

Result<std::string> greedyAnswer(
    const CheckContext& context, std::string_view prompt, int maxTokens)
{
    const auto tokens = context.encode(prompt);
    if (!tokens)
        return fail(tokens.error());
    GeneratorSettings settings;
    settings.maxTokens = maxTokens;
    settings.measureKl = false;
    const auto result
        = Generator(context.model, context.tokenizer).run(*tokens, settings, {}, {}, context.stop);
    if (!result)
        return fail(result.error());
    return result->normal.text;
}

} // namespace core
