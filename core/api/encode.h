#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace core {

struct EncodeSummary {
    /// Of a text l0 and fvu are over its own tokens: BOS and other special ones do not count.
    double l0 = 0;
    std::optional<double> fvu; ///< None where what should be rebuilt is not known: a transcoder
                               ///< given its input alone.
    std::int64_t vectors = 0; ///< In the file, those of special tokens included.
    std::string note; ///< What was put in front of the text; how a batch was read; may be empty.
};

/// Vectors through a dictionary, with what came out in a file.
struct EncodeRequest {
    using Answer = EncodeSummary;
    static constexpr std::string_view kName = "encode";

    std::string dictionary; ///< A path, as in AddDictionariesRequest; must hold one.
    std::string inputFile, inputTensor; ///< Either a tensor of a file (safetensors, npz, pt) ...
    std::string text; ///< ... or a text read by the open model.
    std::string out; ///< Safetensors: feature_acts, reconstruction, sae_in.
};

} // namespace core
