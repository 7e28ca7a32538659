#include "core/features/stable_hash.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace core {

namespace {

void addTensor(StableHash& hash, const at::Tensor& weight)
{
    if (!weight.defined()) {
        hash.add(0ull);
        return;
    }
    const at::Tensor plain = weight.to(at::kCPU, at::kFloat).contiguous();
    hash.add(std::string_view(static_cast<const char*>(plain.data_ptr()),
        static_cast<std::size_t>(plain.numel()) * sizeof(float)));
}

} // namespace

std::string weightsHash(const Dictionary& dictionary)
{
    // Opening a dictionary must not read gigabytes: of large matrices evenly spread decoder rows
    // and a few encoder rows stand for the rest. Any training moves those, and every bias.
    constexpr std::int64_t kWholeNumbers = std::int64_t{1} << 21, kDecoderRows = 64,
                           kEncoderRows = 4;
    StableHash hash;
    const DictionaryConfig& config = dictionary.config();
    const std::int64_t d_sae = config.d_sae;
    const bool isWhole = d_sae * std::max(config.d_in, config.d_out) <= kWholeNumbers;
    const at::Tensor spread = at::arange(std::min(kDecoderRows, d_sae), at::kLong)
                                  .mul(d_sae)
                                  .floor_divide(std::min(kDecoderRows, d_sae));
    const at::Tensor few = at::arange(std::min(kEncoderRows, d_sae), at::kLong);
    hash.add(config.hookIn.name());
    hash.add(static_cast<std::uint64_t>(config.activation));
    hash.add(static_cast<std::uint64_t>(config.k));
    addTensor(hash, isWhole ? dictionary.W_enc() : dictionary.encoderRows(few));
    addTensor(hash, dictionary.b_enc());
    addTensor(hash, isWhole ? dictionary.W_dec() : dictionary.decoderRows(spread));
    addTensor(hash, dictionary.b_dec());
    addTensor(hash, dictionary.threshold());
    for (const at::Tensor& weight : {dictionary.b_gate(), dictionary.r_mag()})
        if (weight.defined()) // none in the older formats, whose hashes stay as they were
            addTensor(hash, weight);
    return hash.hex();
}

} // namespace core
