#include "core/engine/engine_impl.h"
#include "core/engine/feature_rows.h"
#include "core/steering/generator.h"
#include "core/steering/sweet_spot.h"

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

void EngineImpl::generate(GenerateRequest request, std::function<void(const GenerateStep&)> onStep,
    Reply<Generation> reply)
{
    setInterventions(request.interventions);
    post<Generation>(m_engineThread, Lane::Interactive, "generate", std::move(reply),
        [this, request = std::move(request), onStep = std::move(onStep)](
            std::stop_token stop) -> Result<Generation> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            if (request.isChat && !request.ids.empty())
                return fail(Error::Code::Unsupported,
                    "A chat template goes around a text, not around token ids. Give the message "
                    "as a text.");
            auto prompt = request.isChat ? chatPrompt(**model, request.prompt)
                                         : promptFrom(**model, request.prompt, request.ids);
            if (!prompt)
                return fail(prompt.error());
            const FeatureRows rows(m_workspace, WorkspaceAccess::Thread::Engine);
            const auto prepare = [&](const std::vector<Intervention>& interventions) {
                return ActiveInterventions::create(
                    interventions, m_model.dictionaries, rows.maxActivation());
            };
            std::shared_ptr<LiveInterventions> live;
            if (!request.interventions.empty()) {
                auto active = prepare(request.interventions);
                if (!active)
                    return fail(active.error());
                live = std::make_shared<LiveInterventions>(*active);
            }

            // A moved slider arrives on another thread; here, between two tokens, it is made ready.
            std::uint64_t seen = 0;
            {
                const std::lock_guard lock(m_interventionsMutex);
                seen = m_interventionsVersion;
            }
            const auto step = [&](const GeneratorStep& one) {
                if (onStep)
                    onStep(stepFrom(one));
                std::vector<Intervention> changed;
                {
                    const std::lock_guard lock(m_interventionsMutex);
                    if (seen == m_interventionsVersion || !live)
                        return;
                    seen = m_interventionsVersion;
                    changed = m_interventions;
                }
                if (auto active = prepare(changed))
                    live->set(*active);
            };
            const Generator generator(m_model.transformer, m_model.tokenizer);
            auto result = generator.run(
                prompt->ids, generatorSettings(request.settings, prompt->hasBos), live, step, stop);
            if (!result)
                return fail(result.error());

            Generation out;
            out.request = request;
            out.model = m_model.info.name;
            out.normal = streamText(m_model, result->normal);
            out.steered = streamText(m_model, result->steered);
            out.kl = result->kl;
            out.deltaNormRatio = result->deltaNormRatio;
            out.tokensPerSecond
                = result->seconds > 0 ? static_cast<double>(result->tokens) / result->seconds : 0.0;
            out.isComplete = result->isComplete;
            out.note = result->note;
            return out;
        });
}

void EngineImpl::setInterventions(std::vector<Intervention> interventions)
{
    const std::lock_guard lock(m_interventionsMutex);
    m_interventions = std::move(interventions);
    ++m_interventionsVersion;
}

void EngineImpl::sweetSpot(SweetSpotRequest request, Reply<SweetSpot> reply)
{
    post<SweetSpot>(m_engineThread, Lane::Interactive, "sweet-spot", std::move(reply),
        [this, request = std::move(request)](std::stop_token stop) -> Result<SweetSpot> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            auto prompt = promptFromText(**model, request.prompt);
            if (!prompt)
                return fail(prompt.error());
            const FeatureRows rows(m_workspace, WorkspaceAccess::Thread::Engine);
            SweetSpotSettings settings;
            settings.skipsBos = prompt->hasBos;
            auto found = findSweetSpot(m_model.transformer, m_model.tokenizer, prompt->ids,
                request.feature, m_model.dictionaries, rows.maxActivation(), settings,
                progressFor("sweet-spot"), stop);
            if (!found)
                return fail(found.error());
            SweetSpot out;
            out.request = request;
            out.multiple = found->multiple;
            for (const SweetSpotTrial& trial : found->trials)
                out.trials.push_back(
                    {trial.multiple, trial.kl, trial.repetition, trial.deltaNormRatio, trial.text});
            return out;
        });
}

} // namespace core
