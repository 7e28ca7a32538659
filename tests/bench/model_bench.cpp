// Decoding with a random model of GPT-2 small's shape: one, two and three streams, beside what the
// machine can do. Absolute figures drift with the machine's load; the ratios at the end, taken
// interleaved, are what counts.
#include "core/model/blas_check.h"
#include "core/model/transformer.h"
#include "core/model/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <numeric>
#include <thread>

#include <benchmark/benchmark.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

using namespace core;

namespace {

constexpr std::int64_t kContext = 128; // Tokens already read when a step is timed.

const Transformer& model()
{
    static const auto shared = [] {
        ModelConfig c;
        c.modelType = "gpt2";
        c.name = "gpt2-small-shaped";
        c.n_layers = c.n_heads = c.n_key_value_heads = 12;
        c.d_model = 768;
        c.d_head = 64;
        c.d_mlp = 3072;
        c.d_vocab = 50257;
        c.n_ctx = 1024;
        c.norm = NormKind::LayerNorm;
        c.activation = MlpActivation::GeluNew;
        c.isGated = c.hasRotary = false;
        c.isTied = c.hasAttentionBias = c.hasMlpBias = true;
        return Transformer::create(c, 1);
    }();
    return *shared;
}

std::int64_t weightBytes()
{
    std::int64_t bytes = 0;
    for (const auto& [name, weight] : model().namedWeights()) {
        if (name != "transformer.wpe.weight")
            bytes += static_cast<std::int64_t>(weight.nbytes());
    }
    return bytes;
}

void decode(benchmark::State& state)
{
    const at::NoGradGuard noGrad;
    const std::int64_t streams = state.range(0);
    KvCache cache(model().config().n_layers, kContext + 1);
    ForwardOptions options;
    options.cache = &cache;
    options.isLastLogitsOnly = true;
    if (!model().forward(at::zeros({1, kContext}, at::kLong), {}, options))
        return state.SkipWithError("prefill failed");
    if (streams > 1)
        cache.repeat(streams);
    const at::Tensor token = at::full({streams, 1}, 11, at::kLong);
    for (auto _ : state) {
        benchmark::DoNotOptimize(model().forward(token, {}, options)->data_ptr());
        cache.truncate(kContext);
    }
}

void mvLoop(benchmark::State& state)
{
    const at::NoGradGuard noGrad;
    const TransformerWeights& w = model().weights();
    std::map<std::int64_t, at::Tensor> vectors;
    for (const std::int64_t size : {768, 3072})
        vectors[size] = at::full({size}, 0.01, at::kFloat);
    const auto product = [&](const at::Tensor& matrix) {
        benchmark::DoNotOptimize(at::mv(matrix, vectors.at(matrix.size(1))).data_ptr());
    };
    for (auto _ : state) {
        for (const BlockWeights& block : w.blocks) {
            for (const Linear* linear :
                {&block.attention.qkv, &block.attention.o, &block.mlp.up, &block.mlp.down})
                product(linear->matrix().t());
        }
        product(w.W_U);
    }
}

/// The decode kernel over the same weights, without the rest of a step.
void kernelLoop(benchmark::State& state)
{
    const at::NoGradGuard noGrad;
    const TransformerWeights& w = model().weights();
    const at::Tensor narrow = at::full({state.range(0), 768}, 0.01, at::kFloat);
    const at::Tensor wide = at::full({state.range(0), 3072}, 0.01, at::kFloat);
    for (auto _ : state) {
        for (const BlockWeights& block : w.blocks) {
            for (const Linear* linear :
                {&block.attention.qkv, &block.attention.o, &block.mlp.up, &block.mlp.down})
                benchmark::DoNotOptimize(
                    linear->apply(linear == &block.mlp.down ? wide : narrow).data_ptr());
        }
        benchmark::DoNotOptimize(Linear{w.W_U, {}, false}.apply(narrow).data_ptr());
    }
}

void readWeights(benchmark::State& state)
{
    std::vector<at::Tensor> all;
    for (const auto& [name, weight] : model().namedWeights())
        all.push_back(weight);
    std::atomic<float> total = 0; // So that nothing is left out.
    constexpr std::int64_t kChunk = 1 << 16;
    for (auto _ : state) {
        for (const at::Tensor& weight : all) {
            const float* data = weight.data_ptr<float>();
            const std::int64_t size = weight.numel();
            WorkerPool::shared().run(
                (size + kChunk - 1) / kChunk, at::get_num_threads(), [&](std::int64_t chunk) {
                    constexpr int kSums
                        = 64; // Independent sums, so that only the memory is waited for.
                    float sums[kSums] = {};
                    const std::int64_t end = std::min(size, (chunk + 1) * kChunk);
                    for (std::int64_t i = chunk * kChunk; i + kSums <= end; i += kSums)
                        for (int s = 0; s < kSums; ++s)
                            sums[s] += data[i + s];
                    total = total + std::accumulate(sums, sums + kSums, 0.0f);
                });
        }
    }
    benchmark::DoNotOptimize(total.load());
}

/// Forward and backward of the size that the built-in model is trained with: 32 texts of 128
/// tokens.
void trainingPass(benchmark::State& state)
{
    ModelConfig c;
    c.modelType = "llama";
    c.n_layers = c.n_heads = c.n_key_value_heads = 4;
    c.d_model = 128;
    c.d_head = 32;
    c.d_mlp = 384;
    c.d_vocab = 2048;
    c.n_ctx = 128;
    c.isTied = true;
    const auto trained = Transformer::create(c, 1)->copyTo({}, true);
    const at::Tensor ids = at::randint(c.d_vocab, {32, 128}, at::kLong);
    for (auto _ : state) {
        const at::Tensor logits = *trained->forward(ids);
        at::cross_entropy_loss(logits.reshape({-1, c.d_vocab}), ids.reshape(-1)).backward();
    }
    state.SetItemsProcessed(state.iterations() * ids.numel());
}

BENCHMARK(trainingPass)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(decode)
    ->Arg(1)
    ->Arg(2)
    ->Arg(3)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();
BENCHMARK(kernelLoop)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();
BENCHMARK(mvLoop)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(readWeights)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

/// Keeps the medians of what was run.
class Medians : public benchmark::ConsoleReporter {
public:
    void ReportRuns(const std::vector<Run>& runs) override
    {
        for (const Run& run : runs) {
            if (run.run_type == Run::RT_Iteration)
                m_times[run.run_name.function_name + "/" + run.run_name.args].push_back(
                    run.GetAdjustedRealTime());
        }
        ConsoleReporter::ReportRuns(runs);
    }

