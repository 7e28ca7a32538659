#include "core/api/tokenize.h"

#include "core/engine/builtin_paths.h"
#include "core/engine/loaded_model.h"
#include "core/engine/request_table.h"
#include "core/text/tokenizer.h"

namespace core {

namespace {

Result<Tokenization> byOpenModel(const TokenizeRequest& request, const LoadedModel& model)
{
    auto prompt = request.form == PromptForm::Text && !request.addSpecial
        ? uncheckedText(model, request.text, false)
        : uncheckedPrompt(model, request.text, request.form, request.earlier);
    if (!prompt)
        return fail(prompt.error());
    Tokenization out;
    out.ids = std::move(prompt->ids);
    for (TokenInfo& token : prompt->tokens) {
        out.tokens.push_back(std::move(token.text));
        out.offsets.emplace_back(token.begin, token.end);
    }
    return out;
}

} // namespace

Result<Tokenization> run(const TokenizeRequest& request, Context& context)
{
    if (request.model.empty()) {
        const auto model = context.model();
        if (!model)
            return fail(model.error());
        return byOpenModel(request, **model);
    }
    if (request.form != PromptForm::Text)
        return fail(Error::Code::Unsupported,
            "Only the open model's prompts are put into another form. Leave the model away.");
    auto tokenizer = Tokenizer::open(modelPath(request.model, context.bench.options.resources));
    if (!tokenizer)
        return fail(tokenizer.error());
    auto tokens = (*tokenizer)->encode(request.text, request.addSpecial);
    if (!tokens)
        return fail(tokens.error());
    return Tokenization{tokens->ids, tokens->pieces, tokens->offsets};
}

Result<std::string> run(const DetokenizeRequest& request, Context& context)
{
    auto tokenizer = Tokenizer::open(modelPath(request.model, context.bench.options.resources));
    if (!tokenizer)
        return fail(tokenizer.error());
    for (const TokenId id : request.ids)
        if (id.value < 0 || id.value >= (*tokenizer)->size())
            return fail(Error::Code::NotFound,
                "--ids: " + std::to_string(id.value) + " is not in the vocabulary (0 to "
                    + std::to_string((*tokenizer)->size() - 1) + ").");
    return (*tokenizer)->decode(request.ids, request.skipSpecial);
}

const Handles<TokenizeRequest> kTokenize(Runs::OnReader, run);
const Handles<DetokenizeRequest> kDetokenize(Runs::OnReader, run);

} // namespace core
