#include "core/builtin/check_context.h"

#include "core/builtin/text_writer.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"
#include "core/store/workspace_reader.h"

#include <cstdio>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

constexpr int kTexts = 6; // per animal and language
constexpr int kSentences = 6;

// Of the texts, only sentences after the second count: the topic must be kept, not read off the
// word.
constexpr int kSentencesBefore = 2;

constexpr double kFires = 0.3; // share of the concept's tokens, in each language
constexpr double kElsewhere = 0.05; // share of the other animals' tokens, ...
constexpr double kDensity = 0.02; // ... and of all text

struct Text {
    std::string text;
    std::size_t countedFrom = 0; ///< Byte.
};

Text writeText(RandomSource& random, const Subject& animal, Language language)
{
    Text made;
    for (int i = 0; i < kSentences; ++i) {
        TextWriter sentence(random, DocumentKind::Animals);
        sentence.sentence(sentence.oneOf(animalSentences(language)), animal.slots);
        if (i > 0)
            made.text += " ";
        if (i == kSentencesBefore)
            made.countedFrom = made.text.size();
        made.text += sentence.finish().text;
    }
    return made;
}

/// Share of counted tokens on which each feature of `dictionary` fires: [d_sae].
Result<at::Tensor> firingRates(const CheckContext& context, const Dictionary& dictionary,
    const Subject& animal, Language language, RandomSource& random)
{
    const HookPoint hook = dictionary.config().hookIn;
    at::Tensor fired = at::zeros({dictionary.config().d_sae});
    std::int64_t tokens = 0;
    for (int i = 0; i < kTexts; ++i) {
        const Text text = writeText(random, animal, language);
        const auto encoded = context.tokenizer->encode(text.text, false);
        const auto ids = context.encode(text.text);
        if (!encoded || !ids)
            return fail(!encoded ? encoded.error() : ids.error());
        const auto run = runWithCache(*context.model, idsTensor(*ids), {hook});
        if (!run)
            return fail(run.error());
        std::int64_t first = 1;
        while (first < static_cast<std::int64_t>(ids->size())
            && encoded->offsets[static_cast<std::size_t>(first - 1)].second
                <= static_cast<int>(text.countedFrom))
            ++first;
        const at::Tensor acts = dictionary.activations(run->cache.at(hook)[0].slice(0, first));
        fired += acts.gt(0).sum(0);
        tokens += acts.size(0);
    }
    return fired / static_cast<double>(tokens);
}

struct Rates {
    at::Tensor english, french; ///< [animals, d_sae]
    at::Tensor density; ///< [d_sae]
};

Result<Rates> measure(const CheckContext& context, const Dictionary& dictionary)
{
    auto reader = WorkspaceReader::open(context.workspace);
    if (!reader)
        return fail(reader.error());
    const auto stored = (*reader)->dictionary(dictionary.config().name);
    if (!stored || !*stored)
        return fail(!stored ? stored.error()
                            : Error{Error::Code::NotFound,
                                context.workspace.string() + ": " + dictionary.config().name
                                    + " was not harvested."});
    const auto columns = (*reader)->columns(**stored);
    if (!columns)
        return fail(columns.error());
    RandomSource random(77);
    std::vector<at::Tensor> english;
    std::vector<at::Tensor> french;
    for (const Subject& animal : animals()) {
        for (auto [language, rates] :
            {std::pair(Language::English, &english), std::pair(Language::French, &french)}) {
            auto rate = firingRates(context, dictionary, animal, language, random);
            if (!rate)
                return fail(rate.error());
            rates->push_back(std::move(*rate));
        }
    }
    return Rates{at::stack(english), at::stack(french), at::tensor((*columns)->density)};
}

} // namespace

Result<Claims> checkBilingual(const CheckContext& context)
{
    const at::NoGradGuard noGradients;
    const auto n = static_cast<std::int64_t>(animals().size());
    at::Tensor shared = at::zeros({n}, at::kBool);
    std::string layers;
    for (std::size_t layer = 1; layer + 1 < context.saes.size(); ++layer) {
        const auto rates = measure(context, *context.saes[layer]);
        if (!rates)
            return fail(rates.error());
        const at::Tensor both = (rates->english + rates->french) / 2;
        const at::Tensor others
            = (both.sum(0, true) - both) / static_cast<double>(n - 1); // [animals, d_sae]
        const at::Tensor good = rates->english.ge(kFires) & rates->french.ge(kFires)
            & others.le(kElsewhere) & rates->density.le(kDensity);
        const at::Tensor found = good.any(1);
        shared = shared | found;
        layers += (layers.empty() ? "layer " : ", layer ") + std::to_string(layer) + ": "
            + std::to_string(found.sum().item<std::int64_t>());
    }
    const auto count = shared.sum().item<std::int64_t>();
    char note[192];
    std::snprintf(note, sizeof note,
        "%lld of %lld animals have a feature firing on >= %.0f %% of their tokens in each "
        "language, <= %.0f %% of "
        "other animals', <= %.0f %% of all text (%s)",
        static_cast<long long>(count), static_cast<long long>(n), 100 * kFires, 100 * kElsewhere,
        100 * kDensity, layers.c_str());
    return Claims{{"languages: concepts with one feature for both",
        static_cast<double>(count) / static_cast<double>(n), 0.8, false, false, note}};
}

} // namespace core
