// How long a click waits beside long work on the built-in model: prompt analyses, one after the
// other, while a job runs; and how long closing takes in the middle of it. Counters are
// milliseconds.
#include "core/api/add_dictionaries.h"
#include "core/api/analyze.h"
#include "core/api/check_graph.h"
#include "core/api/evaluate.h"
#include "core/api/find_concept.h"
#include "core/api/generate.h"
#include "core/api/harvest.h"
#include "core/api/make_engine.h"
#include "core/api/open_model.h"
#include "core/api/patch.h"
#include "core/api/swap_test.h"
#include "core/api/sweet_spot.h"
#include "core/api/trace.h"
#include "core/api/train.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point begin)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// The built-in model open in an engine, with a folder of its own for what is written.
struct Bench {
    Bench()
        : folder(fs::temp_directory_path() / ("waiting-bench-" + std::to_string(getpid())))
    {
        fs::create_directories(folder);
        core::Engine::Options options;
        options.resources = FEATURESCOPE_RESOURCES;
        options.dataFolder = folder / "data";
        engine = core::makeEngine(options);
        if (auto opened = core::askAndWait(*engine, "open", core::OpenModelRequest{"builtin"});
            !opened)
            throw std::runtime_error(opened.error().message);
    }
    ~Bench()
    {
        engine.reset();
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }

    /// A text of many documents, as a file.
    std::string corpus() const
    {
        const fs::path path = folder / "corpus.txt";
        std::ofstream out(path);
        for (int i = 0; i < 4000; ++i)
            out << "The capital of the state containing Dallas is Austin. It is a city of " << i
                << " streets.\n\n";
        return path;
    }

    fs::path folder;
    std::unique_ptr<core::Engine> engine;
};

/// Shared with the engine's thread, which may still hold it when the work is known to be over.
using Flag = std::shared_ptr<std::atomic<bool>>;

/// Starts one kind of long work; `isDone` is set when it ends, by itself or stopped.
using Start = void (*)(Bench& bench, const Flag& isDone);

template <core::Request R> void start(Bench& bench, R request, const Flag& isDone)
{
    bench.engine->ask("long", std::move(request), [isDone](auto result) {
        if (!result && result.error().code != core::Error::Code::Cancelled)
            std::fprintf(stderr, "the work failed: %s\n", result.error().message.c_str());
        *isDone = true;
        isDone->notify_all();
    });
}

/// On text that the model writes itself first.
void harvestOwnText(Bench& bench, const Flag& isDone)
{
    core::HarvestRequest request;
    request.tokens = 40'000;
    start(bench, request, isDone);
}

void harvest(Bench& bench, const Flag& isDone)
{
    core::HarvestRequest request;
    request.tokens = 40'000;
    request.corpusPath = bench.corpus();
    start(bench, request, isDone);
}

void openDictionaries(Bench& bench, const Flag& isDone)
{
    start(bench, core::AddDictionariesRequest{"builtin"}, isDone);
}

