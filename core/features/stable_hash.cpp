#include "core/features/stable_hash.h"

#include <ATen/ATen.h>

#include <cstring>

namespace core {

void StableHash::add(std::string_view bytes)
{
    add(bytes.size());
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), 8);
        add(word);
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, bytes.data(), bytes.size());
    add(rest);
}

std::string StableHash::hex() const
{
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4)
        text += kDigits[(m_state >> shift) & 15];
    return text;
}

std::string weightsHash(const Dictionary& dictionary)
{
    StableHash hash;
    const DictionaryConfig& config = dictionary.config();
    hash.add(config.hookIn.name());
    hash.add(static_cast<std::uint64_t>(config.activation));
    hash.add(static_cast<std::uint64_t>(config.k));
    for (const at::Tensor& weight : {dictionary.W_enc(), dictionary.b_enc(), dictionary.W_dec(),
             dictionary.b_dec(), dictionary.threshold()}) {
        if (!weight.defined()) {
            hash.add(0ull);
            continue;
        }
        const at::Tensor plain = weight.to(at::kCPU, at::kFloat).contiguous();
        hash.add(std::string_view(static_cast<const char*>(plain.data_ptr()),
            static_cast<std::size_t>(plain.numel()) * sizeof(float)));
    }
    return hash.hex();
}

} // namespace core
