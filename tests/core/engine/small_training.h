#pragma once

#include "core/api/train.h"

#include <filesystem>

namespace tests {

/// Two small dictionaries of the tiny model, a step for every 64 tokens.
inline core::TrainDictionaryRequest smallTraining(const std::filesystem::path& out, int steps = 60)
{
    core::TrainDictionaryRequest request;
    core::TrainingSettings settings;
    settings.layers = {0, 1};
    settings.expansion = 2;
    settings.k = 4;
    settings.batch = 64;
    settings.tokens = 64 * steps;
    request.settings = settings;
    request.text.tokens = 600;
    request.out = out.string();
    return request;
}

} // namespace tests
