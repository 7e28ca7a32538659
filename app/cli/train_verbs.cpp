#include "app/cli/context.h"
#include "app/cli/verbs.h"
#include "app/cli/worker_options.h"

#include "core/api/train.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace cli {

namespace {

struct TrainOptions {
    std::string model, printConfig, sweep;
    WorkerOptions workers;
    core::TrainDictionaryRequest request;
};

/// "k=8,16,32"
core::TrainingSweep sweepOf(const std::string& text)
{
    core::TrainingSweep sweep;
    if (text.empty())
        return sweep;
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
        throw UsageError{"--sweep", "write FIELD=A,B,C, for instance k=8,16,32"};
    sweep.field = text.substr(0, equals);
    for (std::size_t at = equals + 1; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        sweep.values.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return sweep;
}

/// What a measurement on held-out text found; null where a row has none.
Json measuredJson(const core::TrainMetrics& row)
{
    if (!row.measured)
        return nullptr;
    const core::TrainingMeasurement& m = *row.measured;
    Json json{{"held_out_tokens", m.heldOutTokens}, {"dense_share", m.denseShare},
        {"rare_share", m.rareShare}, {"decoder_cosine", m.decoderCosine},
        {"threshold", m.threshold}, {"lambda", m.lambda}};
    if (m.heldOutTokens > 0) {
        json.set("l0", m.l0);
        json.set("fvu", m.fvu);
        json.set("ce_score", m.ceScore);
        json.set("kl", m.kl);
    }
    return json;
}

/// The last row of each dictionary, and how good they are against each other.
std::string frontText(const std::vector<core::TrainMetrics>& metrics)
{
    std::string text;
    for (const core::TrainMetrics& m : metrics)
        if (m.step == m.totalSteps && m.measured && m.measured->heldOutTokens > 0)
            text += fmt::format("\n{:<24} L0 {:>7.2f}  FVU {:.4f}  CE score {:.4f}  KL {:.4f}",
                m.dictionary, m.measured->l0, m.measured->fvu, m.measured->ceScore, m.measured->kl);
    return text.empty() ? text : "\nOn held-out text:" + text;
}

void printMetrics(
    Context& context, const std::vector<core::TrainMetrics>& metrics, const std::string& out)
{
    Json list = Json::array();
    for (const core::TrainMetrics& m : metrics)
        list.push(Json{{"dictionary", m.dictionary}, {"step", m.step}, {"tokens", m.tokens},
            {"loss", m.loss}, {"mse", m.mse}, {"sparsity", m.sparsity}, {"aux", m.aux},
            {"l0", m.l0}, {"fvu", m.fvu}, {"dead_features", m.deadFeatures}, {"lr", m.learningRate},
            {"gradient_norm", m.gradientNorm}, {"tokens_per_second", m.tokensPerSecond},
            {"measured", measuredJson(m)}});
    std::string text = "nothing to do";
    if (!metrics.empty())
        text = fmt::format("{} steps, loss {:.4f}, {:.0f} tokens/s; written to {}",
                   metrics.back().step, metrics.back().loss, metrics.back().tokensPerSecond, out)
            + frontText(metrics);
    context.print({{"metrics", list}}, text);
}

/// What a terminal shows behind the bar.
std::string detailOf(const core::TrainMetrics& row)
{
    std::string text = fmt::format("{} loss {:.4g}, L0 {:.3g}, {} of {} dead, {:.0f} tokens/s",
        row.dictionary, row.loss, row.l0, row.deadFeatures, row.features, row.tokensPerSecond);
    const auto left = static_cast<std::int64_t>(row.secondsLeft);
    if (left >= 3600)
        text += fmt::format(", {} h {} min left", left / 3600, left / 60 % 60);
    else if (left >= 60)
        text += fmt::format(", {} min left", left / 60);
    else if (left > 0)
        text += fmt::format(", {} s left", left);
    return text;
}

int trainDictionary(Context& context, const TrainOptions& options)
{
    if (!options.printConfig.empty()) {
        const auto config = context.ask(
            core::DefaultTrainingConfigRequest{options.printConfig, options.request.isTranscoder});
        if (!config)
            return report(config.error());
        std::printf("%s\n", (*config)->c_str());
        return kDone;
    }
    const core::TrainDictionaryRequest request = [&] {
        core::TrainDictionaryRequest asked = options.request;
        asked.sweep = sweepOf(options.sweep);
        return asked;
    }();
    for (const auto& [name, value] :
        {std::pair("MODEL", &options.model), std::pair("--corpus", &request.text.path),
            std::pair("--config", &request.configFile), std::pair("--out", &request.out)})
        if (value->empty()) {
            std::fprintf(stderr, "%s is required\n", name);
            return kWrongUsage;
        }
    core::TrainDictionaryRequest asked = request;
    asked.workers = options.workers.group();
    if (const auto opened = context.open(options.model); !opened)
        return report(opened.error());
    const auto answer = context.ask(asked,
        core::PartFn<core::TrainDictionaryRequest>([&context](const core::TrainMetrics& row) {
            context.setProgressDetail(detailOf(row));
        }));
    context.setProgressDetail({});
    if (!answer)
        return report(answer.error());
    if ((*answer)->isPaused) {
        std::fprintf(stderr, "Stopped; the same command with --resume goes on from %s.\n",
            request.out.c_str());
        return report({core::Error::Code::Cancelled, {}});
    }
    printMetrics(context, (*answer)->metrics, request.out);
    return kDone;
}

void addTrainer(Verb& group, const std::string& what)
{
    const auto options = std::make_shared<TrainOptions>();
    core::TrainDictionaryRequest& request = options->request;
    request.isTranscoder = what != "sae";
    request.isCrossLayer = what == "clt";
    Verb verb = group.verb(what,
        request.isCrossLayer
            ? "a cross-layer transcoder: every MLP input to its output and all later "
              "ones"
            : request.isTranscoder ? "per-layer transcoders, MLP input to MLP output"
                                   : "an SAE at one hook point");
    const Option print = verb.option("--print-config", options->printConfig,
        "writes a commented default for ARCH (standard, gated, topk, abstopk, batchtopk, "
        "matryoshka_batchtopk, jumprelu, or clt: a cross-layer transcoder)");
    verb.option("MODEL", options->model, "a Hugging Face folder, a GGUF file, or builtin")
        .excluding(print);
    request.text.tokens = 0; // all of it
    verb.option("--corpus", request.text.path,
            "a .txt or .jsonl file or a folder of them; documents are separated by blank lines")
        .excluding(print);
    verb.option("--text-field", request.text.field, "the text's field in a .jsonl")
        .excluding(print);
    verb.option("--config", request.configFile, "JSON with SAELens' field names").excluding(print);
    verb.option("--out", request.out, "the folder to write").excluding(print);
    verb.option("--from", request.startFrom,
            "a dictionary, or a set, to begin with its weights instead of new ones (fine-tuning)")
        .excluding(print);
    options->workers.addTo(verb,
        "so many processes train it together, each on a share of every batch, which is as many "
        "times larger");
    verb.option("--sweep", options->sweep,
        "FIELD=A,B,C: a dictionary for each value of k, lambda, expansion or architecture, from "
        "one pass over the text");
    verb.option("--held-out", request.text.heldOut,
            "share of the documents that is measured on and not learned from; 0: none")
        .between(0.0, 0.5)
        .showingDefault();
    verb.flag("--cache", request.text.isCached,
        "keep activations in --out until it is done, for more text than fits into memory");
    verb.flag("--resume", request.isResuming, "go on from the last checkpoint in --out");
    verb.runs([options](Context& context) { return trainDictionary(context, *options); });
}

} // namespace

void addTrainVerbs(Verb& program)
{
    Verb group = program.verbs("train", "train dictionaries and small language models");
    addTrainer(group, "sae");
    addTrainer(group, "transcoder");
    addTrainer(group, "clt");
    addKnownFeaturesVerb(group);
    addConceptsVerb(group);

    const auto request = std::make_shared<core::TrainLanguageModelRequest>();
    Verb lm = group.verb("lm", "a small language model in Hugging Face layout");
    lm.option("--corpus", request->corpus, "a text file; documents are separated by blank lines")
        .required();
    lm.option("--config", request->configFile, "JSON: sizes and training settings").required();
    lm.option("--out", request->out, "the folder to write").required();
    lm.runs([request](Context& context) {
        const auto answer = context.ask(*request);
        if (!answer)
            return report(answer.error());
        printMetrics(context, **answer, request->out);
        return static_cast<int>(kDone);
    });
}

} // namespace cli
