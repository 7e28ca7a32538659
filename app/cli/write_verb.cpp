#include "app/cli/context.h"
#include "app/cli/verbs.h"

#include "core/api/write_corpus.h"
#include "core/base/text_file.h"

#include <sstream>

#include <fmt/format.h>

namespace cli {

namespace {

struct WriteOptions {
    std::string model, prompts;
    core::WriteCorpusRequest request;
};

int write(Context& context, WriteOptions options)
{
    const auto text = core::readTextFile(options.prompts);
    if (!text)
        return report(text.error());
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);)
        if (line.find_first_not_of(" \t\r") != std::string::npos)
            options.request.prompts.push_back(line);
    if (const auto opened = context.open(options.model, {}); !opened)
        return report(opened.error());
    const auto answer = context.ask(options.request);
    if (!answer)
        return report(answer.error());
    const core::WrittenCorpus& written = **answer;
    context.print({{"texts", written.texts}, {"tokens", written.tokens},
                      {"seconds", written.seconds}, {"out", options.request.out}},
        fmt::format("{} texts, {} tokens in {:.1f} s: {}", written.texts, written.tokens,
            written.seconds, options.request.out));
    return kDone;
}

} // namespace

void addWriteVerb(Verb& program)
{
    const auto options = std::make_shared<WriteOptions>();
    core::WriteCorpusRequest& request = options->request;
    Verb verb = program.verb("write",
        "the model writes a text after each prompt of a file, many at once, to train or harvest "
        "on");
    verb.option("MODEL", options->model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    verb.option("--prompts", options->prompts, "a text file, a prompt on each line").required();
    verb.option("--out", request.out, "the .jsonl file: `messages` in a chat, else `text`")
        .required();
    verb.flag("--chat", request.isChat,
        "each prompt is a user's message; the model's chat template goes around it");
    verb.option("--max-tokens", request.maxTokens, "tokens of each text")
        .between(1, 1000000)
        .showingDefault();
    verb.option("--temperature", request.temperature, "of the draws").positive().showingDefault();
    verb.option("--seed", request.seed, "same seed, same texts").showingDefault();
    verb.runs([options](Context& context) { return write(context, *options); });
}

} // namespace cli
