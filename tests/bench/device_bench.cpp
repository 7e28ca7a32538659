// What a device makes of the work that people wait for: reading a prompt, writing, encoding, a
// training step and a trace, in GPT-2 small's shape, each as a share of what the device does at a
// plain product (compute) or copy (bandwidth) of the same libtorch in the same minute.
//
//   device_bench [cpu|cuda:0] [--small]    --small: shorter, for the CPU
//
// One table; a row that fails says why, and the exit status is then 1. tests/device.sh runs it on a
// card; on the CPU it compares one libtorch with another.
#include "core/circuits/attribution.h"
#include "core/interventions/stream_batch.h"
#include "core/model/blas_check.h"
#include "core/model/precision.h"
#include "core/model/token_ids.h"
#include "core/training/dictionary_trainer.h"
#include "tests/bench/gpt2_small.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

namespace {

using namespace core;

constexpr std::int64_t kFeatures = 24576;
const HookPoint kPlace{HookKind::ResidPost, Layer(6)};

struct Peak {
    double flops = 0, bytes = 0; ///< A second.
};

/// Seconds of one go: the median of what fits into about a second, at least three. The number read
/// back at the end waits for the device.
double secondsOf(const at::Device& device, const std::function<void()>& work)
{
    const auto once = [&] {
        const auto begin = std::chrono::steady_clock::now();
        work();
        at::zeros({1}, device).item<float>();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    once(); // Kernels are loaded and memory is taken.
    std::vector<double> all;
    for (double sum = 0; all.size() < 3 || (sum < 1.0 && all.size() < 200);) {
        all.push_back(once());
        sum += all.back();
    }
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
}

Peak measurePeak(const at::Device& device, at::ScalarType type, bool isSmall)
{
    const c10::InferenceMode inference;
    const std::int64_t side = isSmall ? 1024 : 8192, count = isSmall ? 1 << 25 : 1 << 29;
    const auto form = at::TensorOptions(device).dtype(type);
    const at::Tensor a = at::randn({side, side}, form), b = at::randn({side, side}, form);
    at::Tensor c = at::empty({side, side}, form);
    const double product = secondsOf(device, [&] { at::mm_out(c, a, b); });
    const at::Tensor from = at::ones({count}, at::TensorOptions(device));
    at::Tensor to = at::empty_like(from);
    const double copy = secondsOf(device, [&] { to.copy_(from); });
    return {2.0 * static_cast<double>(side * side * side) / product,
        2.0 * 4.0 * static_cast<double>(count) / copy};
}

class Table {
public:
    explicit Table(const at::Device& device)
        : m_device(device)
    {
        std::printf("%-34s %12s %16s  %s\n", "on", "time", "rate", "share");
    }

    /// `work` returns what it does: a label of its rate and how much of it one go is, and the
    /// operations or bytes that it needs at least.
    struct Work {
        std::function<void()> go;
        double amount = 0;
        const char* unit = "";
        double flops = 0, bytes = 0;
    };
    void row(const std::string& name, const Peak& peak, const std::function<Work()>& prepare)
    try {
        const Work work = prepare();
        const double seconds = secondsOf(m_device, work.go);
        const double share = work.flops > 0 ? work.flops / seconds / peak.flops
                                            : work.bytes / seconds / peak.bytes;
        std::printf("%-34s %9.3f ms %9.0f %-6s  %5.1f %% of %s\n", label(name).c_str(),
            seconds * 1e3, work.amount / seconds, work.unit, share * 100,
            work.flops > 0 ? "its product's speed" : "its copy's bandwidth");
        std::fflush(stdout);
    } catch (const std::exception& error) {
        hasFailed = true;
        std::printf("%-34s failed: %s\n", label(name).c_str(),
            std::string(error.what()).substr(0, 300).c_str());
        std::fflush(stdout);
    }

    std::string label(const std::string& name) const { return m_device.str() + " " + name; }
    bool hasFailed = false;

private:
    at::Device m_device;
};

template <typename T> T orThrow(Result<T> result)
{
    if (!result)
        throw std::runtime_error(result.error().message);
    return std::move(*result);
}

std::vector<TokenId> prompt(int length)
{
    std::vector<TokenId> ids;
    for (int i = 0; i < length; ++i)
        ids.emplace_back(1 + 37 * i % 4000);
    return ids;
}

std::shared_ptr<const Dictionary> dictionary(
    const at::Device& device, int layer, bool isTranscoder, std::int64_t d_sae, std::int64_t k)
{
    DictionaryConfig d;
    d.name = "layer_" + std::to_string(layer);
    d.architecture = "topk";
    d.isTranscoder = isTranscoder;
    d.d_in = d.d_out = 768;
    d.d_sae = static_cast<int>(d_sae);
    d.hookIn = isTranscoder ? HookPoint{HookKind::MlpIn, Layer(layer)} : kPlace;
    d.hookOut = isTranscoder ? HookPoint{HookKind::MlpOut, Layer(layer)} : kPlace;
    d.activation = FeatureActivation::TopK;
    d.k = static_cast<int>(k);
    at::manual_seed(static_cast<std::uint64_t>(layer) + 1);
    const auto made = orThrow(Dictionary::create(d,
        {at::randn({d_sae, 768}) * 0.03, at::zeros({d_sae}), at::randn({d_sae, 768}) * 0.03,
            at::zeros({768}), {}, {}}));
    return made->to(device);
}

double numbersOf(const Transformer& model)
{
    double sum = 0;
    for (const auto& [name, weight] : model.namedWeights())
        if (name.find("wpe") == std::string::npos) // positions: a row is read, not the table
            sum += static_cast<double>(weight.numel());
    return sum;
}

void modelRows(
    Table& table, const at::Device& device, at::ScalarType type, const Peak& peak, bool isSmall)
{
    const std::string suffix = std::string(" ") + c10::toString(type);
    std::shared_ptr<Transformer> model;
    try {
        model = Transformer::create(bench::gpt2Small(), 1)
                    ->copyTo(at::TensorOptions(device).dtype(type));
    } catch (const std::exception& error) {
        table.hasFailed = true;
        std::printf("%-34s failed: %s\n", table.label("model" + suffix).c_str(), error.what());
        return;
    }
    const double numbers = numbersOf(*model), width = type == at::kFloat ? 4 : 2;
    const double unembedding = 50257.0 * 768;
    const int tokens = isSmall ? 256 : 1000;
    table.row("prefill" + suffix, peak, [&] {
        const at::Tensor ids = idsTensor(prompt(tokens)).to(device);
        return Table::Work{[model, ids] {
                               const c10::InferenceMode inference;
                               ForwardOptions options;
                               options.isLastLogitsOnly = true;
                               orThrow(model->forward(ids, {}, options));
                           },
            static_cast<double>(tokens), "tok/s", 2 * (numbers - unembedding) * tokens, 0};
    });
    constexpr int kSteps = 32;
    table.row("decode" + suffix, peak, [&] {
        BatchOptions options;
        options.maxTokens = 100'000;
        return Table::Work{[model, options] {
                               auto shorter = options;
                               shorter.maxTokens = kSteps + 1;
                               StreamBatch batch
                                   = orThrow(StreamBatch::start(*model, prompt(8), {{}}, shorter));
                               const std::vector<TokenId> next{TokenId(1234)};
                               for (int step = 0; step < kSteps; ++step)
                                   if (!batch.advance(next))
                                       throw std::runtime_error("decoding failed");
                           },
            kSteps, "tok/s", 0, kSteps * numbers * width};
    });
}

} // namespace

int main(int argc, char** argv)
{
    std::string name = "cpu";
    bool isSmall = false;
    for (int i = 1; i < argc; ++i)
        if (std::strcmp(argv[i], "--small") == 0)
            isSmall = true;
        else
            name = argv[i];
    setTorchThreads(static_cast<int>(std::thread::hardware_concurrency()));
    const auto precision = Precision::parse(name, "float32");
    if (!precision) {
        std::printf("%s\n", precision.error().message.c_str());
        return 2;
    }
    const at::Device device = precision->device;
    Table table(device);
    const Peak peak = measurePeak(device, at::kFloat, isSmall);
    std::printf("%-34s %9.2f TFLOP/s float32, copy %.0f GB/s\n", table.label("can").c_str(),
        peak.flops / 1e12, peak.bytes / 1e9);
    modelRows(table, device, at::kFloat, peak, isSmall);
    if (!device.is_cpu()) { // the CPU computes in float32 alone
        const Peak narrow = measurePeak(device, at::kBFloat16, isSmall);
        std::printf(
            "%-34s %9.2f TFLOP/s bfloat16\n", table.label("can").c_str(), narrow.flops / 1e12);
        modelRows(table, device, at::kBFloat16, {narrow.flops, peak.bytes}, isSmall);
    }

    const std::int64_t rows = isSmall ? 1024 : 8192;
    table.row("encode, 24576 features", peak, [&] {
        const auto sae = dictionary(device, 6, false, kFeatures, 50);
        const at::Tensor x = at::randn({rows, 768}, device);
        return Table::Work{[sae, x] {
                               const c10::InferenceMode inference;
                               sae->activations(x);
                           },
            static_cast<double>(rows), "tok/s",
            2.0 * static_cast<double>(rows) * 768 * static_cast<double>(kFeatures), 0};
    });
    const std::int64_t batch = isSmall ? 1024 : 4096;
    table.row("train, 24576 features, k 32", peak, [&] {
        at::manual_seed(1);
        DictionaryTrainerOptions options;
        options.name = "saes/layer_6";
        options.hookIn = options.hookOut = kPlace;
        options.objective = DictionaryObjective::TopK;
        options.d_sae = kFeatures;
        options.k = 32;
        options.train_batch_size_tokens = batch;
        options.training_tokens = 1'000'000 * batch;
        std::shared_ptr<DictionaryTrainer> trainer = orThrow(DictionaryTrainer::create(
            ActivationStore::fromTensors({{kPlace, at::randn({4 * batch, 768}, device)}}),
            options));
        // The encoder's product is the one over every feature; what follows is sparse.
        return Table::Work{[trainer] { orThrow(trainer->step()); }, static_cast<double>(batch),
            "tok/s", 2.0 * static_cast<double>(batch) * 768 * static_cast<double>(kFeatures), 0};
    });
    table.row("trace, 12 x 8192, 10 tokens", peak, [&] {
        ModelConfig config = bench::gpt2Small();
        config.d_vocab = 4000;
        const std::shared_ptr<const Transformer> model
            = Transformer::create(config, 1)->copyTo(at::TensorOptions(device));
        Dictionaries transcoders;
        for (int layer = 0; layer < config.n_layers; ++layer)
            transcoders.push_back(dictionary(device, layer, true, 8192, isSmall ? 20 : 50));
        const auto nodes = orThrow(attribute(model, transcoders, prompt(10))).size();
        const auto count = static_cast<double>(nodes);
        // At least: every pair of nodes once, one being below the other.
        return Table::Work{
            [model, transcoders] { orThrow(attribute(model, transcoders, prompt(10))); }, count,
            "nodes/s", count * count * 768, 0};
    });
    return table.hasFailed ? 1 : 0;
}
