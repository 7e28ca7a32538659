// Speed beside other programs: `busy_bench [passes]` runs a small and a large model, alone and
// beside as many busy processes as there are cores, in turns, and prints the medians and their
// ratio (at least 0.4 is wanted).
#include "core/model/blas_check.h"
#include "core/model/transformer.h"

#include "tests/bench/gpt2_small.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

/// As many processes that never rest as there are cores, while it lives.
class BusyProcesses {
public:
    BusyProcesses()
    {
        for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
            const pid_t child = fork();
            if (child == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                std::atomic<unsigned> count = 0;
                for (;;)
                    count.fetch_add(1, std::memory_order_relaxed);
            }
            m_children.push_back(child);
        }
    }
    ~BusyProcesses()
    {
        for (const pid_t child : m_children) {
            kill(child, SIGKILL);
            waitpid(child, nullptr, 0);
        }
    }
    BusyProcesses(const BusyProcesses&) = delete;
    BusyProcesses& operator=(const BusyProcesses&) = delete;

private:
    std::vector<pid_t> m_children;
};

core::ModelConfig small() // of the built-in model's shape
{
    core::ModelConfig config;
    config.modelType = "llama";
    config.name = "small";
    config.n_layers = 4;
    config.n_heads = config.n_key_value_heads = 4;
    config.d_model = 128;
    config.d_head = 32;
    config.d_mlp = 384;
    config.d_vocab = 3072;
    config.n_ctx = 256;
    return config;
}

/// Seconds for passes over 4 texts of 256 tokens.
double seconds(const core::Transformer& model, int passes)
{
    const at::NoGradGuard noGrad;
    const at::Tensor ids = at::randint(model.config().d_vocab, {4, 256}, at::kLong);
    const auto start = Clock::now();
    for (int pass = 0; pass < passes; ++pass)
        if (!model.forward(ids))
            std::abort();
    return std::chrono::duration<double>(Clock::now() - start).count();
}

} // namespace

int main(int argc, char** argv)
{
    const int passes = argc > 1 ? std::max(1, std::atoi(argv[1])) : 40;
    constexpr int kTurns = 5;
    core::setTorchThreads(static_cast<int>(std::thread::hardware_concurrency()));
    bool isEnough = true;
    for (const auto& [config, share] : {std::pair(small(), 1), std::pair(bench::gpt2Small(), 20)}) {
        const auto model = core::Transformer::create(config, 1);
        const int count = std::max(1, passes / share);
        seconds(*model, 1);
        std::vector<double> alone, beside;
        for (int turn = 0; turn < kTurns; ++turn) {
            alone.push_back(seconds(*model, count));
            const BusyProcesses busy;
            beside.push_back(seconds(*model, count));
        }
        std::sort(alone.begin(), alone.end());
        std::sort(beside.begin(), beside.end());
        const double ratio = alone[kTurns / 2] / beside[kTurns / 2];
        std::printf("%s: %.0f ms a pass alone, %.0f ms beside busy programs: %.2f of the speed\n",
            config.name.c_str(), 1e3 * alone[kTurns / 2] / count, 1e3 * beside[kTurns / 2] / count,
            ratio);
        isEnough = isEnough && ratio >= 0.4;
    }
    return isEnough ? 0 : 1;
}
