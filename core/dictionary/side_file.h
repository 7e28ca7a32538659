#pragma once

#include "core/dictionary/dictionary.h"

namespace core {

/// What a person says about a dictionary in featurescope.json beside it (for a file among others:
/// <file name>.featurescope.json), where its own files do not: `hook_in`, `hook_out`, `model_name`,
/// `centers_input`, `norm_scaling_factor`. All optional; others are refused.
struct SideFile {
    std::optional<HookPoint> in, out;
    std::string modelName;
    std::optional<bool> centersInput;
    std::optional<double> normFactor;

    static Result<SideFile> read(const std::filesystem::path& dictionary);
};

/// "google/gemma-scope-2b-pt-res/layer_5/width_16k/average_l0_68": where a release came from. By a
/// downloader's note loader_cfg.json (`repo_id`, `folder_name`) where there is one, else the path
/// itself.
std::string releasePath(const std::filesystem::path& folder);

/// The last step of every reader: the side file, what must be warned about, the checks.
/// `config.path` is the folder or file; `config.isPlaced` false where no place was found.
Result<std::shared_ptr<const Dictionary>> finishDictionary(
    DictionaryConfig config, Dictionary::Weights weights);

} // namespace core
