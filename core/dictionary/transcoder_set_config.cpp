#include "core/dictionary/transcoder_set_config.h"

#include "core/dictionary/dictionary_file.h"
#include "core/dictionary/place.h"
#include "core/dictionary/yaml_fields.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace core {

namespace {

tl::unexpected<Error> refuse(
    Error::Code code, const std::filesystem::path& file, const std::string& problem)
{
    return fail(code, fmt::format("{}: {}", file.string(), problem));
}

std::optional<int> wholeNumber(const std::string& text)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0)
        return std::nullopt;
    return value;
}

bool leavesFolder(const std::filesystem::path& relative)
{
    return relative.is_absolute() || relative.empty() || *relative.begin() == "..";
}

/// Where a file of a repository may already lie: below the folder by its path in the repository, in
/// a folder called like the repository beside or below it, or in a hub cache that holds both.
std::vector<std::filesystem::path> hubCandidates(const std::filesystem::path& folder,
    const std::string& owner, const std::string& repository, const std::filesystem::path& inside)
{
    const std::filesystem::path parent = folder.parent_path();
    std::vector<std::filesystem::path> candidates
        = {folder / inside, folder / owner / repository / inside, folder / repository / inside,
            parent / repository / inside, parent.parent_path() / owner / repository / inside};
    // <cache>/models--owner--name/snapshots/<revision>/config.yaml
    const std::filesystem::path snapshots = parent.parent_path().parent_path()
        / ("models--" + owner + "--" + repository) / "snapshots";
    std::error_code error;
    for (const auto& revision : std::filesystem::directory_iterator(snapshots, error))
        candidates.push_back(revision.path() / inside);
    return candidates;
}

Result<std::filesystem::path> hubFile(const std::filesystem::path& folder, const std::string& name)
{
    const std::filesystem::path config = folder / "config.yaml";
    constexpr std::string_view kScheme = "hf://";
    std::string path = name.substr(kScheme.size());
    path = path.substr(0, path.find('?')); // ?revision=...
    const std::size_t first = path.find('/');
    const std::size_t second = first == std::string::npos ? first : path.find('/', first + 1);
    if (second == std::string::npos)
        return refuse(Error::Code::InvalidFile, config,
            fmt::format(
                "`transcoders` names \"{}\"; hf://owner/repository/path is expected.", name));
    const std::string owner = path.substr(0, first);
    const std::string repository = path.substr(first + 1, second - first - 1);
    const std::filesystem::path inside
        = std::filesystem::path(path.substr(second + 1)).lexically_normal();
    const bool isPlain
        = owner != ".." && repository != ".." && !owner.empty() && !repository.empty();
    if (!isPlain || leavesFolder(inside))
        return refuse(Error::Code::InvalidFile, config,
            fmt::format("`transcoders` names \"{}\", which is outside its repository.", name));
    std::error_code error;
    for (const auto& candidate : hubCandidates(folder, owner, repository, inside))
        if (std::filesystem::is_regular_file(candidate, error))
            return candidate;
    return refuse(Error::Code::NotFound, config,
        fmt::format("`transcoders` names \"{}\" on the network. Fetch that file and put it at {}.",
            name, (folder / inside).string()));
}

Result<std::filesystem::path> listedFile(
    const std::filesystem::path& folder, const std::string& name)
{
    const std::filesystem::path config = folder / "config.yaml";
    if (name.starts_with("hf://"))
        return hubFile(folder, name);
    const std::filesystem::path relative = std::filesystem::path(name).lexically_normal();
    if (name.find("://") != std::string::npos)
        return refuse(Error::Code::Unsupported, config,
            fmt::format("`transcoders` names \"{}\" on the network. Fetch the file and write its "
                        "path relative to this folder.",
                name));
    if (leavesFolder(relative))
        return refuse(Error::Code::InvalidFile, config,
            fmt::format("`transcoders` names \"{}\", which is outside this folder. Paths are "
                        "relative to it.",
                name));
    return folder / relative;
}

/// The list of 2025 has records {id, layer, filepath}.
Result<std::vector<std::string>> listedNames(
    const YamlFields& yaml, const std::filesystem::path& config)
{
    constexpr const char* kKey = "transcoders";
    if (const auto plain = yaml.lists.find(kKey); plain != yaml.lists.end())
        return plain->second;
    const auto records = yaml.records.find(kKey);
    if (records == yaml.records.end())
        return std::vector<std::string>{};
    std::vector<std::string> names(records->second.size());
    for (const YamlFields::Record& record : records->second) {
        const auto value = [&](const char* key) {
            const auto found = record.find(key);
            return found == record.end() ? std::string{} : found->second;
        };
        const auto layer = wholeNumber(value("layer"));
        if (!layer || static_cast<std::size_t>(*layer) >= names.size()
            || !names[static_cast<std::size_t>(*layer)].empty() || value("filepath").empty())
            return refuse(Error::Code::InvalidFile, config,
                fmt::format("the records of `transcoders` must give `filepath` once for each "
                            "`layer` from 0 to {}.",
                    names.size() - 1));
        names[static_cast<std::size_t>(*layer)] = value("filepath");
    }
    return names;
}

