#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct TrainMetrics {
    std::int64_t step = 0, tokens = 0;
    double loss = 0, mse = 0, l0 = 0, fvu = 0, learningRate = 0, tokensPerSecond = 0;
    std::int64_t deadFeatures = 0;
};

/// Trains a dictionary on the open model; its parts are what is measured on the way.
struct TrainDictionaryRequest {
    using Answer = std::vector<TrainMetrics>;
    using Part = TrainMetrics;
    static constexpr std::string_view kName = "train";

    bool isTranscoder = false;
    std::string corpus; ///< A text file.
    std::string configFile; ///< SAELens' field names.
    std::string out; ///< A folder.
    bool isResuming = false;
};

/// Trains a small language model on a text.
struct TrainLanguageModelRequest {
    using Answer = std::vector<TrainMetrics>;
    using Part = TrainMetrics;
    static constexpr std::string_view kName = "train-language-model";

    std::string corpus, configFile, out;
};

/// A commented default for an architecture.
struct DefaultTrainingConfigRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "default-training-config";

    std::string architecture;
};

} // namespace core
