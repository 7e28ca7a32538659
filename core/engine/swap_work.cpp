#include "core/engine/swap_work.h"

#include "core/circuits/concept.h"
#include "core/circuits/concept_swap.h"
#include "core/circuits/swap.h"
#include "core/circuits/text_features.h"
#include "core/engine/intervene_work.h"

#include <algorithm>
#include <chrono>
#include <map>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

constexpr int kShown = 10;
constexpr std::size_t kRows = 40; // Of each list of a pair, so that hundreds of pairs stay small.

/// Rows by feature, each looked up once: hundreds of pairs change the same features.
class CachedRows {
public:
    explicit CachedRows(const RowLookup& row)
        : m_row(row)
    {
    }

    const FeatureRow& of(const Dictionary& dictionary, FeatureId feature)
    {
        const FeatureRef ref{dictionary.config().name, feature};
        const auto [place, isNew] = m_rows.try_emplace(ref);
        if (isNew) {
            if (m_row)
                place->second = m_row(ref);
            place->second.feature = ref;
            place->second.layer = dictionary.config().hookIn.layer;
        }
        return place->second;
    }

private:
    const RowLookup& m_row;
    std::map<FeatureRef, FeatureRow> m_rows;
};

/// The rows of a prompt whose tokens are not special ones.
std::vector<std::int64_t> countedRows(const LoadedModel& model, const Prompt& prompt)
{
    std::vector<std::int64_t> rows;
    for (std::size_t i = 0; i < prompt.ids.size(); ++i)
        if (!model.tokenizer->isSpecial(prompt.ids[i]))
            rows.push_back(static_cast<std::int64_t>(i));
    return rows;
}

/// The error of one of many: says which.
template <typename T>
tl::unexpected<Error> failAt(const Result<T>& result, const std::string& which)
{
    Error error = result.error();
    if (error.code != Error::Code::Cancelled)
        error.message = which + ": " + error.message;
    return fail(std::move(error));
}

/// Peaks over the counted tokens, [dictionary][text].
using PeaksByDictionary = std::vector<std::vector<Peaks>>;

/// Reads `texts` and adds their peaks.
Result<void> readPeaks(const LoadedModel& model, const Dictionaries& dictionaries,
    const std::vector<std::string>& texts, const char* what, const std::function<void()>& onText,
    std::stop_token stop, PeaksByDictionary& peaks)
{
    peaks.resize(dictionaries.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto prompt = promptFromText(model, texts[i]);
        if (!prompt)
            return failAt(prompt, fmt::format("Text {} {} the concept", i + 1, what));
        const auto read = readFeatures(*model.transformer, dictionaries, prompt->ids, stop);
        if (!read)
            return fail(read.error());
        const auto rows = countedRows(model, *prompt);
        for (std::size_t d = 0; d < dictionaries.size(); ++d)
            peaks[d].push_back(peaksOver(read->active[d], rows));
        onText();
    }
    return {};
}

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
            const auto prompt = tracePrompt(model, text, {});
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

Result<FeatureSwap> swapByDifference(const LoadedModel& model, const Dictionaries& dictionaries,
    const SwapPair& pair, std::stop_token stop)
{
    const auto prompt = tracePrompt(model, pair.prompt, {});
    if (!prompt)
        return fail(prompt.error());
    const auto donor = tracePrompt(model, pair.donor, {});
    if (!donor)
        return fail(donor.error());
    SwapOptions options;
    options.stop = stop;
    return swapFeatures(*model.transformer, dictionaries, prompt->ids, donor->ids, options);
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
    out.before = mostProbable(model, swap.before, kShown);
    out.after = mostProbable(model, swap.after, kShown);
    out.donor = mostProbable(model, swap.donor, kShown);
    const auto strongest = [&](const std::vector<SwappedFeature>& features) {
        std::vector<FeatureRow> list;
        for (std::size_t i = 0; i < std::min(features.size(), kRows); ++i)
            list.push_back(rows.of(*dictionaries[features[i].dictionary], features[i].feature));
        return list;
    };
    out.removed = strongest(swap.removed);
    out.inserted = strongest(swap.inserted);
    return out;
}

} // namespace

