// A random model of GPT-2 small's shape, opened from its files in three precisions: decoding and
// reading prompts, beside what the machine can do. Absolute figures drift with the machine's load;
// the shares at the end, of medians taken in turns, are what counts.
#include "core/model/blas_check.h"
#include "core/model/transformer.h"
#include "core/model/worker_pool.h"
#include "tests/bench/gpt2_small.h"
#include "tests/bench/machine_peak.h"
#include "tests/bench/medians.h"

#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include <unistd.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

using namespace core;

namespace {

constexpr std::int64_t kContext = 128; // Tokens already read when a step is timed.

struct Form {
    const char* name;
    const char* stored;
    const char* opened;
    double pairGoal, steeredGoal; // Least share of the bandwidth, most added by a second stream.
};
constexpr std::array kForms{Form{"float32", "float32", "float32", 0.8, 0.05},
    Form{"bfloat16", "bfloat16", "bfloat16", 0.7, 0.12},
    Form{"int8", "float32", "int8", 0.55, 0.25}};

/// The models' files; gone with the program.
class Folders {
public:
    Folders()
        : m_path(std::filesystem::temp_directory_path()
            / ("featurescope-bench-" + std::to_string(getpid())))
    {
        const auto model = Transformer::create(bench::gpt2Small(), 1);
        for (const char* stored : {"float32", "bfloat16"})
            if (const auto saved = model->save(m_path / stored, stored); !saved)
                throw std::runtime_error(saved.error().message);
    }
    ~Folders() { std::filesystem::remove_all(m_path); }

    std::filesystem::path of(const Form& form) const { return m_path / form.stored; }

private:
    std::filesystem::path m_path;
};

const Transformer& model(const Form& form)
{
    static const Folders folders;
    static std::map<std::string, std::shared_ptr<Transformer>> models;
    auto& opened = models[form.name];
    if (!opened)
        opened = Transformer::open(folders.of(form), {}, {}, *Precision::parse("cpu", form.opened))
                     .value();
    return *opened;
}

const Form& formOf(const benchmark::State& state)
{
    return kForms[static_cast<std::size_t>(state.range(0))];
}

/// The tensors that a decoding step reads.
std::vector<at::Tensor> readTensors(const Transformer& model)
{
    std::vector<at::Tensor> tensors;
    const auto add = [&](const Linear& linear) {
        tensors.push_back(linear.weight);
        if (linear.scales.defined())
            tensors.push_back(linear.scales);
    };
    for (const BlockWeights& block : model.weights().blocks)
        for (const Linear* linear :
            {&block.attention.qkv, &block.attention.o, &block.mlp.up, &block.mlp.down})
            add(*linear);
    add(model.weights().W_U);
    return tensors;
}

double megabytes(const Transformer& model)
{
    double bytes = 0;
    for (const at::Tensor& tensor : readTensors(model))
        bytes += static_cast<double>(tensor.nbytes());
    return bytes / 1e6;
}

void read(benchmark::State& state)
{
    const auto tensors = readTensors(model(formOf(state)));
    std::atomic<float> total = 0; // So that nothing is left out.
    constexpr std::int64_t kPiece = 1 << 16;
    for (auto _ : state) {
        for (const at::Tensor& tensor : tensors) {
            const auto* data = static_cast<const float*>(tensor.data_ptr());
            const auto size = static_cast<std::int64_t>(tensor.nbytes() / sizeof(float));
            WorkerPool::shared().run(
                (size + kPiece - 1) / kPiece, at::get_num_threads(), [&](std::int64_t piece) {
                    const std::int64_t begin = piece * kPiece;
                    total
                        = total + bench::readNumbers(data + begin, std::min(kPiece, size - begin));
                });
        }
    }
    benchmark::DoNotOptimize(total.load());
}

/// range(1): streams.
void decode(benchmark::State& state)
{
    const c10::InferenceMode inference;
    const Transformer& used = model(formOf(state));
    const std::int64_t streams = state.range(1);
    KvCache cache(used.config().n_layers, kContext + 1);
    ForwardOptions options;
    options.cache = &cache;
    options.isLastLogitsOnly = true;
    if (!used.forward(at::zeros({1, kContext}, at::kLong), {}, options))
        return state.SkipWithError("prefill failed");
    if (streams > 1)
        cache.repeat(streams);
    const at::Tensor token = at::full({streams, 1}, 11, at::kLong);
    for (auto _ : state) {
        benchmark::DoNotOptimize(used.forward(token, {}, options)->data_ptr());
        cache.truncate(kContext);
    }
}

/// range(1): tokens.
void prefill(benchmark::State& state)
{
    const c10::InferenceMode inference;
    const Transformer& used = model(formOf(state));
    const at::Tensor ids = at::arange(state.range(1), at::kLong).unsqueeze(0);
    for (auto _ : state) {
        KvCache cache(used.config().n_layers, state.range(1) + 64);
        ForwardOptions options;
        options.cache = &cache;
        options.isLastLogitsOnly = true;
        benchmark::DoNotOptimize(used.forward(ids, {}, options)->data_ptr());
    }
    state.SetItemsProcessed(state.iterations() * state.range(1));
}

constexpr std::int64_t kRounds = 2'000'000;
std::atomic<std::int64_t> g_multiplyAdds = 0; // Of one iteration.

void multiplyAdds(benchmark::State& state)
{
    const int threads = at::get_num_threads();
    for (auto _ : state) {
        g_multiplyAdds = 0;
        at::parallel_for(0, threads, 1, [](std::int64_t begin, std::int64_t end) {
            for (std::int64_t thread = begin; thread < end; ++thread) {
                float result = 0;
                g_multiplyAdds += bench::multiplyAdd(kRounds, &result);
                benchmark::DoNotOptimize(result);
            }
        });
    }
}

/// Multiply-adds that a prompt of T tokens needs, last logits only: attention below the diagonal,
/// and of the last block keys and values of all tokens, all else of the last one.
double prefillMultiplyAdds(double T)
{
    const ModelConfig c = bench::gpt2Small();
    const double d = c.d_model;
    const double block = 4 * d * d + 2 * d * c.d_mlp;
    const double lastBlock = 2 * d * d * (T - 1) + block + 2 * d * T;
    return (c.n_layers - 1) * (T * block + d * T * (T + 1)) + lastBlock + c.d_vocab * d;
}

ModelConfig builtinSized()
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
    return c;
}

