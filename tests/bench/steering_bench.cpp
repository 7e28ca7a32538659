// What steering costs while a random model of GPT-2 small's shape decodes: the second stream, the
// reference row, clamps. Steps of all kinds are taken in turn, so that the machine's other load
// falls on all of them; ratios are what counts.
#include "core/interventions/guarded_sampler.h"
#include "core/interventions/stream_batch.h"
#include "core/model/blas_check.h"
#include "core/model/linear.h"
#include "core/steering/sweep.h"
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

/// What the guard adds to a step: choosing a token from two rows of logits, next to the step that
/// makes them (a pair with a clamp and the reference row) and to a plain draw from one row.
void guardedChoice(benchmark::State& state)
{
    const c10::InferenceMode inference;
    std::vector<TokenId> prompt;
    for (int i = 0; i < kPrompt; ++i)
        prompt.emplace_back(i * 701 % 50257);
    BatchOptions options;
    options.maxTokens = kSteps + 1;
    auto batch = *StreamBatch::start(*model(), prompt, {{}, {clamps(1), true}}, options);
    SamplerSettings settings;
    settings.temperature = 0.6;
    const Sampler sampler(settings, prompt);
    std::vector<double> step, guarded, plain;
    const auto timed = [](std::vector<double>& seconds, const auto& work) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        seconds.push_back(
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    };
    for (auto _ : state) {
        GuardedSampler guard({0.2, 0.05, {}, 1}); // so little that every token is bisected for
        const std::vector<TokenId> next(2, TokenId(31));
        timed(step, [&] { benchmark::DoNotOptimize(batch.advance(next)); });
        timed(guarded, [&] {
            benchmark::DoNotOptimize(
                guard.choose(sampler, batch.logits(1), batch.referenceLogits(1), 3));
        });
        timed(plain, [&] { benchmark::DoNotOptimize(sampler.choose(batch.logits(1), 3)); });
    }
    state.counters["step_ms"] = median(step) * 1e3;
    state.counters["guard_ms"] = median(guarded) * 1e3;
    state.counters["plain_draw_ms"] = median(plain) * 1e3;
    state.counters["guard_over_step"] = (median(guarded) - median(plain)) / median(step);
}
BENCHMARK(guardedChoice)->Unit(benchmark::kMillisecond)->Iterations(kSteps);

/// A sweep of 9 strengths by 4 ways, 40 tokens each, against one generation of 40 tokens with its
/// normal text and the reference row.
void sweepOverSingles(benchmark::State& state)
{
    constexpr int kTokens = 40;
    std::vector<TokenId> prompt;
    for (int i = 0; i < 16; ++i)
        prompt.emplace_back(i * 701 % 50257);
    Intervention change;
    change.feature = {"saes/layer_6", FeatureId(7)};
    SweepRequest request;
    for (const auto mode : {InterventionMode::Clamp, InterventionMode::MinClamp,
             InterventionMode::Add, InterventionMode::Orthogonal}) {
        change.mode = mode;
        request.rows.push_back({"", {change}, {}});
    }
    request.strengths = {0.25, 0.5, 1, 1.5, 2, 3, 5, 8, 10};
    request.settings.maxTokens = kTokens;
    request.settings.temperature = 0.6;
    TextPlan steered;
    steered.interventions = clamps(1);
    steered.sampler.temperature = 0.6;
    WriteOptions options;
    options.maxTokens = kTokens;
    double sweep = 0.0, single = 0.0;
    for (auto _ : state) {
        const auto written = runSweep(*model(), nullptr, prompt, request, dictionaries(), {}, true);
        const auto one = writeTexts(*model(), nullptr, prompt, {TextPlan(), steered}, options);
        if (!written || !one)
            state.SkipWithError("a text failed");
        sweep += static_cast<double>((9 * 4 + 1) * kTokens) / written->tokensPerSecond;
        single += one->seconds;
    }
    state.counters["sweep_s"] = sweep / static_cast<double>(state.iterations());
    state.counters["single_s"] = single / static_cast<double>(state.iterations());
    state.counters["sweep_over_single"] = sweep / single;
}
BENCHMARK(sweepOverSingles)->Unit(benchmark::kSecond)->Iterations(2);

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