Result<ConceptFeatures> findConcept(const LoadedModel& model, const ConceptRequest& request,
    const RowLookup& row, const ProgressFn& progress, std::stop_token stop)
{
    if (request.with.empty() || request.without.empty())
        return fail(Error::Code::Unsupported,
            fmt::format("There is no text {} the concept. Give at least one of each kind.",
                request.with.empty() ? "with" : "without"));
    const auto dictionaries = swapDictionaries(model, request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    std::int64_t done = 0;
    const auto onText = [&] {
        if (progress)
            progress({"Reading the texts", ++done,
                std::ssize(request.with) + std::ssize(request.without), "texts"});
    };
    PeaksByDictionary with, without;
    if (auto read = readPeaks(model, *dictionaries, request.with, "with", onText, stop, with);
        !read)
        return fail(read.error());
    if (auto read
        = readPeaks(model, *dictionaries, request.without, "without", onText, stop, without);
        !read)
        return fail(read.error());

    ConceptFeatures out;
    out.request = request;
    CachedRows rows(row);
    for (std::size_t d = 0; d < dictionaries->size(); ++d) {
        if (stop.stop_requested())
            return cancelled();
        const auto features = featuresOf(with[d]); // Others cannot be stronger with the concept.
        if (features.empty())
            continue;
        const auto scores
            = scoreConcept(peakTable(with[d], features), peakTable(without[d], features));
        for (const std::int64_t column : bestColumns(scores, request.limit)) {
            ConceptFeature feature;
            feature.row = rows.of(
                *(*dictionaries)[d], FeatureId(features[static_cast<std::size_t>(column)]));
            feature.layer = (*dictionaries)[d]->config().hookIn.layer;
            feature.score = scores.score[column].item<double>();
            feature.meanWith = scores.meanWith[column].item<double>();
            feature.meanWithout = scores.meanWithout[column].item<double>();
            feature.shareWith = scores.shareWith[column].item<double>();
            feature.shareWithout = scores.shareWithout[column].item<double>();
            out.features.push_back(std::move(feature));
        }
    }
    std::stable_sort(out.features.begin(), out.features.end(),
        [](const ConceptFeature& a, const ConceptFeature& b) {
            return a.score != b.score ? a.score > b.score
                                      : a.meanWith - a.meanWithout > b.meanWith - b.meanWithout;
        });
    if (std::ssize(out.features) > request.limit)
        out.features.resize(static_cast<std::size_t>(std::max(request.limit, 0)));
    return out;
}

Result<SwapTestResult> swapTest(const LoadedModel& model, const SwapTestRequest& request,
    const RowLookup& row, const ProgressFn& progress, std::stop_token stop)
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
        auto read = readPairs(model, *dictionaries, request.pairs, progress, stop);
        if (!read)
            return fail(read.error());
        list = std::move(*read);
    }
    SwapTestResult out;
    out.request = request;
    CachedRows rows(row);
    std::int64_t swapped = 0;
    for (std::size_t i = 0; i < request.pairs.size(); ++i) {
        if (stop.stop_requested())
            return cancelled();
        const SwapPair& pair = request.pairs[i];
        const auto answer = answerTokens(model, pair.answer);
        if (!answer)
            return failAt(answer, pairName(i));
        ConceptSwapOptions options;
        options.leastScore = request.leastScore;
        options.stop = stop;
        const auto swap = request.method == SwapMethod::Concept
            ? swapConcepts(*model.transformer, *dictionaries, list.texts, list.pairs[i].prompt,
                list.pairs[i].donor, options)
            : swapByDifference(model, *dictionaries, pair, stop);
        if (!swap)
            return failAt(swap, pairName(i));
        SwapResult result = resultOf(model, *dictionaries, *swap, rows);
        result.request = {pair.prompt, pair.donor, request.dictionaries};
        result.isSwapped = becameAnswer(*swap, *answer);
        swapped += result.isSwapped ? 1 : 0;
        out.results.push_back(std::move(result));
        if (progress)
            progress(
                {"Swapping", static_cast<std::int64_t>(i) + 1, std::ssize(request.pairs), "pairs"});
    }
    out.successRate = static_cast<double>(swapped) / static_cast<double>(request.pairs.size());
    out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return out;
}

} // namespace core
