// The real model (tests/get_real_model.sh) from its GGUF file: reading 512 tokens, decoding alone
// and as a pair, normal and steered. tests/real_model/compare.py holds it against other programs.
#include "core/interventions/stream_batch.h"
#include "core/model/blas_check.h"
#include "core/model/token_ids.h"
#include "tests/support/real_model.h"

#include <cstdio>
#include <thread>

#include <benchmark/benchmark.h>

#include <ATen/ATen.h>

using namespace core;

namespace {

constexpr int kPrompt = 64, kSteps = 64, kLong = 512;

const Transformer& model()
{
    static const auto shared = Transformer::open(tests::realModel()).value();
    return *shared;
}

std::vector<TokenId> prompt(int length)
{
    std::vector<TokenId> ids;
    for (int i = 0; i < length; ++i)
        ids.emplace_back(1000 + i * 37 % 20000);
    return ids;
}

void prefill(benchmark::State& state)
{
    const c10::InferenceMode inference;
    const at::Tensor ids = idsTensor(prompt(kLong));
    ForwardOptions options;
    options.isLastLogitsOnly = true;
    for (auto _ : state)
        benchmark::DoNotOptimize(model().forward(ids, {}, options).value());
    state.SetItemsProcessed(state.iterations() * kLong);
}
BENCHMARK(prefill)->UseRealTime()->Unit(benchmark::kMillisecond);

/// `state.range(0)` streams; the second is clamped on a random SAE after layer 18.
void decode(benchmark::State& state)
{
    const ModelConfig& config = model().config();
    DictionaryConfig sae;
    sae.name = "saes/layer_18";
    sae.d_in = sae.d_out = config.d_model;
    sae.d_sae = 8192;
    sae.hookIn = sae.hookOut = {HookKind::ResidPost, Layer(18)};
    at::manual_seed(1);
    const Dictionaries dictionaries{*Dictionary::create(sae,
        {at::randn({8192, config.d_model}).mul_(0.03), at::zeros({8192}),
            at::randn({8192, config.d_model}).mul_(0.03), at::zeros({config.d_model}), {}, {}})};
    Intervention clamp;
    clamp.feature = {sae.name, FeatureId(7)};
    clamp.value = 1.0;
    const auto changes
        = std::make_shared<LiveInterventions>(*ActiveInterventions::create({clamp}, dictionaries));
    std::vector<BatchStream> streams(1);
    if (state.range(0) == 2)
        streams.push_back({changes, false});
    BatchOptions options;
    options.maxTokens = kSteps + 1;
    for (auto _ : state) {
        state.PauseTiming();
        StreamBatch batch = StreamBatch::start(model(), prompt(kPrompt), streams, options).value();
        std::vector<TokenId> next(streams.size(), TokenId(1234));
        state.ResumeTiming();
        for (int step = 0; step < kSteps; ++step)
            if (!batch.advance(next))
                state.SkipWithError("decoding failed");
    }
    state.SetItemsProcessed(state.iterations() * kSteps * state.range(0));
}
BENCHMARK(decode)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char** argv)
{
    if (!std::filesystem::exists(tests::realModel())) {
        std::printf(
            "%s is not here; tests/get_real_model.sh fetches it\n", tests::realModel().c_str());
        return 0;
    }
    setTorchThreads(static_cast<int>(std::thread::hardware_concurrency()));
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