void evaluate(Bench& bench, const Flag& isDone)
{
    start(bench, core::EvaluateRequest{"saes/layer_1", {}, bench.corpus(), 40'000}, isDone);
}

void train(Bench& bench, const Flag& isDone)
{
    core::TrainDictionaryRequest request;
    request.text = {bench.corpus(), "text", 0};
    request.out = bench.folder / "trained";
    request.configFile = bench.folder / "training.json";
    if (auto text
        = core::askAndWait(*bench.engine, "config", core::DefaultTrainingConfigRequest{"topk"}))
        std::ofstream(request.configFile) << **text;
    start(bench, request, isDone);
}

void trace(Bench& bench, const Flag& isDone)
{
    core::TraceRequest request;
    request.prompt = "The capital of the state containing Dallas is";
    start(bench, request, isDone);
}

void patch(Bench& bench, const Flag& isDone)
{
    core::PatchRequest request;
    request.clean = "The capital of the state containing Dallas is";
    request.corrupt = "The capital of the state containing Oakland is";
    request.sites = {core::PatchSite::ResidPre, core::PatchSite::AttnOut, core::PatchSite::MlpOut,
        core::PatchSite::Head, core::PatchSite::Feature};
    request.exactFeatures = 5000;
    start(bench, request, isDone);
}

void swapTest(Bench& bench, const Flag& isDone)
{
    core::SwapTestRequest request;
    const std::vector<std::string> cities{"Dallas", "Oakland", "Chicago", "Miami", "Boston"};
    for (int again = 0; again < 10; ++again)
        for (const std::string& a : cities)
            for (const std::string& b : cities)
                if (a != b)
                    request.pairs.push_back({"The capital of the state containing " + a + " is",
                        "The capital of the state containing " + b + " is", ""});
    request.method = core::SwapMethod::Concept;
    start(bench, request, isDone);
}

void sweetSpot(Bench& bench, const Flag& isDone)
{
    core::SweetSpotRequest request;
    request.feature = {"saes/layer_1", core::FeatureId(834)};
    request.prompt = "What can one do in Paris?";
    start(bench, request, isDone);
}

void generate(Bench& bench, const Flag& isDone)
{
    core::GenerateRequest request;
    request.prompt = "What can one do in Paris?";
    request.settings.maxTokens = 200;
    core::Intervention clamp;
    clamp.feature = {"saes/layer_1", core::FeatureId(834)};
    clamp.value = 5;
    request.interventions = {clamp};
    start(bench, request, isDone);
}

/// One analysis; how long the answer took.
double click(core::Engine& engine)
{
    core::AnalyzeRequest request;
    request.text = "The Golden Gate Bridge is in San Francisco.";
    const auto begin = Clock::now();
    const auto answer = core::askAndWait(engine, "analyze", request);
    if (!answer)
        throw std::runtime_error(answer.error().message);
    return millisecondsSince(begin);
}

void report(benchmark::State& state, std::vector<double> waits)
{
    std::sort(waits.begin(), waits.end());
    const auto at = [&](double share) {
        return waits[static_cast<std::size_t>(share * static_cast<double>(waits.size() - 1))];
    };
    state.counters["clicks"] = static_cast<double>(waits.size());
    state.counters["p50_ms"] = at(0.5);
    state.counters["p95_ms"] = at(0.95);
    state.counters["max_ms"] = waits.back();
}

void clickBeside(benchmark::State& state, Start work)
{
    constexpr std::size_t kClicks = 200;
    Bench bench;
    click(*bench.engine); // the first one warms caches
    std::vector<double> waits;
    for (auto _ : state) {
        while (waits.size() < kClicks) {
            const auto isDone = std::make_shared<std::atomic<bool>>(false);
            work(bench, isDone);
            while (!*isDone && waits.size() < kClicks)
                waits.push_back(click(*bench.engine));
            bench.engine->cancel("long");
            isDone->wait(false);
        }
    }
    report(state, std::move(waits));
}

void clickAlone(benchmark::State& state)
{
    Bench bench;
    click(*bench.engine);
    std::vector<double> waits;
    for (auto _ : state)
        for (int i = 0; i < 100; ++i)
            waits.push_back(click(*bench.engine));
    report(state, std::move(waits));
}

/// From the wish to close until the engine's threads are gone, in the middle of the work.
void closeAmid(benchmark::State& state, Start work)
{
    constexpr auto kInTheMiddle = std::chrono::milliseconds(700);
    double worst = 0;
    for (auto _ : state) {
        Bench bench;
        const auto isDone = std::make_shared<std::atomic<bool>>(false);
        work(bench, isDone);
        const auto begin = Clock::now();
        while (!*isDone && Clock::now() - begin < kInTheMiddle)
            click(*bench.engine);
        const auto wish = Clock::now();
        bench.engine.reset();
        worst = std::max(worst, millisecondsSince(wish));
    }
    state.counters["close_ms"] = worst;
}

} // namespace

int main(int argc, char** argv)
{
    const std::vector<std::pair<const char*, Start>> works{{"harvest", harvest},
        {"harvest_own_text", harvestOwnText}, {"add_dictionaries", openDictionaries},
        {"evaluate", evaluate}, {"train", train}, {"trace", trace}, {"patch", patch},
        {"swap_test", swapTest}, {"sweet_spot", sweetSpot}, {"generate", generate}};
    benchmark::RegisterBenchmark("click/alone", clickAlone)
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
    for (const auto& [name, work] : works)
        benchmark::RegisterBenchmark(
            (std::string("click/beside_") + name).c_str(), clickBeside, work)
            ->Iterations(1)
            ->Unit(benchmark::kMillisecond);
    for (const auto& [name, work] : works)
        benchmark::RegisterBenchmark((std::string("close/amid_") + name).c_str(), closeAmid, work)
            ->Iterations(1)
            ->Unit(benchmark::kMillisecond);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
