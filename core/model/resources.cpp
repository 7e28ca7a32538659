#include "core/model/resources.h"

#include "core/model/architectures.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace core {

namespace {

std::int64_t readNumber(const char* path)
{
    std::int64_t value = -1;
    std::ifstream(path) >> value; // "max" leaves zero: no limit.
    return value;
}

} // namespace

std::int64_t parameterCount(const ModelConfig& config)
{
    TransformerWeights weights;
    std::int64_t count = 0;
    for (const WeightSlot& slot : weightSlots(config, weights)) {
        std::int64_t size = 1;
        for (const std::int64_t length : slot.shape)
            size *= length;
        count += size;
    }
    return count;
}

MemoryEstimate estimateBytes(
    const ModelConfig& config, std::int64_t streams, std::int64_t positions)
{
    constexpr auto kFloat = static_cast<std::int64_t>(sizeof(float));
    const std::int64_t n_ctx = config.n_ctx;
    const std::int64_t T
        = positions > 0 ? std::min(positions, n_ctx) : std::min<std::int64_t>(n_ctx, 1024);
    const std::int64_t d_attention
        = std::int64_t{config.n_heads + 2 * config.n_key_value_heads} * config.d_head;
    MemoryEstimate estimate;
    estimate.weights = parameterCount(config) * kFloat;
    estimate.kvCache
        = 2 * kFloat * streams * T * config.n_layers * config.n_key_value_heads * config.d_head;
    // The widest moment of one block (residual and norms, q k v z, two forms of scores, two of the
    // MLP's inside), and the logits with their softmax.
    const std::int64_t block
        = 4 * config.d_model + 2 * d_attention + 2 * config.n_heads * T + 3 * config.d_mlp;
    estimate.activations = kFloat * T * streams * std::max<std::int64_t>(block, 2 * config.d_vocab);
    return estimate;
}

std::int64_t freeMemoryBytes()
{
    std::int64_t free = 0;
    std::ifstream info("/proc/meminfo");
    for (std::string field; info >> field;) {
        std::int64_t kibibytes = 0;
        if (field == "MemAvailable:" && info >> kibibytes) {
            free = kibibytes * 1024;
            break;
        }
    }
    const std::int64_t limit = readNumber("/sys/fs/cgroup/memory.max");
    const std::int64_t used = readNumber("/sys/fs/cgroup/memory.current");
    if (limit > 0 && used >= 0)
        free = std::min(free, std::max<std::int64_t>(0, limit - used));
    return free;
}

} // namespace core
