#include "core/api/swap_test.h"

#include "core/circuits/concept_swap.h"
#include "core/circuits/text_features.h"
#include "core/engine/cached_rows.h"
#include "core/engine/graph_setup.h"
#include "core/engine/request_table.h"

#include <algorithm>
#include <chrono>
#include <map>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

constexpr std::size_t kRows = 40; // Of each list of a pair, so that hundreds of pairs stay small.

/// The first token of what is expected, with and without a space before it; empty when nothing is
/// expected.
Result<std::vector<TokenId>> answerTokens(const LoadedModel& model, const std::string& answer)
{
    std::vector<TokenId> tokens;
    if (answer.empty())
        return tokens;
    for (const std::string& spelling : {answer, " " + answer})
        if (const auto encoded = model.tokenizer->encode(spelling, false);
            encoded && !encoded->ids.empty())
            tokens.push_back(encoded->ids.front());
    if (tokens.empty())
        return fail(Error::Code::NotFound,
            fmt::format("The answer `{}` has no token in this model.", answer));
    return tokens;
}

/// Both prompts of a pair among the texts that were read once each.
struct PairTexts {
    std::size_t prompt = 0, donor = 0;
};

struct PairList {
    std::vector<TextFeatures> texts;
    std::vector<PairTexts> pairs;
};

std::string pairName(std::size_t index)
{
    return fmt::format("Pair {}", index + 1);
}

/// Every different text of the list, read once.
Result<PairList> readPairs(const LoadedModel& model, const Dictionaries& dictionaries,
    const std::vector<SwapPair>& pairs, const ProgressFn& progress, std::stop_token stop)
{
    PairList list;
    std::map<std::string, std::size_t> known;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        PairTexts places;
        for (const bool isDonor : {false, true}) {
            const std::string& text = isDonor ? pairs[i].donor : pairs[i].prompt;
            const auto [place, isNew] = known.try_emplace(text, list.texts.size());
            (isDonor ? places.donor : places.prompt) = place->second;
            if (!isNew)
                continue;
            const auto prompt = tracePrompt(model, text, {}, dictionaries);
            if (!prompt)
                return failAt(prompt, pairName(i));
            auto read = readFeatures(*model.transformer, dictionaries, prompt->ids, stop);
            if (!read)
                return failAt(read, pairName(i));
            list.texts.push_back(std::move(*read));
        }
        list.pairs.push_back(places);
        if (progress)
            progress({"Reading the pairs", static_cast<std::int64_t>(i) + 1,
                static_cast<std::int64_t>(pairs.size()), "pairs"});
    }
    return list;
}

bool becameAnswer(const FeatureSwap& swap, const std::vector<TokenId>& answer)
{
    if (answer.empty())
        return swap.isSwapped;
    const auto isAnswer = [&](const at::Tensor& logits) {
        const TokenId top(logits.argmax().item<std::int64_t>());
        return std::find(answer.begin(), answer.end(), top) != answer.end();
    };
    return isAnswer(swap.after) && !isAnswer(swap.before);
}

SwapResult resultOf(const LoadedModel& model, const Dictionaries& dictionaries,
    const FeatureSwap& swap, CachedRows& rows)
{
    SwapResult out;
    out.before = mostProbable(model, swap.before, kShownTokens);
    out.after = mostProbable(model, swap.after, kShownTokens);
    out.donor = mostProbable(model, swap.donor, kShownTokens);
    const auto strongest = [&](const std::vector<SwappedFeature>& features) {
        std::vector<FeatureRow> list;
        for (std::size_t i = 0; i < std::min(features.size(), kRows); ++i)
            list.push_back(rows.of(*dictionaries[features[i].dictionary], features[i].at.feature));
        return list;
    };
    out.removed = strongest(swap.removed);
    out.inserted = strongest(swap.inserted);
    return out;
}

} // namespace

Result<SwapTestResult> run(
    const SwapTestRequest& request, const LoadedModel& model, Context& context)
{
    const auto begin = std::chrono::steady_clock::now();
    if (request.pairs.empty())
        return fail(Error::Code::Unsupported,
            "There is no pair to swap. Give at least one prompt with its donor.");
    if (!(request.leastScore > 0.5 && request.leastScore <= 1.0))
        return fail(Error::Code::Unsupported,
            fmt::format("A least score of {} tells no concept. Choose one above 0.5, which is "
                        "chance, up to 1.",
                request.leastScore));
    const auto dictionaries = swapDictionaries(model, request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    PairList list;
    if (request.method == SwapMethod::Concept) {
        auto read = readPairs(model, *dictionaries, request.pairs, context.progress, context.stop);
        if (!read)
            return fail(read.error());
        list = std::move(*read);
    }
    SwapTestResult out;
    out.request = request;
    CachedRows rows(context.rows().lookup());
    std::int64_t swapped = 0;
    for (std::size_t i = 0; i < request.pairs.size(); ++i) {
        if (context.stop.stop_requested())
            return cancelled();
        const SwapPair& pair = request.pairs[i];
        const auto answer = answerTokens(model, pair.answer);
        if (!answer)
            return failAt(answer, pairName(i));
        ConceptSwapOptions options;
        options.leastScore = request.leastScore;
        options.stop = context.stop;
        const auto swap = request.method == SwapMethod::Concept
            ? swapConcepts(*model.transformer, *dictionaries, list.texts, list.pairs[i].prompt,
                list.pairs[i].donor, options)
            : swapByDifference(model, *dictionaries, pair.prompt, pair.donor, context.stop);
        if (!swap)
            return failAt(swap, pairName(i));
        SwapResult result = resultOf(model, *dictionaries, *swap, rows);
        result.request = {pair.prompt, pair.donor, request.dictionaries};
        result.isSwapped = becameAnswer(*swap, *answer);
        swapped += result.isSwapped ? 1 : 0;
        out.results.push_back(std::move(result));
        context.progress(
            {"Swapping", static_cast<std::int64_t>(i) + 1, std::ssize(request.pairs), "pairs"});
    }
    out.successRate = static_cast<double>(swapped) / static_cast<double>(request.pairs.size());
    out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return out;
}

const Handles<SwapTestRequest> kSwapTest(Runs::AsAStudy, run);

} // namespace core
