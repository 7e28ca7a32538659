#pragma once

#include "core/api/dictionary_info.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

/// What a dictionary file or folder holds, without opening it for a model.
struct InspectDictionariesRequest {
    using Answer = std::vector<DictionaryInfo>;
    static constexpr std::string_view kName = "inspect-dictionaries";

    std::string path;
};

} // namespace core
