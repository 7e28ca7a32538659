// Tracing and pruning in GPT-2-small's shape: ten tokens, fifty active features a token and layer.
#include "core/circuits/attribution.h"
#include "core/circuits/build_graph.h"
#include "core/model/blas_check.h"
#include "tests/bench/gpt2_small.h"

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

namespace {

using namespace core;

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
        config.d_vocab = 2000;
        config.n_ctx = 64;
        Workload work{Transformer::create(config, 1), {}, {}};
        constexpr int d_sae = 2048;
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
        for (int i = 0; i < 10; ++i)
            work.ids.emplace_back(1 + 37 * i);
        return work;
    }();
    return made;
}

void trace(benchmark::State& state)
{
    const Workload& work = workload();
    std::int64_t nodes = 0;
    for (auto _ : state)
        nodes = attribute(work.model, work.transcoders, work.ids).value().size();
    state.counters["nodes"] = static_cast<double>(nodes);
}
BENCHMARK(trace)->Unit(benchmark::kSecond)->Iterations(1)->Repetitions(3)->UseRealTime();

void pruneAgain(benchmark::State& state)
{
    const Workload& work = workload();
    static const TracedGraph graph
        = analyzeGraph(attribute(work.model, work.transcoders, work.ids).value()).value();
    std::size_t nodes = 0;
    for (auto _ : state)
        nodes = buildGraph(graph, static_cast<double>(state.range(0)) / 100, 0.98, {}).nodes.size();
    state.counters["kept"] = static_cast<double>(nodes);
}
BENCHMARK(pruneAgain)->Arg(50)->Arg(80)->Arg(95)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
