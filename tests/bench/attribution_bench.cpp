// Tracing in GPT-2-small's shape against circuit-tracer's scheme in the same libtorch: twelve
// transcoders of 24,576 features, fifty active a token and layer, ten and sixty-four tokens. Prints
// the ratio and the largest difference of an edge. Then pruning 5,000-node graphs again.
//
//   attribution_bench             ten tokens, everything computed, and pruning
//   attribution_bench --long      also 32 and 64 tokens: the other scheme on an even sample of
//   blocks attribution_bench --keep-memory   with an allocator that gives nothing back: the other
//   scheme,
//                                 which gathers gradients into fresh memory for every block, spends
//                                 most of its time in page faults otherwise
#include "core/circuits/attribution.h"
#include "core/circuits/build_graph.h"
#include "core/model/blas_check.h"
#include "tests/bench/autograd_attribution.h"
#include "tests/bench/gpt2_small.h"
#include "tests/bench/medians.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>

#include <malloc.h>

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

namespace {

using namespace core;

constexpr std::int64_t kBatch = 64; // The quickest of 64, 256 and 512 for that scheme.

struct Workload {
    std::shared_ptr<Transformer> model;
    Dictionaries transcoders;
    std::vector<TokenId> ids;
};

const Workload& workload()
{
    static const Workload made = [] {
        setTorchThreads(2);
        ModelConfig config = bench::gpt2Small();
        config.d_vocab = 4000;
        config.n_ctx = 64;
        Workload work{Transformer::create(config, 1), {}, {}};
        constexpr int d_sae = 24576;
        for (int layer = 0; layer < config.n_layers; ++layer) {
            DictionaryConfig d;
            d.name = "layer_" + std::to_string(layer);
            d.architecture = "topk";
            d.isTranscoder = true;
            d.d_in = d.d_out = config.d_model;
            d.d_sae = d_sae;
            d.hookIn = {HookKind::MlpIn, Layer(layer)};
            d.hookOut = {HookKind::MlpOut, Layer(layer)};
            d.activation = FeatureActivation::TopK;
            d.k = 50;
            work.transcoders.push_back(Dictionary::create(d,
                {at::randn({d_sae, 768}) * 0.03, at::zeros({d_sae}), at::randn({d_sae, 768}) * 0.03,
                    at::zeros({768}), {},
                    {}}).value());
        }
        for (int i = 0; i < 64; ++i)
            work.ids.emplace_back(1 + 37 * i);
        return work;
    }();
    return made;
}

std::vector<TokenId> prompt(std::int64_t tokens)
{
    const auto& ids = workload().ids;
    return {ids.begin(), ids.begin() + tokens};
}

ReplacementModel replacement(std::int64_t tokens)
{
    return buildReplacementModel(workload().model, workload().transcoders, prompt(tokens)).value();
}

void direct(benchmark::State& state)
{
    std::int64_t nodes = 0;
    for (auto _ : state)
        nodes = attribute(workload().model, workload().transcoders, prompt(state.range(0)))
                    .value()
                    .size();
    state.counters["nodes"] = static_cast<double>(nodes);
}

void autograd(benchmark::State& state)
{
    for (auto _ : state) {
        const ReplacementModel model = replacement(state.range(0));
        const bench::AutogradAttribution reference(model, kBatch);
        for (std::int64_t block = 0; block < reference.blocks(); ++block)
            benchmark::DoNotOptimize(reference.rowsOf(block));
    }
}

void pruneAgain(benchmark::State& state)
{
    static const TracedGraph graph = [] {
        AttributionOptions options;
        options.settings.maxFeatures = 4860; // 5,000 nodes with errors, tokens and logits.
        return analyzeGraph(
            attribute(workload().model, workload().transcoders, prompt(10), options).value())
            .value();
    }();
    std::size_t nodes = 0;
    for (auto _ : state)
        nodes = buildGraph(graph, static_cast<double>(state.range(0)) / 100, 0.98, {}).nodes.size();
    state.counters["kept"] = static_cast<double>(nodes);
    state.counters["of"] = static_cast<double>(graph.matrix.size());
}

double seconds(const std::function<void()>& work)
{
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The largest difference of an edge between features, over the blocks given.
double largestDifference(const GraphMatrix& matrix, const bench::AutogradAttribution& reference,
    const std::vector<std::int64_t>& blocks)
{
    double largest = 0.0;
    for (const std::int64_t block : blocks) {
        const at::Tensor rows = reference.rowsOf(block);
        for (std::int64_t r = 0; r < rows.size(0); ++r) {
            const auto own = matrix.row(block * kBatch + r);
            const at::Tensor mine = at::from_blob(const_cast<float*>(own.data()),
                {static_cast<std::int64_t>(matrix.features.size())});
            largest = std::max(largest, (mine - rows[r]).abs().max().item<double>());
        }
    }
    return largest;
}

void compareLong(std::int64_t tokens)
{
    GraphMatrix matrix;
    const double own = seconds([&] {
        matrix = attribute(workload().model, workload().transcoders, prompt(tokens)).value();
    });
    const ReplacementModel model = replacement(tokens);
    const bench::AutogradAttribution reference(model, kBatch);
    constexpr std::int64_t kSampled = 12;
    std::vector<std::int64_t> blocks;
    for (std::int64_t i = 0; i < kSampled; ++i)
        blocks.push_back((2 * i + 1) * reference.blocks() / (2 * kSampled));
    reference.rowsOf(blocks.front());
    const double sampled = seconds([&] {
        for (const std::int64_t block : blocks)
            benchmark::DoNotOptimize(reference.rowsOf(block));
    });
    const double other
        = sampled / static_cast<double>(kSampled) * static_cast<double>(reference.blocks());
    std::printf("%lld tokens, %lld nodes: direct %.1f s, autograd %.0f s (%lld of %lld blocks "
                "measured): ratio %.1f; largest edge difference %.2g\n",
        static_cast<long long>(tokens), static_cast<long long>(matrix.size()), own, other,
        static_cast<long long>(kSampled), static_cast<long long>(reference.blocks()), other / own,
        largestDifference(matrix, reference, blocks));
}

} // namespace

int main(int argc, char** argv)
{
    const auto takeFlag = [&](const char* flag) {
        char** end = std::remove_if(
            argv + 1, argv + argc, [&](const char* one) { return std::strcmp(one, flag) == 0; });
        const bool isThere = end != argv + argc;
        argc = static_cast<int>(end - argv);
        return isThere;
    };
    const bool isLong = takeFlag("--long"), keepsMemory = takeFlag("--keep-memory");
    if (keepsMemory) {
        mallopt(M_MMAP_MAX, 0);
        mallopt(M_TRIM_THRESHOLD, -1);
    }
    benchmark::RegisterBenchmark("direct", direct)
        ->Arg(10)
        ->Iterations(1)
        ->Unit(benchmark::kSecond)
        ->UseRealTime();
    benchmark::RegisterBenchmark("autograd", autograd)
        ->Arg(10)
        ->Iterations(1)
        ->Unit(benchmark::kSecond)
        ->UseRealTime();
    for (const int percent : {50, 80, 95})
        benchmark::RegisterBenchmark("pruneAgain", pruneAgain)
            ->Arg(percent)
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
    workload();
    bench::Medians medians = bench::runInterleaved(argv[0], argc, argv);
    const double own = medians("direct/10"), other = medians("autograd/10");
    if (own > 0 && other > 0) {
        const ReplacementModel model = replacement(10);
        const bench::AutogradAttribution reference(model, kBatch);
        std::vector<std::int64_t> blocks;
        for (std::int64_t block = 0; block < reference.blocks(); ++block)
            blocks.push_back(block);
        const GraphMatrix matrix
            = attribute(workload().model, workload().transcoders, prompt(10)).value();
        std::printf("10 tokens: direct %.2f s, autograd %.1f s: ratio %.1f; largest edge "
                    "difference %.2g\n",
            own / 1e3, other / 1e3, other / own, largestDifference(matrix, reference, blocks));
    }
    if (isLong)
        for (const std::int64_t tokens : {32, 64})
            compareLong(tokens);
}
