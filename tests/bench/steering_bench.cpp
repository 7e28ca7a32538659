// What steering costs while a random model of GPT-2 small's shape decodes: the second stream, the
// reference row, clamps. Steps of all kinds are taken in turn, so that the machine's other load
// falls on all of them; ratios are what counts.
#include "core/interventions/stream_batch.h"
#include "core/model/blas_check.h"
#include "core/model/linear.h"
#include "core/interventions/guarded_sampler.h"
#include "tests/bench/gpt2_small.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

#include <benchmark/benchmark.h>

#include <ATen/ATen.h>

using namespace core;

namespace {

constexpr int kPrompt = 64;
constexpr int kSteps = 48;

std::shared_ptr<const Transformer> model()
{
    static const std::shared_ptr<const Transformer> shared
        = Transformer::create(bench::gpt2Small(), 1);
    return shared;
}

Dictionaries dictionaries()
{
    static const Dictionaries shared = [] {
        DictionaryConfig config;
        config.name = "saes/layer_6";
        config.d_in = config.d_out = 768;
        config.d_sae = 24576;
        config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(6)};
        // As a SAELens file keeps it: W_enc is a transposed view.
        auto dictionary = Dictionary::create(config,
            {at::randn({768, 24576}).mul_(0.03).t(), at::zeros({24576}),
                at::randn({24576, 768}).mul_(0.03), at::zeros({768}), {}, {}});
        return Dictionaries{*dictionary};
    }();
    return shared;
}

std::shared_ptr<LiveInterventions> clamps(int count)
{
    std::vector<Intervention> list(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        list[static_cast<std::size_t>(i)].feature = {"saes/layer_6", FeatureId(i * 1000 + 7)};
        list[static_cast<std::size_t>(i)].value = 1.0;
        list[static_cast<std::size_t>(i)].positions.kind = PositionRange::Kind::Generated;
    }
    return std::make_shared<LiveInterventions>(*ActiveInterventions::create(list, dictionaries()));
}

struct Kind {
    const char* name;
    std::vector<BatchStream> streams;
    std::vector<double> seconds = {};
};

double median(std::vector<double> values)
{
    std::nth_element(values.begin(), values.begin() + std::ssize(values) / 2, values.end());
    return values[values.size() / 2];
}

/// One decode step of a single stream, of a pair, of a pair with clamps, of a pair with the row
/// that measures KL.
void steps(benchmark::State& state)
{
    std::vector<Kind> kinds = {{"single", {{}}}, {"pair", {{}, {clamps(0), false}}},
        {"pair_1_clamp", {{}, {clamps(1), false}}}, {"pair_10_clamps", {{}, {clamps(10), false}}},
        {"pair_1_clamp_kl", {{}, {clamps(1), true}}}};
    std::vector<TokenId> prompt;
    for (int i = 0; i < kPrompt; ++i)
        prompt.emplace_back(i * 701 % 50257);
    BatchOptions options;
    options.maxTokens = kSteps + 1;
    for (auto _ : state) {
        std::vector<StreamBatch> batches;
        for (Kind& kind : kinds)
            batches.push_back(*StreamBatch::start(*model(), prompt, kind.streams, options));
        for (int step = 0; step < kSteps; ++step)
            for (std::size_t i = 0; i < kinds.size(); ++i) {
                const std::vector<TokenId> next(kinds[i].streams.size(), TokenId(step * 31 + 5));
                const auto begin = std::chrono::steady_clock::now();
                if (!batches[i].advance(next))
                    state.SkipWithError("a step failed");
                kinds[i].seconds.push_back(
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
                        .count());
            }
    }
    const double single = median(kinds[0].seconds), pair = median(kinds[1].seconds);
    for (const Kind& kind : kinds)
        state.counters[std::string(kind.name) + "_ms"] = median(kind.seconds) * 1e3;
    state.counters["pair_over_single"] = pair / single;
    state.counters["clamp_over_pair"] = median(kinds[2].seconds) / pair;
    state.counters["clamps10_over_pair"] = median(kinds[3].seconds) / pair;
    state.counters["kl_over_pair"] = median(kinds[4].seconds) / pair;
}
BENCHMARK(steps)->Unit(benchmark::kMillisecond)->Iterations(3);

/// What a clamp adds to a pass, alone: the functions at the hook point on a [2, 1, 768] activation.
void clampAlone(benchmark::State& state)
{
    const c10::InferenceMode inference;
    const auto active = clamps(static_cast<int>(state.range(0)))->get();
    at::Tensor value = at::randn({2, 1, 768});
    SteeredSpan span;
    span.rowBegin = 1;
    span.rowEnd = 2;
    for (auto _ : state) {
        Hooks hooks;
        ActiveInterventions::install(active, span, std::make_shared<SteeringTrace>(), hooks);
        at::Tensor changed = value;
        hooks.visit({HookKind::ResidPost, Layer(6)}, changed);
        benchmark::DoNotOptimize(changed.data_ptr<float>());
    }
}
BENCHMARK(clampAlone)->Arg(1)->Arg(10)->Unit(benchmark::kMicrosecond);

/// Encoding whole activations. Encoding goes in turns with its matrix product alone, as this
/// program computes it and as torch does, whichever is faster.
void encode(benchmark::State& state)
{
    const c10::InferenceMode inference;
    const Dictionary& sae = *dictionaries().front();
    const at::Tensor x = at::randn({state.range(0), 768});
    Linear linear;
    linear.weight = sae.W_enc().t();
    linear.bias = sae.b_enc();
    linear.isInOut = true;
    const std::vector<std::function<at::Tensor()>> kinds{[&] { return sae.activations(x); },
        [&] { return linear.apply(x); }, [&] { return at::addmm(linear.bias, x, linear.weight); }};
    std::vector<std::vector<double>> seconds(kinds.size());
    for (auto _ : state)
        for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
            const auto begin = std::chrono::steady_clock::now();
            benchmark::DoNotOptimize(kinds[kind]().data_ptr());
            seconds[kind].push_back(
                std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        }
    const double encoding = median(seconds[0]);
    state.counters["tok/s"] = static_cast<double>(state.range(0)) / encoding;
    state.counters["share_of_product"]
        = std::min(median(seconds[1]), median(seconds[2])) / encoding; // Goal: 0.8.
}
BENCHMARK(encode)->Arg(1)->Arg(8)->Arg(128)->Arg(1024)->Unit(benchmark::kMillisecond);

/// Rebuilding activations from about 50 active features a row.
void decode(benchmark::State& state)
{
    const c10::InferenceMode inference;
    const Dictionary& sae = *dictionaries().front();
    const at::Tensor x = at::randn({state.range(0), 768});
    const at::Tensor acts = at::randn({state.range(0), 24576}).sub_(2.9).relu_();
    for (auto _ : state)
        benchmark::DoNotOptimize(sae.decode(acts, x).data_ptr());
    state.counters["tok/s"] = benchmark::Counter(
        static_cast<double>(state.iterations() * state.range(0)), benchmark::Counter::kIsRate);
}
BENCHMARK(decode)->Arg(1)->Arg(1024)->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char** argv)
{
    setTorchThreads(static_cast<int>(std::thread::hardware_concurrency()));
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