Result<void> readActivation(
    const YamlFields& yaml, const std::filesystem::path& path, TranscoderSetConfig& config)
{
    const auto value = [&](const char* key) {
        const auto found = yaml.scalars.find(key);
        return found == yaml.scalars.end() ? std::string{} : found->second;
    };
    const std::string activation = value("activation");
    config.isTopK = activation == "topk";
    if (!activation.empty() && activation != "relu" && activation != "jump_relu"
        && activation != "jumprelu" && !config.isTopK)
        return refuse(Error::Code::Unsupported, path,
            fmt::format("`activation` is \"{}\"; relu and topk are known.", activation));
    if (config.isTopK) {
        const auto k = wholeNumber(value("k"));
        if (!k || *k == 0)
            return refuse(Error::Code::InvalidFile, path,
                "`activation` is topk, so field `k` must be a count above 0.");
        config.k = *k;
        return {};
    }
    const std::string names = value("scan") + " " + config.folder.string();
    if (activation.empty() && names.find("crv-8b") != std::string::npos) {
        config.isTopK = true;
        config.k = 128;
        config.warnings.emplace_back("The crv-8b transcoders keep the 128 largest features of a "
                                     "token; their files do not say so.");
    }
    return {};
}

} // namespace

Result<std::vector<std::filesystem::path>> numberedFiles(
    const std::filesystem::path& folder, const std::string& prefix, const std::string& suffix)
{
    std::vector<std::filesystem::path> holding;
    std::error_code error;
    const auto isThere = [&](const std::filesystem::path& in) {
        for (const auto& entry : std::filesystem::directory_iterator(in, error)) {
            const std::string name = entry.path().filename().string();
            if (name.starts_with(prefix) && name.ends_with(suffix)
                && name.size() > prefix.size() + suffix.size()
                && wholeNumber(
                    name.substr(prefix.size(), name.size() - prefix.size() - suffix.size())))
                return true;
        }
        return false;
    };
    if (isThere(folder)) {
        holding.push_back(folder);
    } else {
        for (const auto& entry : std::filesystem::directory_iterator(folder, error))
            if (entry.is_directory(error) && isThere(entry.path()))
                holding.push_back(entry.path());
    }
    std::vector<std::filesystem::path> files;
    if (holding.empty())
        return files;
    if (holding.size() > 1)
        return refuse(Error::Code::Unsupported, folder,
            fmt::format("{} and {} both hold {}N{}. Open one of them with its own config.yaml.",
                holding[0].filename().string(), holding[1].filename().string(), prefix, suffix));
    int highest = -1;
    for (const auto& entry : std::filesystem::directory_iterator(holding.front(), error)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(prefix) && name.ends_with(suffix)
            && name.size() > prefix.size() + suffix.size())
            highest = std::max(highest,
                wholeNumber(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()))
                    .value_or(-1));
    }
    constexpr int kMostLayers = 1000;
    if (highest >= kMostLayers)
        return refuse(Error::Code::InvalidFile, holding.front(),
            fmt::format("holds {}{}{}; no model has that many layers.", prefix, highest, suffix));
    for (int layer = 0; layer <= highest; ++layer) {
        files.push_back(holding.front() / fmt::format("{}{}{}", prefix, layer, suffix));
        if (!std::filesystem::exists(files.back(), error))
            return refuse(Error::Code::NotFound, files.back(),
                fmt::format("is missing, while layer {} is there. A set needs a file for every "
                            "layer.",
                    highest));
    }
    return files;
}

Result<TranscoderSetConfig> TranscoderSetConfig::read(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder / "config.yaml";
    const auto text = readText(path);
    if (!text)
        return fail(text.error());
    auto yaml = YamlFields::parse(*text, path.string());
    if (!yaml)
        return fail(yaml.error());
    const auto value = [&](const char* key) {
        const auto found = yaml->scalars.find(key);
        return found == yaml->scalars.end() ? std::string{} : found->second;
    };

    TranscoderSetConfig config;
    config.folder = folder;
    const std::string kind = value("model_kind");
    config.isCrossLayer = kind == "cross_layer_transcoder";
    if (!kind.empty() && kind != "transcoder_set" && !config.isCrossLayer)
        return refuse(Error::Code::Unsupported, path,
            fmt::format("`model_kind` is \"{}\"; transcoder_set and cross_layer_transcoder are "
                        "read.",
                kind));
    config.modelName = value("model_name");
    config.inputHook = value("feature_input_hook");
    config.outputHook = value("feature_output_hook");
    for (const auto& [key, hook] : {std::pair{"feature_input_hook", &config.inputHook},
             std::pair{"feature_output_hook", &config.outputHook}})
        if (hook->empty())
            return refuse(Error::Code::InvalidFile, path,
                fmt::format(
                    "field `{}` is missing. Say which place of a block it is, for example `{}`.",
                    key, hook == &config.inputHook ? "hook_resid_mid" : "hook_mlp_out"));
    if (auto read = readActivation(*yaml, path, config); !read)
        return fail(read.error());
    if (const std::string said = value("prepend_bos"); !said.empty())
        config.prependBos = said == "true";

    const auto names = listedNames(*yaml, path);
    if (!names)
        return fail(names.error());
    for (const std::string& name : *names) {
        auto file = listedFile(folder, name);
        if (!file)
            return fail(file.error());
        config.files.push_back(std::move(*file));
    }
    return config;
}

Result<std::pair<HookPoint, HookPoint>> TranscoderSetConfig::places(int layer) const
{
    std::pair<HookPoint, HookPoint> places;
    for (const auto& [hook, place] :
        {std::pair{&inputHook, &places.first}, std::pair{&outputHook, &places.second}}) {
        auto point = placeOfHook(fmt::format("blocks.{}.{}", layer, *hook));
        if (!point)
            return refuse(point.error().code, folder / "config.yaml", point.error().message);
        *place = *point;
    }
    return places;
}

} // namespace core
