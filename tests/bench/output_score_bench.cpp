// Output scores on a random model of GPT-2 small's shape: features a second for dictionaries at the
// first, a middle and the last layer, and how far the scores are from those of a full pass a
// feature. Goal: 24,576 features in 10 minutes on two cores, 41 a second, at the first layer, which
// has the most behind it.
#include "core/features/output_score.h"
#include "core/model/blas_check.h"
#include "tests/bench/gpt2_small.h"

#include <chrono>
#include <cmath>
#include <thread>

#include <benchmark/benchmark.h>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

using namespace core;

namespace {

constexpr int kFeatures = 1024;

std::shared_ptr<const Transformer> model()
{
    static const std::shared_ptr<const Transformer> shared
        = Transformer::create(bench::gpt2Small(), 1);
    return shared;
}

std::shared_ptr<const Dictionary> dictionaryAt(int layer)
{
    DictionaryConfig config;
    config.name = "saes/layer_" + std::to_string(layer);
    config.d_in = config.d_out = 768;
    config.d_sae = kFeatures;
    config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(layer)};
    return *Dictionary::create(config,
        {at::randn({kFeatures, 768}).mul_(0.03), at::zeros({kFeatures}),
            at::randn({kFeatures, 768}).mul_(0.03), at::zeros({768}), {}, {}});
}

const std::vector<TokenId>& prompt()
{
    static const std::vector<TokenId> tokens{
        TokenId(4863), TokenId(616), TokenId(1998), TokenId(11)};
    return tokens;
}

/// The same from the definition, one full pass a feature.
double fullPass(const Dictionary& dictionary, std::int64_t feature)
{
    const c10::InferenceMode inference;
    at::Tensor ids = at::empty({1, std::ssize(prompt())}, at::kLong);
    for (std::size_t i = 0; i < prompt().size(); ++i)
        ids[0][static_cast<std::int64_t>(i)] = prompt()[i].value;
    const at::Tensor row = dictionary.decoderRows(at::full({1}, feature, at::kLong))[0];
    Hooks hooks;
    hooks.on(dictionary.config().hookOut, [&](at::Tensor& value) {
        const at::Tensor last = value.select(1, value.size(1) - 1);
        const at::Tensor strongest = dictionary.activations(last).max();
        value = value.clone();
        value.select(1, value.size(1) - 1).add_(row * strongest * 10);
    });
    const at::Tensor probabilities
        = model()->forward(ids, hooks).value()[0][std::ssize(prompt()) - 1].softmax(0);
    const at::Tensor lens = std::get<1>(model()->unembed(row).topk(20));
    const at::Tensor best = probabilities.index_select(0, lens).max();
    const double rank = (probabilities > best).sum().item<double>();
    return (1 - rank / static_cast<double>(probabilities.size(0))) * best.item<double>();
}

void scores(benchmark::State& state)
{
    const auto dictionary = dictionaryAt(static_cast<int>(state.range(0)));
    std::vector<float> all;
    for (auto _ : state)
        all = *outputScores(*model(), *dictionary, prompt(), 50257);
    state.counters["features/s"] = benchmark::Counter(
        static_cast<double>(state.iterations() * kFeatures), benchmark::Counter::kIsRate);
    double largest = 0, score = 0;
    constexpr int kCompared = 16;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kCompared; ++i) {
        const double full = fullPass(*dictionary, i * 61);
        score = std::max(score, full);
        largest = std::max(
            largest, std::abs(static_cast<double>(all[static_cast<std::size_t>(i * 61)]) - full));
    }
    state.counters["full_passes/s"] = kCompared
        / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    state.counters["largest_difference"] = largest;
    state.counters["largest_score"] = score;
}
BENCHMARK(scores)->Arg(0)->Arg(6)->Arg(11)->Iterations(1)->UseRealTime()->Unit(
    benchmark::kMillisecond);

} // namespace

int main(int argc, char** argv)
{
    setTorchThreads(static_cast<int>(std::thread::hardware_concurrency()));
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
