#pragma once

#include "core/base/result.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace core {

/// The steps of a `Sequence` of tokenizer.json: each entry of its list `name`, made by `make`.
/// `sequence` is what messages call it.
template <typename Step, typename Make>
Result<std::vector<std::unique_ptr<const Step>>> makeSteps(
    const nlohmann::json& json, const char* name, const std::string& sequence, Make make)
{
    if (!json.contains(name) || !json[name].is_array())
        return fail(
            Error::Code::InvalidFile, sequence + " Sequence must have a list of `" + name + "`.");
    std::vector<std::unique_ptr<const Step>> steps;
    for (const nlohmann::json& entry : json[name]) {
        Result<std::unique_ptr<const Step>> step = make(entry);
        if (!step)
            return fail(step.error());
        if (*step)
            steps.push_back(std::move(*step));
    }
    return steps;
}

} // namespace core
