#include "app/cli/context.h"
#include "app/cli/tokens.h"
#include "app/cli/verbs.h"
#include "core/base/text_file.h"

#include "core/api/tokenize.h"

#include <fmt/format.h>

namespace cli {

namespace {

struct TokenizeOptions {
    core::TokenizeRequest request;
    std::string file;
    bool noSpecial = false;
};

struct DetokenizeOptions {
    core::DetokenizeRequest request;
    std::string ids;
};

int tokenize(Context& context, TokenizeOptions options)
{
    if (!options.file.empty()) {
        auto text = core::readTextFile(options.file);
        if (!text)
            return report(text.error());
        options.request.text = std::move(*text);
    }
    options.request.addSpecial = !options.noSpecial;
    const auto answer = context.ask(options.request);
    if (!answer)
        return report(answer.error());
    const core::Tokenization& tokens = **answer;
    Json ids = Json::array();
    std::string text;
    for (std::size_t i = 0; i < tokens.ids.size(); ++i) {
        ids.push(tokens.ids[i].value);
        text += fmt::format("{}{}\t{}", i == 0 ? "" : "\n", tokens.ids[i].value, tokens.tokens[i]);
    }
    context.print({{"ids", ids}, {"tokens", tokens.tokens}, {"offsets", tokens.offsets}}, text);
    return kDone;
}

int detokenize(Context& context, DetokenizeOptions options)
{
    options.request.ids = parseIds(options.ids);
    const auto text = context.ask(options.request);
    if (!text)
        return report(text.error());
    context.print({{"text", **text}}, **text);
    return kDone;
}

} // namespace

void addTokenizeVerbs(Verb& program)
{
    constexpr const char* kModel = "a Hugging Face folder, a tokenizer's file, or builtin";
    const auto options = std::make_shared<TokenizeOptions>();
    Verb tokenizeVerb = program.verb("tokenize", "text to token ids; offsets are byte ranges");
    tokenizeVerb.option("MODEL", options->request.model, kModel).required();
    Verb input = tokenizeVerb.oneOf("input");
    input.option("--text", options->request.text, "the text");
    input.option("--file", options->file, "a text file");
    tokenizeVerb.flag("--no-special", options->noSpecial, "do not add special tokens");
    tokenizeVerb.runs([options](Context& context) { return tokenize(context, *options); });

    const auto back = std::make_shared<DetokenizeOptions>();
    Verb detokenizeVerb = program.verb("detokenize", "token ids to text");
    detokenizeVerb.option("MODEL", back->request.model, kModel).required();
    detokenizeVerb.option("--ids", back->ids, "token ids, 1,2,3").required();
    detokenizeVerb.flag("--skip-special", back->request.skipSpecial, "leave special tokens out");
    detokenizeVerb.runs([back](Context& context) { return detokenize(context, *back); });
}

} // namespace cli