/// Forward and backward: 0, of the size that the built-in model is trained with, 32 texts of 128
/// tokens; 1, GPT-2 small's shape, 2 texts.
void trainingPass(benchmark::State& state)
{
    const bool isLarge = state.range(0) == 1;
    const ModelConfig c = isLarge ? bench::gpt2Small() : builtinSized();
    const auto trained = Transformer::create(c, 1)->copyTo({}, true);
    const at::Tensor ids = at::randint(c.d_vocab, {isLarge ? 2 : 32, 128}, at::kLong);
    for (auto _ : state) {
        const at::Tensor logits = *trained->forward(ids);
        at::cross_entropy_loss(logits.reshape({-1, c.d_vocab}), ids.reshape(-1)).backward();
    }
    state.SetItemsProcessed(state.iterations() * ids.numel());
}

constexpr auto kMs = benchmark::kMillisecond;
BENCHMARK(read)->DenseRange(0, 2)->Unit(kMs)->UseRealTime();
BENCHMARK(decode)->ArgsProduct({{0, 1, 2}, {1, 2, 3}})->Unit(kMs)->UseRealTime();
BENCHMARK(multiplyAdds)->Unit(kMs)->UseRealTime();
BENCHMARK(prefill)->ArgsProduct({{0, 1, 2}, {512, 1024}})->Unit(kMs)->UseRealTime();
BENCHMARK(trainingPass)->DenseRange(0, 1)->Unit(kMs)->UseRealTime();

void printDecode(bench::Medians& medians, std::size_t index)
{
    const Form& form = kForms[index];
    const std::string i = std::to_string(index);
    const double probe = medians("read/" + i), one = medians("decode/" + i + "/1"),
                 two = medians("decode/" + i + "/2"), three = medians("decode/" + i + "/3");
    if (probe <= 0 || one <= 0 || two <= 0 || three <= 0)
        return; // A filter left some out.
    const double size = megabytes(model(form));
    std::printf("%-9s %4.0f MB, read %5.1f GB/s | one %.2f, pair %.2f (goal %.2f) of it; %.1f "
                "tokens/s | steered side %+.1f %% (goal %.0f), third row %+.1f %%\n",
        form.name, size, size / probe, probe / one, probe / two, form.pairGoal, 2e3 / two,
        100 * (two / one - 1), 100 * form.steeredGoal, 100 * (three / two - 1));
}

void printPrefill(bench::Medians& medians, std::size_t index, int tokens)
{
    const double time = medians("prefill/" + std::to_string(index) + "/" + std::to_string(tokens));
    const double probe = medians("multiplyAdds/");
    if (time <= 0 || probe <= 0)
        return;
    const double peak = static_cast<double>(g_multiplyAdds) / probe;
    std::printf("%-9s prompt of %4d: %.2f of %.0f GFLOP/s (goal 0.70); %.0f tokens/s\n",
        kForms[index].name, tokens, prefillMultiplyAdds(tokens) / time / peak, 2e-6 * peak,
        1e3 * tokens / time);
}

} // namespace

int main(int argc, char** argv)
{
    setTorchThreads(static_cast<int>(std::thread::hardware_concurrency()));
    bench::Medians medians = bench::runInterleaved("model_bench", argc, argv);
    std::printf("\n");
    for (std::size_t i = 0; i < kForms.size(); ++i)
        printDecode(medians, i);
    for (std::size_t i = 0; i < kForms.size(); ++i)
        for (const int tokens : {512, 1024})
            printPrefill(medians, i, tokens);
    return 0;
}
