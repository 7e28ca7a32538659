#pragma once

#include "core/api/dictionary_info.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

struct InspectedDictionaries;

/// What a dictionary file or folder holds, without opening it for a model. An error when nothing
/// in it can be read.
struct InspectDictionariesRequest {
    using Answer = InspectedDictionaries;
    static constexpr std::string_view kName = "inspect-dictionaries";

    std::string path;
};

struct InspectedDictionaries {
    std::vector<DictionaryInfo> dictionaries;
    std::vector<RefusedDictionary> refused;
};

} // namespace core
