#include "core/dictionary/side_file.h"

#include "core/dictionary/known_factors.h"
#include "core/dictionary/place.h"
#include "core/files/json_file.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

constexpr const char* kName = "featurescope.json";

std::filesystem::path sidePath(const std::filesystem::path& dictionary)
{
    std::error_code error;
    if (std::filesystem::is_directory(dictionary, error))
        return dictionary / kName;
    std::filesystem::path own = dictionary;
    own += std::string(".") + kName;
    return std::filesystem::exists(own, error) ? own : dictionary.parent_path() / kName;
}

/// Takes over what the person says; the file wins over what was told or inferred.
Result<void> apply(const SideFile& side, DictionaryConfig& config)
{
    if (side.in)
        setPlace(
            config, *side.in, side.out.value_or(config.isTranscoder ? config.hookOut : *side.in));
    if (side.in && config.isTranscoder && !side.out)
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: field `hook_out` is missing: {} is a transcoder, which writes "
                        "elsewhere than it reads.",
                sidePath(config.path).string(), config.name));
    if (!side.modelName.empty())
        config.baseModel = side.modelName;
    if (side.centersInput)
        config.centersInput = *side.centersInput;
    return {};
}

void applyNormFactor(const SideFile& side, DictionaryConfig& config)
{
    if (config.normalizationName != "expected_average_only_in" || config.inputFactor != 1.0)
        return;
    std::optional<double> factor = side.normFactor;
    if (!factor)
        factor = knownNormFactor(config.path.filename().string());
    if (factor) {
        config.inputFactor = *factor;
        config.outputFactor = 1.0 / *factor;
        config.warnings.push_back(fmt::format(
            "Inputs are scaled by {:.6g} so that their average length is the root of d_in, and "
            "outputs scaled back: the {} says so, the file itself does not.",
            *factor, side.normFactor ? std::string(kName) : "list of public releases"));
        return;
    }
    config.warnings.emplace_back(
        "It was trained on activations scaled to a common average length; the files do not hold "
        "the scale, so it is taken to be worked into the weights already. If the reconstruction is "
        "poor, write `norm_scaling_factor` into featurescope.json beside it.");
}

} // namespace

Result<SideFile> SideFile::read(const std::filesystem::path& dictionary)
{
    SideFile side;
    const std::filesystem::path path = sidePath(dictionary);
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return side;
    const auto json = readJson(path);
    if (!json)
        return fail(json.error());
    JsonFields fields(*json, path.string());
    if (auto checked = fields.check(); !checked)
        return fail(checked.error());
    for (const auto& [key, value] : json->items())
        if (key != "hook_in" && key != "hook_out" && key != "model_name" && key != "centers_input"
            && key != "norm_scaling_factor")
            return fail(Error::Code::Unsupported,
                fmt::format("{}: field `{}` is not known; hook_in, hook_out, model_name, "
                            "centers_input and norm_scaling_factor are.",
                    path.string(), key));
    for (const auto& [field, place] : {std::pair{"hook_in", &side.in}, {"hook_out", &side.out}})
        if (const std::string name = fields.string(field, ""); !name.empty()) {
            auto point = placeOfHook(name);
            if (!point)
                return fail(point.error().code,
                    fmt::format("{}: field `{}`: {}", path.string(), field, point.error().message));
            *place = *point;
        }
    side.modelName = fields.string("model_name", "");
    if (fields.has("centers_input"))
        side.centersInput = fields.boolean("centers_input", false);
    if (fields.has("norm_scaling_factor")) {
        side.normFactor = fields.number("norm_scaling_factor", 1.0);
        if (!(std::isfinite(*side.normFactor) && *side.normFactor > 0.0))
            fields.complain("norm_scaling_factor", "must be a number above zero.");
    }
    if (auto checked = fields.check(); !checked)
        return fail(checked.error());
    return side;
}

std::string releasePath(const std::filesystem::path& folder)
{
    std::error_code error;
    const std::filesystem::path note = folder / "loader_cfg.json";
    if (std::filesystem::is_regular_file(note, error))
        if (const auto json = readJson(note); json && json->is_object()) {
            JsonFields fields(*json, note.string());
            const std::string repository = fields.string("repo_id", "");
            if (fields.check() && !repository.empty())
                return repository + "/" + fields.string("folder_name", "");
        }
    return std::filesystem::absolute(folder).lexically_normal().generic_string();
}

Result<std::shared_ptr<const Dictionary>> finishDictionary(
    DictionaryConfig config, Dictionary::Weights weights)
{
    const auto side = SideFile::read(config.path);
    if (!side)
        return fail(side.error());
    if (auto applied = apply(*side, config); !applied)
        return fail(applied.error());
    applyNormFactor(*side, config);
    if (!config.isPlaced)
        leaveUnplaced(config, "Its files do not say which place of which layer it reads.");
    return Dictionary::create(std::move(config), std::move(weights));
}

} // namespace core
