#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <string>
#include <vector>

namespace core {

enum class DictionaryKind : std::uint8_t { Sae, Transcoder, CrossLayerTranscoder };

/// One of several that could not be opened, beside those that could.
struct RefusedDictionary {
    std::string name; ///< As it would be called if it were open.
    std::string path; ///< Its folder or file.
    std::string reason; ///< A sentence that names the file.
};

struct DictionaryInfo {
    std::string name; ///< Unique among the open ones: "saes/layer_2".
    std::string path;
    std::string format; ///< "SAELens", "circuit-tracer".
    DictionaryKind kind = DictionaryKind::Sae;
    std::string architecture; ///< "standard", "topk", "jumprelu", "transcoder", "skip_transcoder".
    int d_in = 0, d_out = 0, d_sae = 0;
    Layer layer;
    std::string hookIn, hookOut;
    std::string normalization;
    std::string dtype;
    std::string baseModel; ///< The model it says it was made for.
    std::int64_t bytes = 0; ///< Of its weights as stored.
    bool isPlaced = true; ///< False: its files do not say where it belongs, hooks and layer are
                          ///< empty, and no model can use it.
    std::vector<std::string> facts; ///< About its training: "contexts of 128 tokens".
    bool areConcepts = false; ///< Directions learnt from texts about named concepts.
    bool isHarvested = false;
    std::int64_t harvestedTokens = 0;
    std::int64_t aliveFeatures = 0;
    std::string
        warning; ///< What a person must know before believing a picture; empty when all fits.
};

} // namespace core
