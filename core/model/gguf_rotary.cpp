#include "core/model/gguf_rotary.h"

#include "core/model/model_config.h"
#include "core/model/rotary.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <ATen/ATen.h>

namespace core {

namespace {

constexpr std::string_view kFactors = "rope_freqs.weight";

bool agrees(const RotaryConfig& scaled, const RotaryConfig& plain,
    const std::vector<float>& factors, std::int64_t dims)
{
    const at::Tensor divisors = inverseFrequencies(plain, dims) / inverseFrequencies(scaled, dims);
    const auto* divisor = divisors.data_ptr<float>();
    return std::equal(factors.begin(), factors.end(), divisor,
        [](float a, float b) { return std::fabs(a - b) <= 1e-4f * std::fabs(b); });
}

/// Converters write what Llama 3's rule gives for a factor, 1 and 4, and an old context that is a
/// power of two; neither is kept.
bool becomesLlama3(RotaryConfig& rotary, const std::vector<float>& factors, std::int64_t dims)
{
    RotaryConfig scaled = rotary;
    scaled.scaling = RotaryConfig::Scaling::Llama3;
    scaled.factor = *std::max_element(factors.begin(), factors.end());
    scaled.lowFreqFactor = 1.0;
    scaled.highFreqFactor = 4.0;
    // 8192 first: many contexts may give the same factors where heads are short.
    std::vector<std::int64_t> contexts{8192};
    for (std::int64_t context = 16; context <= 1 << 20; context *= 2)
        contexts.push_back(context);
    for (const std::int64_t context : contexts) {
        scaled.originalContext = context;
        if (agrees(scaled, rotary, factors, dims)) {
            rotary = scaled;
            return true;
        }
    }
    return false;
}

} // namespace

Result<void> readGgufRotaryFactors(
    const std::vector<std::shared_ptr<const GgufFile>>& model, ModelConfig& config)
{
    for (const auto& file : model) {
        for (const char* other : {"rope_factors_long.weight", "rope_factors_short.weight"})
            if (file->find(other))
                return fail(Error::Code::Unsupported,
                    file->path().string() + ": tensor `" + other
                        + "` scales positions by LongRoPE, which is not supported.");
        const TensorView* tensor = file->find(kFactors);
        if (!tensor || !config.hasRotary)
            continue;
        const std::int64_t dims = config.rotaryDims > 0 ? config.rotaryDims : config.d_head;
        const auto invalid = [&](const std::string& problem) {
            return fail(Error::Code::InvalidFile,
                file->path().string() + ": tensor `" + std::string(kFactors) + "` " + problem
                    + ". The file may belong to another model; fetch it again.");
        };
        if (tensor->dtype != DType::F32 || tensor->shape != std::vector<std::int64_t>{dims / 2})
            return invalid("must hold " + std::to_string(dims / 2) + " numbers of type F32");
        std::vector<float> factors(static_cast<std::size_t>(dims / 2));
        std::memcpy(factors.data(), tensor->bytes.data(), tensor->bytes.size());
        if (!std::all_of(factors.begin(), factors.end(),
                [](float factor) { return std::isfinite(factor) && factor > 0.0f; }))
            return invalid("holds a number that is not above zero");
        if (config.rotary.scaling != RotaryConfig::Scaling::None)
            return invalid("lies beside another scaling in the metadata");
        const bool isPlain = std::all_of(
            factors.begin(), factors.end(), [](float factor) { return factor == 1.0f; });
        if (!isPlain && !becomesLlama3(config.rotary, factors, dims))
            config.rotary.factors.assign(factors.begin(), factors.end());
    }
    return {};
}

} // namespace core
