#include "app/cli/context.h"

#include "core/engine/create_engine.h"

#include <fmt/format.h>

namespace cli {

namespace {

int inspect(const Context& context, const std::string& model)
{
    const auto engine = context.startEngine();
    const auto answer
        = core::await<core::ModelInfo>([&](auto reply) { engine->inspectModel(model, reply); });
    if (!answer)
        return report(answer.error());
    const core::ModelInfo& info = **answer;
    const nlohmann::json json{{"model_type", info.modelType}, {"name", info.name},
        {"n_layers", info.n_layers}, {"d_model", info.d_model}, {"n_heads", info.n_heads},
        {"n_key_value_heads", info.n_key_value_heads}, {"d_head", info.d_head},
        {"d_mlp", info.d_mlp}, {"d_vocab", info.d_vocab}, {"n_ctx", info.n_ctx},
        {"parameters", info.parameters}, {"dtype", info.dtype}, {"bytes", info.bytes},
        {"estimate_bytes", info.estimateBytes}, {"free_bytes", info.freeBytes},
        {"tokenizer", {{"type", info.tokenizerType}, {"size", info.tokenizerSize}}}};
    context.print(json,
        fmt::format("{} ({}): {} layers, d_model {}, {} heads ({} key/value) of {}, d_mlp {}, "
                    "vocabulary {}, context {}\n"
                    "{} parameters, {} stored as {}, about {} MiB in memory ({} MiB "
                    "free)\ntokenizer: {}, {} entries",
            info.name, info.modelType, info.n_layers, info.d_model, info.n_heads,
            info.n_key_value_heads, info.d_head, info.d_mlp, info.d_vocab, info.n_ctx,
            info.parameters, info.bytes, info.dtype, info.estimateBytes >> 20, info.freeBytes >> 20,
            info.tokenizerType, info.tokenizerSize));
    return kDone;
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
    CLI::App* group = app.add_subcommand("model", "look at a model, run it once");
    group->require_subcommand(1);

    auto model = std::make_shared<std::string>();
    CLI::App* inspectVerb = group->add_subcommand("inspect", "what it is, without loading weights");
    inspectVerb->add_option("MODEL", *model, "a Hugging Face folder, or builtin")->required();
    onChosen(*inspectVerb, context, [&context, model] { return inspect(context, *model); });

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
