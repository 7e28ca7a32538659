#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace core {

/// What a model will take in memory in one way of opening it.
struct MemoryCost {
    std::string device; ///< "cpu", "cuda:0".
    std::string dtype; ///< As in OpenModelRequest.
    std::int64_t mappedBytes = 0; ///< Weights that stay in their files; the system can drop them.
    std::int64_t weightBytes = 0; ///< Weights converted into memory.
    std::int64_t kvCacheBytes = 0, activationBytes = 0; ///< Two streams, at most 1,024 tokens.
    std::int64_t freeBytes = 0; ///< Free now on that device; 0 when the system does not say.
    bool fits = true;
    std::string note; ///< "weights stay in the file", "12 % of the weights round"; may be empty.

    std::int64_t total() const
    {
        return mappedBytes + weightBytes + kvCacheBytes + activationBytes;
    }
};

/// A model, before (inspect) or after loading.
struct ModelInfo {
    std::string path;
    std::string name;
    std::string modelType; ///< "gpt2", "llama", "gemma2".
    std::vector<std::string> parts; ///< What sets it apart, for people: "sliding window of 8 on
                                    ///< layers 0, 2", "4 query heads share a key head".
    std::vector<std::string> warnings; ///< What of its files is used otherwise than the config
                                       ///< says; a sentence each, empty when all fits.
    int n_layers = 0, d_model = 0, n_heads = 0, n_key_value_heads = 0, d_head = 0, d_mlp = 0,
        d_vocab = 0, n_ctx = 0;
    std::int64_t parameters = 0;
    std::string dtype; ///< As stored: "float32", "bfloat16", "float16".
    std::int64_t bytes = 0; ///< Of the weight files.
    std::int64_t estimateBytes = 0; ///< Memory it takes in the way asked for: weights, KV cache,
                                    ///< activations.
    std::int64_t freeBytes = 0; ///< Memory free now.
    std::vector<MemoryCost> costs; ///< One for each way of opening it on this machine.
    std::string tokenizerType; ///< "byte-level BPE", "SentencePiece-style BPE".
    int tokenizerSize = 0;
    std::string tokenizerProblem; ///< Why it cannot read text, only ids; empty when it can.
    bool hasChatTemplate = false;
    std::string device; ///< "cpu", "cuda:0".
    std::string deviceNote; ///< Why it does not run on the device asked for; usually empty.
    std::string computeDtype; ///< As asked for: "float32", "int8".
    int threads = 0;
    bool isBlasSlow = false; ///< The linear algebra library is the slow reference one; `blasNote`
                             ///< says what to install.
    std::string blasNote;
    bool isLoaded = false;
};

} // namespace core
