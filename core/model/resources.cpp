#include "core/model/resources.h"

#include "core/model/architectures.h"
#include "core/model/weight_conversion.h"
#include "core/model/weight_files.h"

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

std::string mebibytes(std::int64_t bytes)
{
    return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

struct RunBytes {
    std::int64_t kvCache = 0, activations = 0;
};

/// `width` bytes a number.
RunBytes runBytes(
    const ModelConfig& config, std::int64_t width, std::int64_t streams, std::int64_t positions)
{
    const std::int64_t n_ctx = config.n_ctx;
    const std::int64_t T
        = positions > 0 ? std::min(positions, n_ctx) : std::min<std::int64_t>(n_ctx, 1024);
    const std::int64_t d_attention
        = std::int64_t{config.n_heads + 2 * config.n_key_value_heads} * config.d_head;
    // The widest moment of one block (residual and norms, q k v z, two forms of scores, two of the
    // MLP's inside); or the logits of all positions of one text with their softmax, in float32.
    const std::int64_t block
        = 4 * config.d_model + 2 * d_attention + 2 * config.n_heads * T + 3 * config.d_mlp;
    constexpr auto kFloat = static_cast<std::int64_t>(sizeof(float));
    return {2 * width * streams * T * config.n_layers * config.n_key_value_heads * config.d_head,
        std::max(width * T * streams * block, 2 * kFloat * T * config.d_vocab)};
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

std::vector<Precision> precisionsHere()
{
    std::vector<Precision> all;
    for (const std::string& device : devicesHere())
        for (const char* dtype : {"float32", "bfloat16", "float16", "int8"})
            if (auto precision = Precision::parse(device, dtype))
                all.push_back(*precision);
    return all;
}

MemoryNeed memoryNeed(const StoredWeights& stored, const ModelConfig& config,
    const Precision& precision, std::int64_t streams, std::int64_t positions)
{
    MemoryNeed need;
    need.precision = precision;
    for (const StoredWeight& weight : stored.list) {
        const WeightBytes bytes = weightBytes(weight, config, precision);
        need.mapped += bytes.mapped;
        need.converted += bytes.converted;
    }
    const RunBytes run = runBytes(
        config, static_cast<std::int64_t>(c10::elementSize(precision.compute)), streams, positions);
    need.kvCache = run.kvCache;
    need.activations = run.activations;
    need.free = freeBytesOn(precision.device);
    return need;
}

Result<MemoryNeed> memoryNeed(const std::filesystem::path& folder, const ModelConfig& config,
    const Precision& precision, std::int64_t streams, std::int64_t positions)
{
    TransformerWeights weights;
    ModelConfig checked = config;
    const auto stored = findWeights(folder, checked, weights);
    if (!stored)
        return fail(stored.error());
    return memoryNeed(*stored, checked, precision, streams, positions);
}

std::vector<MemoryNeed> memoryNeeds(const StoredWeights& stored, const ModelConfig& config)
{
    std::vector<MemoryNeed> needs;
    for (const Precision& precision : precisionsHere())
        needs.push_back(memoryNeed(stored, config, precision));
    return needs;
}

std::int64_t passBytes(const ModelConfig& config, const Precision& precision, std::int64_t streams,
    std::int64_t positions)
{
    const RunBytes run = runBytes(
        config, static_cast<std::int64_t>(c10::elementSize(precision.compute)), streams, positions);
    return run.kvCache + run.activations;
}

Result<void> checkFits(const MemoryNeed& need, const StoredWeights& weights,
    const std::filesystem::path& folder, const ModelConfig& config)
{
    if (need.fits())
        return {};
    std::string message = folder.string() + ": opened as " + need.precision.dtypeName() + " on "
        + need.precision.deviceName() + " it needs about " + mebibytes(need.total()) + " (weights "
        + mebibytes(need.mapped + need.converted) + ", key-value cache " + mebibytes(need.kvCache)
        + ", activations " + mebibytes(need.activations) + "); " + mebibytes(need.free)
        + " are free. ";
    std::string mend = "Close other programs or open a smaller model.";
    const std::vector<MemoryNeed> all = memoryNeeds(weights, config);
    const auto smallest = std::min_element(all.begin(), all.end(),
        [](const MemoryNeed& a, const MemoryNeed& b) { return a.total() < b.total(); });
    if (smallest != all.end() && smallest->total() < need.total())
        mend = "Open it as " + smallest->precision.dtypeName() + " on "
            + smallest->precision.deviceName() + ": about " + mebibytes(smallest->total())
            + (smallest->fits() ? "."
                                : ", which does not fit either. Close other programs or open "
                                  "a smaller model.");
    return fail(Error::Code::OutOfMemory, message + mend);
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
