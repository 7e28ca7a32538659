#include "app/cli/context.h"

#include "core/api/make_engine.h"

#include <fmt/format.h>

namespace cli {

namespace {

nlohmann::json toJson(const core::MemoryCost& cost)
{
    return {{"device", cost.device}, {"dtype", cost.dtype}, {"mapped_bytes", cost.mappedBytes},
        {"weight_bytes", cost.weightBytes}, {"kv_cache_bytes", cost.kvCacheBytes},
        {"activation_bytes", cost.activationBytes}, {"total_bytes", cost.total()},
        {"free_bytes", cost.freeBytes}, {"fits", cost.fits}, {"note", cost.note}};
}

nlohmann::json toJson(const core::ModelInfo& info)
{
    nlohmann::json json{{"model_type", info.modelType}, {"name", info.name},
        {"n_layers", info.n_layers}, {"d_model", info.d_model}, {"n_heads", info.n_heads},
        {"n_key_value_heads", info.n_key_value_heads}, {"d_head", info.d_head},
        {"d_mlp", info.d_mlp}, {"d_vocab", info.d_vocab}, {"n_ctx", info.n_ctx},
        {"parts", info.parts}, {"parameters", info.parameters}, {"dtype", info.dtype},
        {"bytes", info.bytes}, {"device", info.device}, {"compute_dtype", info.computeDtype},
        {"estimate_bytes", info.estimateBytes}, {"free_bytes", info.freeBytes},
        {"costs", nlohmann::json::array()},
        {"tokenizer",
            {{"type", info.tokenizerType}, {"size", info.tokenizerSize},
                {"problem", info.tokenizerProblem}}},
        {"has_chat_template", info.hasChatTemplate}};
    for (const core::MemoryCost& cost : info.costs)
        json["costs"].push_back(toJson(cost));
    return json;
}

std::int64_t mebibytes(std::int64_t bytes)
{
    return (bytes + (1 << 20) - 1) >> 20;
}

std::string textOf(const core::ModelInfo& info)
{
    std::string text = fmt::format("{} ({}): {} layers, d_model {}, {} heads ({} key/value) of {}, "
                                   "d_mlp {}, vocabulary {}, context {}",
        info.name, info.modelType, info.n_layers, info.d_model, info.n_heads,
        info.n_key_value_heads, info.d_head, info.d_mlp, info.d_vocab, info.n_ctx);
    for (const std::string& part : info.parts)
        text += "\n  " + part;
    text += fmt::format("\n{} parameters, {} MiB stored as {}; memory, {} MiB free:",
        info.parameters, mebibytes(info.bytes), info.dtype, info.freeBytes >> 20);
    for (const core::MemoryCost& cost : info.costs)
        text += fmt::format("\n  --device {} --dtype {:<8} {:>8} MiB{}  {}", cost.device,
            cost.dtype, mebibytes(cost.total()), cost.fits ? "" : " (does not fit)", cost.note);
    text += info.tokenizerProblem.empty()
        ? fmt::format("\ntokenizer: {}, {} entries{}", info.tokenizerType, info.tokenizerSize,
            info.hasChatTemplate ? ", with a chat template" : "")
        : "\nno tokenizer, ids only: " + info.tokenizerProblem;
    return text;
}

int inspect(const Context& context, const std::string& model)
{
    const auto engine = context.startEngine();
    const auto answer = core::await<core::ModelInfo>([&](auto reply) {
        engine->inspectModel({model, {}, {}}, reply);
    });
    if (!answer)
        return report(answer.error());
    context.print(toJson(**answer), textOf(**answer));
    return kDone;
}

int check(const Context& context, const std::string& model)
{
    const auto engine = context.startEngine();
    const std::stop_callback onInterrupt(interruptToken(), [&] { engine->cancelAll(); });
    const auto opened = core::await<core::EngineState>([&](auto reply) {
        engine->openModel({model, {}, {}}, reply);
    });
    if (!opened)
        return report(opened.error());
    if (interruptToken().stop_requested())
        return report({core::Error::Code::Cancelled, {}});
    const auto answer = core::await<core::SelfCheck>([&](auto reply) { engine->selfCheck(reply); });
    if (!answer)
        return report(answer.error());
    const core::SelfCheck& c = **answer;
    context.print(
        {{"model", c.model}, {"device", c.device}, {"dtype", c.dtype}, {"tokens", c.tokens},
            {"max_logit_difference", c.maxLogitDifference},
            {"max_decode_difference", c.maxDecodeDifference}, {"logit_spread", c.logitSpread},
            {"mean_kl", c.meanKl}, {"max_kl", c.maxKl}, {"top_agreement", c.topAgreement},
            {"seconds", c.seconds}, {"good", c.isGood}, {"verdict", c.verdict}},
        c.verdict);
    return c.isGood ? kDone : kFailed;
}

int run(const Context& context, core::RunModelRequest request, const std::string& ids)
{
    request.ids = parseIds(ids);
    const auto summary = core::runModelJob(request, context.control());
    if (!summary)
        return report(summary.error());
    context.print({{"n_tokens", summary->n_tokens}, {"seconds", summary->seconds},
                      {"written", summary->written}},
        fmt::format("{} tokens in {:.3f} s; {} tensors written to {}", summary->n_tokens,
            summary->seconds, summary->written.size(), request.out));
    return kDone;
}

} // namespace

void addModelVerbs(CLI::App& app, Context& context)
{
    CLI::App* group = app.add_subcommand("model", "look at a model, check it, run it once");
    group->require_subcommand(1);

    auto model = std::make_shared<std::string>();
    CLI::App* inspectVerb = group->add_subcommand("inspect", "what it is, without loading weights");
    inspectVerb->add_option("MODEL", *model, "a Hugging Face folder, or builtin")->required();
    onChosen(*inspectVerb, context, [&context, model] { return inspect(context, *model); });

    auto checked = std::make_shared<std::string>();
    CLI::App* checkVerb = group->add_subcommand("check",
        "opens it as --device and --dtype say and compares it with its files in float32 on the "
        "CPU; exit code 1 where it differs more than it should");
    checkVerb->add_option("MODEL", *checked, "a Hugging Face folder, or builtin")->required();
    onChosen(*checkVerb, context, [&context, checked] { return check(context, *checked); });

    auto request = std::make_shared<core::RunModelRequest>();
    auto ids = std::make_shared<std::string>();
    CLI::App* runVerb = group->add_subcommand(
        "run", "one forward pass; writes logits and the hook points asked for");
    runVerb->add_option("MODEL", request->model, "a Hugging Face folder, or builtin")->required();
    auto* input = runVerb->add_option_group("input");
    input->add_option("--text", request->text, "the prompt");
    input->add_option("--ids", *ids, "token ids, 1,2,3");
    input->require_option(1);
    runVerb
        ->add_option(
            "--hooks", request->hooks, "hook points, * and ? allowed: blocks.*.hook_resid_post")
        ->delimiter(',');
    runVerb->add_option("--out", request->out, "a safetensors file")->required();
    onChosen(*runVerb, context, [&context, request, ids] { return run(context, *request, *ids); });
}

} // namespace cli