    double median(const std::string& name)
    {
        auto& times = m_times[name];
        std::sort(times.begin(), times.end());
        return times.empty() ? 0.0 : times[times.size() / 2];
    }

private:
    std::map<std::string, std::vector<double>> m_times;
};

} // namespace

int main(int argc, char** argv)
{
    char program[] = "model_bench", repetitions[] = "--benchmark_repetitions=7",
         interleaved[] = "--benchmark_enable_random_interleaving=true",
         shortRuns[] = "--benchmark_min_time=0.3";
    std::vector<char*> arguments{program, repetitions, interleaved, shortRuns};
    arguments.insert(arguments.end(), argv + 1, argv + argc);
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    setTorchThreads(static_cast<int>(std::thread::hardware_concurrency()));
    Medians medians;
    benchmark::RunSpecifiedBenchmarks(&medians);
    benchmark::Shutdown();

    const double one = medians.median("decode/1"), two = medians.median("decode/2"),
                 three = medians.median("decode/3");
    const double mv = medians.median("mvLoop/"), read = medians.median("readWeights/");
    if (one <= 0 || two <= 0 || three <= 0 || mv <= 0 || read <= 0)
        return 0; // A filter left some out.
    std::printf("\nweights read per step          %.0f MB, plain read %.1f GB/s\n",
        static_cast<double>(weightBytes()) / 1e6, static_cast<double>(weightBytes()) / read / 1e6);
    std::printf("two streams / one stream       %.3f   (goal: at most 1.25)\n", two / one);
    std::printf("three streams / one stream     %.3f\n", three / one);
    std::printf("one stream / loop of at::mv    %.3f   (goal: at most 1)\n", one / mv);
    std::printf("the kernel alone / at::mv      %.3f\n", medians.median("kernelLoop/1") / mv);
    std::printf(
        "plain read / one stream        %.3f   (share of the memory's speed)\n", read / one);
    return 0;
}
