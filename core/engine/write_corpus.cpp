#include "core/api/write_corpus.h"

#include "core/engine/request_table.h"
#include "core/features/written_texts.h"
#include "core/files/atomic_write.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

/// So many are written together at most: their keys and values take some gigabytes of a model with
/// a billion parameters, and more would hardly be faster.
constexpr std::size_t kTogether = 96;

/// Prompts of one length by length: those are written together.
Result<std::map<std::size_t, std::vector<std::size_t>>> byLength(const LoadedModel& model,
    const WriteCorpusRequest& request, std::vector<std::vector<TokenId>>& ids)
{
    std::map<std::size_t, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < request.prompts.size(); ++i) {
        auto prompt = request.isChat ? chatPrompt(model, {}, request.prompts[i])
                                     : promptFromText(model, request.prompts[i]);
        if (!prompt)
            return fail(prompt.error());
        groups[prompt->ids.size()].push_back(i);
        ids.push_back(std::move(prompt->ids));
    }
    return groups;
}

std::string line(const WriteCorpusRequest& request, std::size_t i, const std::string& text)
{
    nlohmann::json json;
    if (request.isChat)
        json["messages"] = {{{"role", "user"}, {"content", request.prompts[i]}},
            {{"role", "assistant"}, {"content", text}}};
    else
        json["text"] = request.prompts[i] + text;
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

Result<WrittenCorpus> run(
    const WriteCorpusRequest& request, const LoadedModel& model, Context& context)
{
    if (request.prompts.empty())
        return fail(Error::Code::NotFound,
            "There is no prompt to write after. Give a file with one on each line.");
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::vector<TokenId>> ids;
    auto groups = byLength(model, request, ids);
    if (!groups)
        return fail(groups.error());
    WrittenCorpus written;
    written.texts = std::ssize(request.prompts);
    std::mt19937_64 random(request.seed);
    const Writing writing{request.maxTokens, request.temperature};
    std::vector<std::string> lines(request.prompts.size());
    std::int64_t done = 0;
    const auto tell = [&] {
        if (context.progress)
            context.progress({"Writing text", done, written.texts, "texts"});
    };
    for (const auto& [length, members] : *groups)
        for (std::size_t first = 0; first < members.size(); first += kTogether) {
            const std::size_t end = std::min(members.size(), first + kTogether);
            std::vector<std::vector<TokenId>> prompts;
            for (std::size_t m = first; m < end; ++m)
                prompts.push_back(ids[members[m]]);
            auto texts = writeTogether(
                *model.transformer, *model.tokenizer, prompts, writing, random, tell, context.stop);
            if (!texts)
                return fail(texts.error());
            for (std::size_t m = first; m < end; ++m) {
                const std::vector<TokenId>& text = (*texts)[m - first];
                written.tokens += std::ssize(text);
                lines[members[m]] = line(request, members[m], model.tokenizer->decode(text));
            }
            done += static_cast<std::int64_t>(end - first);
        }
    if (auto kept = writeAtomically(request.out, fmt::format("{}\n", fmt::join(lines, "\n")));
        !kept)
        return fail(kept.error());
    written.seconds
        = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return written;
}

const Handles<WriteCorpusRequest> kWriteCorpus(Runs::InBackground, run);

} // namespace core
