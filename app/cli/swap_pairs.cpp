#include "app/cli/swap_pairs.h"

#include "core/base/text_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cli {

namespace {

const std::string* textIn(const nlohmann::json& entry, const char* name)
{
    const auto found = entry.find(name);
    return found == entry.end() ? nullptr : found->get_ptr<const std::string*>();
}

core::Result<core::SwapPair> readPair(const nlohmann::json& entry, const std::string& problem)
{
    const std::string *prompt = nullptr, *donor = nullptr, *answer = nullptr;
    bool hasAnswer = false;
    if (entry.is_object()) {
        prompt = textIn(entry, "prompt");
        donor = textIn(entry, "donor");
        answer = textIn(entry, "answer");
        hasAnswer = entry.contains("answer") && !entry["answer"].is_null();
    } else if (entry.is_array() && (entry.size() == 2 || entry.size() == 3)) {
        prompt = entry[0].get_ptr<const std::string*>();
        donor = entry[1].get_ptr<const std::string*>();
        hasAnswer = entry.size() == 3;
        if (hasAnswer)
            answer = entry[2].get_ptr<const std::string*>();
    }
    if (!prompt || !donor || (hasAnswer && !answer))
        return core::fail(core::Error::Code::InvalidFile, problem);
    return core::SwapPair{*prompt, *donor, answer ? *answer : std::string()};
}

} // namespace

core::Result<std::vector<core::SwapPair>> readSwapPairs(const std::string& path)
{
    const auto text = core::readTextFile(path);
    if (!text)
        return core::fail(text.error());
    const std::string form
        = "{\"prompt\": ..., \"donor\": ...} with an \"answer\" where one is expected";
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (!json.is_array())
        return core::fail(
            core::Error::Code::InvalidFile, path + ": must be a JSON array of " + form + ".");
    std::vector<core::SwapPair> pairs;
    for (const auto& entry : json) {
        auto pair = readPair(
            entry, fmt::format("{}: entry {} must be {}.", path, pairs.size() + 1, form));
        if (!pair)
            return core::fail(pair.error());
        pairs.push_back(std::move(*pair));
    }
    return pairs;
}

} // namespace cli
