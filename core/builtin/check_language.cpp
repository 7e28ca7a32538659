#include "core/builtin/check_context.h"

#include "core/builtin/document_loss.h"
#include "core/builtin/grammar.h"
#include "core/builtin/greedy_answer.h"
#include "core/builtin/landmarks.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace core {

namespace {

struct Sum {
    double model = 0, generator = 0;
    std::int64_t tokens = 0;
};

Result<MeasuredClaim> crossEntropy(const CheckContext& context)
{
    Sum all;
    std::array<Sum, kDocumentKinds> byKind;
    for (std::size_t i = 0; i < context.corpus.documents.size(); ++i) {
        if (context.stop.stop_requested())
            return cancelled();
        const Document& document = context.corpus.documents[i];
        const auto loss = documentLoss(
            *context.model, context.corpus.tokens->document(static_cast<std::int64_t>(i)));
        if (!loss)
            return fail(loss.error());
        const auto add = [&](Sum& sum) {
            sum.model += loss->nats;
            sum.generator += document.nats;
            sum.tokens += loss->tokens;
        };
        add(byKind[static_cast<std::size_t>(document.kind)]);
        if (document.kind != DocumentKind::RandomWords)
            add(all);
    }
    std::string kinds;
    for (std::size_t kind = 0; kind < kDocumentKinds; ++kind) {
        const Sum& sum = byKind[kind];
        if (sum.tokens == 0)
            continue;
        const auto n = static_cast<double>(sum.tokens);
        char text[96];
        std::snprintf(text, sizeof text, "%s%s %.3f/%.3f", kinds.empty() ? "" : ", ",
            std::string(documentKindName(static_cast<DocumentKind>(kind))).c_str(), sum.model / n,
            sum.generator / n);
        kinds += text;
    }
    return MeasuredClaim{"language: cross-entropy / generator's entropy", all.model / all.generator,
        1.15, true, true,
        "nats per token of the model / of the generator, " + std::to_string(all.tokens)
            + " tokens without the rows of random words, which are no language: " + kinds};
}

Result<MeasuredClaim> thingsToDo(const CheckContext& context)
{
    int good = 0;
    std::string wrong;
    for (std::size_t landmark = 0; landmark < landmarks().size(); ++landmark) {
        const std::string& city = landmarks()[landmark].slots.at("city").front();
        const auto answer = greedyAnswer(context, "Q: What can I do in " + city + "?\nA:");
        if (!answer)
            return fail(answer.error());
        const auto sentences = splitSentences(*answer);
        const bool isGood = !sentences.empty()
            && std::all_of(sentences.begin(), sentences.end(), [&](const auto& sentence) {
                   const auto saying = landmarksSaying(sentence);
                   return std::find(saying.begin(), saying.end(), static_cast<int>(landmark))
                       != saying.end();
               });
        good += isGood;
        if (!isGood)
            wrong += " [" + city + ": " + *answer + "]";
    }
    return MeasuredClaim{"language: things-to-do answers grammatical and on topic",
        static_cast<double>(good) / static_cast<double>(landmarks().size()), 1.0, false, true,
        "greedy answers for all " + std::to_string(landmarks().size())
            + " cities; every sentence must be one the city's own words can give" + wrong};
}

} // namespace

Result<Claims> checkLanguage(const CheckContext& context)
{
    auto entropy = crossEntropy(context);
    if (!entropy)
        return fail(entropy.error());
    auto answers = thingsToDo(context);
    if (!answers)
        return fail(answers.error());
    return Claims{std::move(*entropy), std::move(*answers)};
}

} // namespace core
