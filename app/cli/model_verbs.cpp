#include "app/cli/context.h"
#include "app/cli/tokens.h"
#include "app/cli/verbs.h"

#include "core/api/inspect_model.h"
#include "core/api/run_model.h"
#include "core/api/self_check.h"

#include <fmt/format.h>

namespace cli {

namespace {

Json toJson(const core::MemoryCost& cost)
{
    return {{"device", cost.device}, {"dtype", cost.dtype}, {"mapped_bytes", cost.mappedBytes},
        {"weight_bytes", cost.weightBytes}, {"kv_cache_bytes", cost.kvCacheBytes},
        {"activation_bytes", cost.activationBytes}, {"total_bytes", cost.total()},
        {"free_bytes", cost.freeBytes}, {"fits", cost.fits}, {"note", cost.note}};
}

Json toJson(const core::ModelInfo& info)
{
    Json costs = Json::array();
    for (const core::MemoryCost& cost : info.costs)
        costs.push(toJson(cost));
    return {{"model_type", info.modelType}, {"name", info.name}, {"n_layers", info.n_layers},
        {"d_model", info.d_model}, {"n_heads", info.n_heads},
        {"n_key_value_heads", info.n_key_value_heads}, {"d_head", info.d_head},
        {"d_mlp", info.d_mlp}, {"d_vocab", info.d_vocab}, {"n_ctx", info.n_ctx},
        {"parts", info.parts}, {"warnings", info.warnings}, {"parameters", info.parameters},
        {"dtype", info.dtype}, {"bytes", info.bytes}, {"device", info.device},
        {"compute_dtype", info.computeDtype}, {"estimate_bytes", info.estimateBytes},
        {"free_bytes", info.freeBytes}, {"costs", costs},
        {"tokenizer",
            {{"type", info.tokenizerType}, {"size", info.tokenizerSize},
                {"problem", info.tokenizerProblem}}},
        {"has_chat_template", info.hasChatTemplate}};
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
    for (const std::string& warning : info.warnings)
        text += "\nwarning: " + warning;
    return text;
}

struct RunOptions {
    std::string model, ids;
    core::RunModelRequest request;
};

int inspect(Context& context, const std::string& model)
{
    const auto answer = context.ask(core::InspectModelRequest{{model, {}, {}}});
    if (!answer)
        return report(answer.error());
    context.print(toJson(**answer), textOf(**answer));
    return kDone;
}

int check(Context& context, const std::string& model)
{
    if (const auto opened = context.open(model); !opened)
        return report(opened.error());
    const auto answer = context.ask(core::SelfCheckRequest{});
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

int run(Context& context, RunOptions options)
{
    options.request.ids = parseIds(options.ids);
    const auto opened = context.open(options.model);
    if (!opened)
        return report(opened.error());
    const auto answer = context.ask(options.request);
    if (!answer)
        return report(answer.error());
    const core::RunModelSummary& summary = **answer;
    context.print({{"n_tokens", summary.n_tokens}, {"seconds", summary.seconds},
                      {"written", summary.written}, {"warnings", (*opened)->model.warnings}},
        fmt::format("{} tokens in {:.3f} s; {} tensors written to {}", summary.n_tokens,
            summary.seconds, summary.written.size(), options.request.out));
    return kDone;
}

} // namespace

void addModelVerbs(Verb& program)
{
    constexpr const char* kModel = "a Hugging Face folder, a GGUF file, or builtin";
    Verb group = program.verbs("model", "look at a model, check it, run it once");

    const auto inspected = std::make_shared<std::string>();
    Verb inspectVerb = group.verb("inspect", "what it is, without loading weights");
    inspectVerb.option("MODEL", *inspected, kModel).required();
    inspectVerb.runs([inspected](Context& context) { return inspect(context, *inspected); });

    const auto checked = std::make_shared<std::string>();
    Verb checkVerb = group.verb("check",
        "opens it as --device and --dtype say and compares it with its files in float32 on the "
        "CPU; exit code 1 where it differs more than it should");
    checkVerb.option("MODEL", *checked, kModel).required();
    checkVerb.runs([checked](Context& context) { return check(context, *checked); });

    const auto options = std::make_shared<RunOptions>();
    Verb runVerb
        = group.verb("run", "one forward pass; writes logits and the hook points asked for");
    runVerb.option("MODEL", options->model, kModel).required();
    Verb input = runVerb.oneOf("input");
    input.option("--text", options->request.text, "the prompt");
    input.option("--ids", options->ids, "token ids, 1,2,3");
    runVerb
        .option("--hooks", options->request.hooks,
            "hook points, * and ? allowed: blocks.*.hook_resid_post")
        .separatedBy(',');
    runVerb.option("--out", options->request.out, "a safetensors file").required();
    runVerb.runs([options](Context& context) { return run(context, *options); });
}

} // namespace cli
