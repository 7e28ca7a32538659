// One training step of a dictionary against the same step written the usual way in the same
// libtorch: dense encoding and decoding, autograd, projected decoder gradients, Adam, decoder rows
// of unit norm. Activations are sums of a few of many directions. Prints tokens a second and how
// many times faster; goals: 5 at d_model 768 and 8 at 128, expansion 32.
#include "core/training/dictionary_trainer.h"
#include "tests/bench/medians.h"

#include <cstdio>
#include <map>

#include <benchmark/benchmark.h>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

using namespace core;

namespace {

struct Size {
    std::int64_t d_model, batch;
    std::int64_t d_sae() const { return 32 * d_model; }
};
constexpr Size kSizes[] = {{128, 4096}, {768, 4096}};
constexpr std::int64_t kActive = 32;
const HookPoint kPlace{HookKind::ResidPost, Layer(0)};

/// Sums of 16 of 4 d_model directions, with a little noise.
const std::shared_ptr<const ActivationStore>& store(const Size& size)
{
    static std::map<std::int64_t, std::shared_ptr<const ActivationStore>> kept;
    auto& one = kept[size.d_model];
    if (!one) {
        at::manual_seed(1);
        const std::int64_t tokens = 4 * size.batch, directions = 4 * size.d_model, few = 16;
        const at::Tensor all
            = at::randn({directions, size.d_model}) / std::sqrt(double(size.d_model));
        at::Tensor rows = at::randn({tokens, size.d_model}) * 0.02;
        for (std::int64_t i = 0; i < few; ++i)
            rows += all.index_select(0, at::randint(directions, {tokens}, at::kLong))
                * (at::rand({tokens, 1}) + 0.5);
        one = ActivationStore::fromTensors({{kPlace, rows}});
    }
    return one;
}

DictionaryTrainerOptions options(const Size& size, DictionaryObjective objective)
{
    DictionaryTrainerOptions chosen;
    chosen.name = "saes/layer_0";
    chosen.hookIn = chosen.hookOut = kPlace;
    chosen.objective = objective;
    chosen.d_sae = size.d_sae();
    chosen.k = kActive;
    chosen.train_batch_size_tokens = size.batch;
    chosen.training_tokens = 1'000'000 * size.batch; // more steps than are taken here
    return chosen;
}

/// The step as a reader of the papers writes it.
class PlainLoop {
public:
    PlainLoop(const Size& size, bool isTopK)
        : m_size(size)
        , m_isTopK(isTopK)
        , m_store(store(size))
    {
        at::manual_seed(2);
        at::Tensor decoder = at::randn({size.d_sae(), size.d_model});
        decoder /= decoder.norm(2, {1}, true);
        m_weights
            = {decoder.clone(), at::zeros({size.d_sae()}), decoder, at::zeros({size.d_model})};
        for (at::Tensor& weight : m_weights) {
            weight.set_requires_grad(true);
            m_first.push_back(at::zeros_like(weight));
            m_second.push_back(at::zeros_like(weight));
        }
    }

    double step()
    {
        const at::Tensor x
            = m_store->rows(kPlace, at::randint(m_store->tokens(), {m_size.batch}, at::kLong));
        const c10::AutoGradMode gradients(true);
        auto& [W_enc, b_enc, W_dec, b_dec] = m_weights;
        const at::Tensor pre = at::matmul(x - b_dec, W_enc.t()) + b_enc;
        at::Tensor acts = at::relu(pre);
        if (m_isTopK) {
            const auto [values, indices] = acts.topk(kActive, 1, true, false);
            acts = at::zeros_like(pre).scatter(1, indices, values);
        }
        const at::Tensor error = at::matmul(acts, W_dec) + b_dec - x;
        at::Tensor loss = error.pow(2).sum(1).mean();
        if (!m_isTopK)
            loss = loss + acts.sum(1).mean();
        loss.backward();
        update();
        return loss.item<double>();
    }

private:
    void update()
    {
        const c10::NoGradGuard noGrad;
        at::Tensor& decoder = m_weights[2];
        at::Tensor gradient = decoder.grad();
        gradient -= (gradient * decoder).sum(1, true) * decoder;
        ++m_steps;
        constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kRate = 1e-3;
        const double scale
            = std::sqrt(1 - std::pow(kBeta2, m_steps)) / (1 - std::pow(kBeta1, m_steps));
        for (std::size_t i = 0; i < m_weights.size(); ++i) {
            const at::Tensor g = m_weights[i].grad();
            m_first[i].mul_(kBeta1).add_(g, 1 - kBeta1);
            m_second[i].mul_(kBeta2).addcmul_(g, g, 1 - kBeta2);
            m_weights[i].addcdiv_(m_first[i], m_second[i].sqrt().add_(1e-8), -kRate * scale);
            m_weights[i].mutable_grad().reset();
        }
        decoder /= decoder.norm(2, {1}, true);
    }

    Size m_size;
    bool m_isTopK;
    std::shared_ptr<const ActivationStore> m_store;
    std::array<at::Tensor, 4> m_weights;
    std::vector<at::Tensor> m_first, m_second;
    int m_steps = 0;
};

void count(benchmark::State& state, const Size& size)
{
    state.counters["tokens/s"] = benchmark::Counter(
        static_cast<double>(state.iterations() * size.batch), benchmark::Counter::kIsRate);
}

void trained(benchmark::State& state, DictionaryObjective objective)
{
    const Size& size = kSizes[state.range(0)];
    auto trainer = DictionaryTrainer::create(store(size), options(size, objective));
    // Penalties take a while to make features few; timed is what most of a run looks like.
    const int before = objective == DictionaryObjective::L1 ? 60 : 2;
    double l0 = 0;
    for (int i = 0; i < before; ++i)
        if (const auto step = (*trainer)->step())
            l0 = step->losses.l0;
    for (auto _ : state)
        if (const auto step = (*trainer)->step(); !step)
            state.SkipWithError(step.error().message.c_str());
    count(state, size);
    state.counters["L0"] = l0;
}

void plain(benchmark::State& state, bool isTopK)
{
    const Size& size = kSizes[state.range(0)];
    PlainLoop loop(size, isTopK);
    loop.step();
    for (auto _ : state)
        benchmark::DoNotOptimize(loop.step());
    count(state, size);
}

} // namespace

BENCHMARK_CAPTURE(trained, topk, DictionaryObjective::TopK)->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(trained, batchtopk, DictionaryObjective::BatchTopK)
    ->Arg(0)
    ->Arg(1)
    ->UseRealTime();
BENCHMARK_CAPTURE(trained, l1, DictionaryObjective::L1)->Arg(0)->UseRealTime();
BENCHMARK_CAPTURE(plain, topk, true)->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(plain, l1, false)->Arg(0)->UseRealTime();

int main(int argc, char** argv)
{
    bench::Medians median = bench::runInterleaved("training_bench", argc, argv);
    const auto ratio = [&](const char* ours, const char* theirs) {
        if (median(ours) > 0 && median(theirs) > 0) // else a filter left one out
            std::printf("%s against %s: %.1f times\n", ours, theirs, median(theirs) / median(ours));
    };
    for (const char* size : {"0", "1"})
        for (const char* objective : {"topk", "batchtopk"})
            ratio((std::string("trained/") + objective + "/" + size).c_str(),
                (std::string("plain/topk/") + size).c_str());
    ratio("trained/l1/0", "plain/l1/0");
}
