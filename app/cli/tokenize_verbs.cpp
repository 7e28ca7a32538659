#include "app/cli/context.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace cli {

namespace {

struct TokenizeOptions {
    std::string model, text, file, ids;
    bool noSpecial = false, skipSpecial = false;
};

int tokenize(const Context& context, TokenizeOptions options)
{
    if (!options.file.empty()) {
        std::ifstream in(options.file, std::ios::binary);
        std::ostringstream text;
        if (!in || !(text << in.rdbuf()))
            return report({core::Error::Code::Io,
                options.file + ": cannot be read. Check the path and its permissions."});
        options.text = text.str();
    }
    const auto tokens
        = core::tokenizeJob(options.model, options.text, !options.noSpecial, context.control());
    if (!tokens)
        return report(tokens.error());
    nlohmann::json ids = nlohmann::json::array();
    std::string text;
    for (std::size_t i = 0; i < tokens->ids.size(); ++i) {
        ids.push_back(tokens->ids[i].value);
        text
            += fmt::format("{}{}\t{}", i == 0 ? "" : "\n", tokens->ids[i].value, tokens->tokens[i]);
    }
    context.print({{"ids", ids}, {"tokens", tokens->tokens}, {"offsets", tokens->offsets}}, text);
    return kDone;
}

int detokenize(const Context& context, const TokenizeOptions& options)
{
    const auto text = core::detokenizeJob(
        options.model, parseIds(options.ids), options.skipSpecial, context.control());
    if (!text)
        return report(text.error());
    context.print({{"text", *text}}, *text);
    return kDone;
}

} // namespace

void addTokenizeVerbs(CLI::App& app, Context& context)
{
    auto options = std::make_shared<TokenizeOptions>();
    CLI::App* tokenizeVerb
        = app.add_subcommand("tokenize", "text to token ids; offsets are byte ranges");
    tokenizeVerb
        ->add_option(
            "MODEL", options->model, "a Hugging Face folder, a tokenizer's file, or builtin")
        ->required();
    auto* input = tokenizeVerb->add_option_group("input");
    input->add_option("--text", options->text, "the text");
    input->add_option("--file", options->file, "a text file");
    input->require_option(1);
    tokenizeVerb->add_flag("--no-special", options->noSpecial, "do not add special tokens");
    onChosen(*tokenizeVerb, context, [&context, options] { return tokenize(context, *options); });

    auto back = std::make_shared<TokenizeOptions>();
    CLI::App* detokenizeVerb = app.add_subcommand("detokenize", "token ids to text");
    detokenizeVerb
        ->add_option("MODEL", back->model, "a Hugging Face folder, a tokenizer's file, or builtin")
        ->required();
    detokenizeVerb->add_option("--ids", back->ids, "token ids, 1,2,3")->required();
    detokenizeVerb->add_flag("--skip-special", back->skipSpecial, "leave special tokens out");
    onChosen(*detokenizeVerb, context, [&context, back] { return detokenize(context, *back); });
}

} // namespace cli
