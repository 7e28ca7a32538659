#include "core/circuits/concept_swap.h"

#include "core/circuits/concept.h"
#include "core/circuits/intervention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

/// Texts of the same sentence as the prompt, and what they have in common.
struct Sentence {
    std::vector<std::size_t>
        texts; ///< Indices into all texts; the prompt and the donor among them.
    std::int64_t head = 0, tail = 0; ///< Tokens that all of them share.
};

Sentence sentenceOf(std::span<const TextFeatures> texts, std::size_t prompt, std::size_t donor)
{
    Sentence sentence;
    sentence.head = sentence.tail = std::numeric_limits<std::int64_t>::max();
    const auto& ids = texts[prompt].ids;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const CommonEnds ends = commonEnds(ids, texts[i].ids);
        const bool isAlike
            = 2 * (ends.head + ends.tail) >= std::max(std::ssize(ids), std::ssize(texts[i].ids));
        if (!isAlike && i != prompt && i != donor)
            continue;
        sentence.texts.push_back(i);
        if (texts[i].ids == ids)
            continue;
        sentence.head = std::min(sentence.head, ends.head);
        sentence.tail = std::min(sentence.tail, ends.tail);
    }
    return sentence;
}

/// The place of a token in a text: the last, or so many before the common end.
struct Place {
    bool isLast = false;
    std::int64_t beforeEnd = 0; ///< 0 = the token before the common end.
};

/// -1 where the text has no such token.
std::int64_t positionOf(const Place& place, const TextFeatures& text, const Sentence& sentence)
{
    const std::int64_t T = std::ssize(text.ids);
    if (place.isLast)
        return T - 1;
    const std::int64_t position = T - sentence.tail - 1 - place.beforeEnd;
    return position >= sentence.head ? position : -1;
}

std::vector<Place> placesOf(const TextFeatures& prompt, const Sentence& sentence)
{
    std::vector<Place> places;
    for (std::int64_t k = 0; positionOf({false, k}, prompt, sentence) >= 0; ++k)
        places.push_back({false, k});
    if (sentence.tail > 0)
        places.push_back({true, 0});
    return places;
}

struct TypicalFeature {
    std::uint32_t feature = 0;
    double value = 0; ///< Mean over the concept's texts where it fires.
};

/// The features of the concept that `answer` stands for, at one place of one dictionary.
std::vector<TypicalFeature> conceptAt(std::span<const Peaks> peaks,
    std::span<const TokenId> answers, TokenId answer, double leastScore)
{
    std::vector<Peaks> with, without;
    for (std::size_t i = 0; i < peaks.size(); ++i)
        (answers[i] == answer ? with : without).push_back(peaks[i]);
    const auto features = featuresOf(with);
    if (features.empty() || without.empty())
        return {};
    const auto scores = scoreConcept(peakTable(with, features), peakTable(without, features));
    std::vector<TypicalFeature> found;
    const double above = std::nextafter(leastScore, 0.0);
    for (const std::int64_t column : bestColumns(scores, std::ssize(features), above))
        found.push_back({features[static_cast<std::size_t>(column)],
            scores.meanWith[column].item<double>() / scores.shareWith[column].item<double>()});
    return found;
}

} // namespace

Result<FeatureSwap> swapConcepts(const Transformer& model, const Dictionaries& dictionaries,
    std::span<const TextFeatures> texts, std::size_t prompt, std::size_t donor,
    const ConceptSwapOptions& options)
{
    const at::NoGradGuard noGrad;
    const TextFeatures &from = texts[prompt], &to = texts[donor];
    if (from.ids == to.ids)
        return fail(Error::Code::Unsupported,
            "The prompt and the donor are the same text, so there is nothing to swap.");
    if (dictionaries.empty())
        return fail(Error::Code::NotFound,
            "A swap needs dictionaries, and none is open. Open transcoders or SAEs.");
    FeatureSwap swap;
    swap.before = swap.after = from.logits;
    swap.donor = to.logits;
    const TokenId was = from.answer(), wanted = to.answer();
    if (was == wanted) // One concept by what the model says: nothing tells them apart.
        return swap;

    const Sentence sentence = sentenceOf(texts, prompt, donor);
    std::vector<TokenId> answers;
    for (const std::size_t i : sentence.texts)
        answers.push_back(texts[i].answer());
    for (const Place& place : placesOf(from, sentence)) {
        const Position position(positionOf(place, from, sentence));
        for (std::size_t d = 0; d < dictionaries.size(); ++d) {
            std::vector<Peaks> peaks;
            for (const std::size_t i : sentence.texts) {
                const std::int64_t row = positionOf(place, texts[i], sentence);
                const std::array rows{row};
                peaks.push_back(row < 0 ? Peaks() : peaksOver(texts[i].active[d], rows));
            }
            std::map<std::uint32_t, double> values;
            for (const auto& one : conceptAt(peaks, answers, was, options.leastScore))
                values[one.feature] = 0.0;
            for (const auto& one : conceptAt(peaks, answers, wanted, options.leastScore))
                values[one.feature] = one.value;
            const Layer layer = dictionaries[d]->config().hookIn.layer;
            for (const auto& [feature, value] : values) {
                const float before
                    = from.active[d].at(static_cast<std::size_t>(position.value), feature);
                if (static_cast<double>(before) == value)
                    continue;
                auto& list = value == 0.0 ? swap.removed
                    : before == 0.0f      ? swap.inserted
                                          : swap.adjusted;
                list.push_back(
                    {d, {layer, position, FeatureId(feature)}, before, static_cast<float>(value)});
            }
        }
    }
    for (auto* list : {&swap.removed, &swap.inserted, &swap.adjusted})
        sortByStrength(*list);
    InterventionOptions intervention;
    intervention.freezeAttention = options.freezeAttention;
    intervention.stop = options.stop;
    const auto changed = intervene(
        model, dictionaries, from.ids, interventionsOf(swap, dictionaries), intervention);
    if (!changed)
        return fail(changed.error());
    swap.after = changed->logits[-1].to(at::kCPU, at::kFloat);
    swap.isSwapped = swap.after.argmax().item<std::int64_t>() == wanted.value;
    return swap;
}

} // namespace core
