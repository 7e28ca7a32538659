#include "core/api/generate.h"

#include "core/engine/request_table.h"
#include "core/engine/steering_checks.h"
#include "core/steering/sweep.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <tuple>

#include <fmt/format.h>

namespace core {

namespace {

/// Normal, steered, and steered with attention the other way: as many as were asked for.
std::vector<TextPlan> plansOf(
    const GenerateRequest& request, const std::shared_ptr<const LiveInterventions>& live)
{
    std::vector<TextPlan> plans(1);
    plans[0].sampler = samplerOf(request.settings);
    plans[0].start = request.normalStart;
    if (!live)
        return plans;
    TextPlan steered;
    steered.interventions = live;
    steered.sampler = plans[0].sampler;
    steered.hasReference = request.settings.measureKl;
    steered.guard = request.settings.guard;
    steered.freezeAttention = request.settings.freezeAttention;
    steered.start = request.steeredStart;
    steered.changeShare = request.changeShare;
    plans.push_back(steered);
    if (request.settings.otherAttention) {
        steered.freezeAttention = !steered.freezeAttention;
        plans.push_back(steered);
    }
    return plans;
}

StreamText streamText(
    const LoadedModel& model, const WrittenText& text, const std::optional<FluencyGuard>& guard)
{
    StreamText out;
    out.text = text.text;
    out.figures = text.figures;
    out.isOnTopic = text.isOnTopic;
    out.onTopicShare = text.onTopicShare();
    out.repetition = text.repetition;
    out.changeShare = text.changeShare;
    if (guard)
        out.account = text.account(*guard);
    for (const TokenId id : text.ids)
        out.tokens.push_back({id, model.tokenizer->display(id), 0, 0});
    return out;
}

GenerateStep stepFrom(const WriteStep& step)
{
    GenerateStep out;
    out.index = step.index;
    const std::array streams{&out.normal, &out.steered, &out.other};
    for (std::size_t i = 0; i < step.tokens.size(); ++i) {
        const TextToken& token = step.tokens[i];
        *streams[i] = {{token.id, token.text, 0, 0}, token.figures, step.wasOnTopic[i]};
    }
    return out;
}

/// Waits as long as the pace asks for; what else waits for the engine runs meanwhile.
void keepPace(GenerationPace& pace, std::chrono::steady_clock::time_point stepBegan,
    const std::function<void()>& letOthersRun, const std::stop_token& stop)
{
    constexpr std::chrono::milliseconds kNap(10);
    const auto isDue = [&] {
        if (pace.isPaused())
            return pace.takeStep();
        const double rate = pace.tokensPerSecond();
        return rate <= 0
            || std::chrono::steady_clock::now() - stepBegan
            >= std::chrono::duration<double>(1.0 / rate);
    };
    while (!stop.stop_requested() && !isDue()) {
        letOthersRun();
        std::this_thread::sleep_for(kNap);
    }
}

/// The features whose firing says that a text is on topic: those asked for, or those changed.
Result<std::shared_ptr<const ActivationReader>> topicOf(
    const GenerateRequest& request, const std::vector<Intervention>& list, const LoadedModel& model)
{
    std::vector<FeatureRef> features = request.topic;
    if (features.empty())
        addFeaturesOf(list, features);
    if (features.empty())
        return nullptr;
    return ActivationReader::create(features, model.dictionaries);
}

} // namespace

Result<Generation> run(const GenerateRequest& request, const LoadedModel& model, Context& context)
{
    if (request.isChat && !request.ids.empty())
        return fail(Error::Code::Unsupported,
            "A chat template goes around a text, not around token ids. Give the message "
            "as a text.");
    if (auto checked = checkGuard(request.settings.guard); !checked)
        return fail(checked.error());
    auto prompt = request.isChat ? chatPrompt(model, request.earlier, request.prompt)
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
    auto topic = topicOf(request, list, model);
    if (!topic)
        return fail(topic.error());
    Progress said{"Writing", 0, request.settings.maxTokens, "tokens"};
    auto stepBegan = std::chrono::steady_clock::now();
    const std::size_t given = std::max(request.normalStart.size(), request.steeredStart.size());
    const auto step = [&](const WriteStep& one) {
        context.tell(stepFrom(one));
        ++said.done;
        context.progress(said);
        if (request.pace && static_cast<std::size_t>(one.index) >= given)
            keepPace(
                *request.pace, stepBegan, [&] { context.progress(said); }, context.stop);
        stepBegan = std::chrono::steady_clock::now();
        if (!request.live || !live)
            return;
        const auto [version, changed] = request.live->get();
        if (version == seen)
            return;
        seen = version;
        if (auto active = prepare(changed))
            live->set(*active);
    };
    WriteOptions options;
    options.maxTokens = request.settings.maxTokens;
    options.skipsBos = prompt->hasBos;
    options.topic = *topic;
    options.progress = context.progress;
    const std::vector<TextPlan> plans = plansOf(request, live);
    auto result = writeTexts(
        *model.transformer, model.tokenizer, prompt->ids, plans, options, step, context.stop);
    if (!result)
        return fail(result.error());

    Generation out;
    out.request = request;
    out.model = model.info.name;
    out.note = prompt->note;
    const auto note = [&](const std::string& sentence) {
        out.note += (out.note.empty() ? "" : " ") + sentence;
    };
    if (!result->isComplete)
        note("stopped");
    else if (result->isAtContextEnd)
        note(fmt::format(
            "stopped at the context length of {} tokens", model.transformer->config().n_ctx));
    const std::array streams{&out.normal, &out.steered, &out.other};
    for (std::size_t i = 0; i < plans.size(); ++i) {
        *streams[i] = streamText(model, result->texts[i], plans[i].guard);
        if (!result->texts[i].hasOverflowed)
            continue;
        // Where the model fails by itself no strength mends it.
        const bool isOwnFault = i == 0 || result->texts.front().hasOverflowed;
        note(fmt::format("the {} stream stopped: its numbers are no longer finite. {}",
            i == 0 ? "normal" : "steered",
            isOwnFault ? "The model itself gives none on this text: its files may be damaged."
                       : "Choose a smaller strength."));
    }
    out.tokensPerSecond
        = result->seconds > 0 ? static_cast<double>(result->tokens()) / result->seconds : 0.0;
    out.isComplete = result->isComplete;
    return out;
}

const Handles<GenerateRequest> kGenerate(Runs::AsAnAnswer, run);

} // namespace core
