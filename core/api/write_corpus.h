#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct WrittenCorpus {
    std::int64_t texts = 0;
    std::int64_t tokens = 0; ///< Written, without the prompts.
    double seconds = 0;
};

/// The model writes a text after each prompt into a .jsonl file, to train or harvest on: in a chat
/// a line holds `messages`, else `text`, the prompt and what follows. The same seed, the same file.
struct WriteCorpusRequest {
    using Answer = WrittenCorpus;
    static constexpr std::string_view kName = "write-corpus";

    std::vector<std::string> prompts;
    bool isChat
        = false; ///< Each prompt is a user's message; the model's chat template goes around.
    int maxTokens = 256; ///< Of each text.
    double temperature = 1.0;
    std::uint64_t seed = 0;
    std::string out; ///< Written whole, or not at all.
};

} // namespace core
