#include "core/builtin/topic_agreement.h"

#include "core/builtin/landmarks.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

bool isAbout(const Document& document, int landmark)
{
    return document.topic == landmark
        && (document.kind == DocumentKind::Landmark || document.kind == DocumentKind::ThingsToDo);
}

bool says(const Document& document, const std::string& name)
{
    // Without its article: "the Golden Gate Bridge" may begin a sentence.
    const auto core = name.starts_with("the ") ? name.substr(4) : name;
    return document.text.find(core) != std::string::npos;
}

} // namespace

Result<TopicAgreement> topicAgreement(
    const CheckContext& context, const FeatureRef& feature, int landmark)
{
    const at::NoGradGuard noGradients;
    const Dictionary* dictionary = nullptr;
    for (const auto& sae : context.saes)
        if (sae->config().name == feature.dictionary)
            dictionary = sae.get();
    if (!dictionary)
        return fail(Error::Code::NotFound, feature.dictionary + ": no SAE of that name is open.");
    const HookPoint hook = dictionary->config().hookIn;
    const std::string& name
        = landmarks()[static_cast<std::size_t>(landmark)].slots.at("name").front();

    TopicAgreement agreement;
    for (const Document& document : context.corpus.documents) {
        if (context.stop.stop_requested())
            return cancelled();
        if (document.kind == DocumentKind::Wandering)
            continue; // of several subjects, and the writer does not note where each begins
        const auto encoded = context.tokenizer->encode(document.text, false);
        const auto tokens = context.encode(document.text);
        if (!encoded || !tokens)
            return fail(!encoded ? encoded.error() : tokens.error());
        auto shown = *tokens;
        shown.resize(
            std::min(shown.size(), static_cast<std::size_t>(context.model->config().n_ctx)));
        ForwardOptions options;
        options.stopAtLayer = hook.layer.value + 1;
        const auto run = runWithCache(*context.model, idsTensor(shown), {hook}, {}, options);
        if (!run)
            return fail(run.error());
        const at::Tensor acts
            = dictionary->activationsOf(run->cache.at(hook)[0], std::vector{feature.feature})
                  .contiguous();
        const bool about = isAbout(document, landmark);
        const bool nameless = about && !says(document, name);
        for (std::size_t i = 1; i < shown.size(); ++i) {
            const auto end = static_cast<std::size_t>(encoded->offsets[i - 1].second);
            if (about && end < document.topicKnownFrom)
                continue;
            const bool fires = acts.data_ptr<float>()[i] > 0;
            agreement.both += about && fires;
            agreement.featureOnly += !about && fires;
            agreement.topicOnly += about && !fires;
            agreement.namelessBoth += nameless && fires;
            agreement.namelessTopic += nameless;
        }
    }
    return agreement;
}

} // namespace core
