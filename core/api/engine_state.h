#pragma once

#include "core/api/dictionary_info.h"
#include "core/api/model_info.h"

#include <string>
#include <vector>

namespace core {

/// What is open now.
struct EngineState {
    ModelInfo model;
    std::vector<DictionaryInfo> dictionaries;
    /// What could not be opened for this model beside others that could, until it is opened again.
    std::vector<RefusedDictionary> refused;
    std::string workspacePath;
};

} // namespace core
