#include "core/api/generate.h"

#include "core/engine/request_table.h"
#include "core/steering/generator.h"

#include <tuple>

namespace core {

namespace {

GeneratorSettings generatorSettings(const GenerateSettings& settings, bool hasBos)
{
    GeneratorSettings out;
    out.maxTokens = settings.maxTokens;
    out.sampler.temperature = settings.temperature;
    out.sampler.topK = settings.topK;
    out.sampler.topP = settings.topP;
    out.sampler.repetitionPenalty = settings.repetitionPenalty;
    out.sampler.frequencyPenalty = settings.frequencyPenalty;
    out.sampler.seed = settings.seed;
    out.freezeAttention = settings.freezeAttention;
    out.measureKl = settings.measureKl;
    out.skipsBos = hasBos;
    return out;
}

StreamText streamText(const LoadedModel& model, const GeneratedStream& stream)
{
    StreamText out;
    out.text = stream.text;
    out.logprobs = stream.logprobs;
    out.repetition = stream.repetition;
    for (const TokenId id : stream.ids)
        out.tokens.push_back({id, model.tokenizer->display(id), 0, 0});
    return out;
}

GenerateStep stepFrom(const GeneratorStep& step)
{
    GenerateStep out;
    out.index = step.index;
    out.normal = {step.normal.id, step.normal.text, 0, 0};
    out.steered = {step.steered.id, step.steered.text, 0, 0};
    out.normalLogprob = step.normal.logprob;
    out.steeredLogprob = step.steered.logprob;
    out.kl = step.kl;
    out.deltaNormRatio = step.deltaNormRatio;
    return out;
}

} // namespace

Result<Generation> run(const GenerateRequest& request, const LoadedModel& model, Context& context)
{
    if (request.isChat && !request.ids.empty())
        return fail(Error::Code::Unsupported,
            "A chat template goes around a text, not around token ids. Give the message "
            "as a text.");
    auto prompt = request.isChat ? chatPrompt(model, request.prompt)
                                 : promptFrom(model, request.prompt, request.ids);
    if (!prompt)
        return fail(prompt.error());
    const FeatureRows rows = context.rows();
    const auto prepare = [&](const std::vector<Intervention>& interventions) {
        return ActiveInterventions::create(interventions, model.dictionaries, rows.maxActivation());
    };
    // A moved slider arrives on another thread; here, between two tokens, it is made ready.
    std::uint64_t seen = 0;
    std::vector<Intervention> list = request.interventions;
    if (request.live)
        std::tie(seen, list) = request.live->get();
    std::shared_ptr<LiveInterventions> live;
    if (!list.empty()) {
        auto active = prepare(list);
        if (!active)
            return fail(active.error());
        live = std::make_shared<LiveInterventions>(*active);
    }
    Progress said{"Writing", 0, request.settings.maxTokens, "tokens"};
    const auto step = [&](const GeneratorStep& one) {
        context.tell(stepFrom(one));
        ++said.done;
        context.progress(said);
        if (!request.live || !live)
            return;
        const auto [version, changed] = request.live->get();
        if (version == seen)
            return;
        seen = version;
        if (auto active = prepare(changed))
            live->set(*active);
    };
    const Generator generator(model.transformer, model.tokenizer);
    auto result = generator.run(
        prompt->ids, generatorSettings(request.settings, prompt->hasBos), live, step, context.stop);
    if (!result)
        return fail(result.error());

    Generation out;
    out.request = request;
    out.model = model.info.name;
    out.normal = streamText(model, result->normal);
    out.steered = streamText(model, result->steered);
    out.kl = result->kl;
    out.deltaNormRatio = result->deltaNormRatio;
    out.tokensPerSecond
        = result->seconds > 0 ? static_cast<double>(result->tokens) / result->seconds : 0.0;
    out.isComplete = result->isComplete;
    out.note = prompt->note;
    if (!result->note.empty())
        out.note += (out.note.empty() ? "" : " ") + result->note;
    return out;
}

const Handles<GenerateRequest> kGenerate(Runs::AsAnAnswer, run);

} // namespace core
