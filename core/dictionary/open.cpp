#include "core/dictionary/dictionary.h"

#include "core/dictionary/dictionary_file.h"
#include "core/dictionary/dictionary_learning_file.h"
#include "core/dictionary/gemma_scope_file.h"
#include "core/dictionary/llama_scope_file.h"
#include "core/dictionary/saelens_file.h"
#include "core/dictionary/single_file.h"
#include "core/dictionary/sparsify_file.h"
#include "core/dictionary/transcoder_set_file.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace core {

namespace {

constexpr int kLevels = 4; // how far below the opened folder dictionaries are looked for

/// A folder that is a dictionary or a set of them. Told by what lies in it, in this order.
struct FolderFormat {
    bool (*isHere)(const std::filesystem::path& folder);
    Result<Dictionaries> (*open)(const std::filesystem::path& folder);
    /// Of a set whose dictionaries can do without each other.
    Result<OpenedDictionaries> (*openEach)(const std::filesystem::path& folder) = nullptr;
};

constexpr FolderFormat kFolderFormats[] = {
    {isTranscoderSetFolder, nullptr, openTranscoderSet},
    {isSparsifyFolder, openSparsify},
    {isSaeLensFolder, openSaeLens},
    {isGemmaScopeFolder, openGemmaScope},
    {isGemmaScope2Folder, openGemmaScope2},
    {isLlamaScopeFolder, openLlamaScope},
    {isDictionaryLearningFolder, openDictionaryLearning},
};

const FolderFormat* formatOf(const std::filesystem::path& folder)
{
    for (const FolderFormat& format : kFolderFormats)
        if (format.isHere(folder))
            return &format;
    return nullptr;
}

bool isTorchFile(const std::filesystem::path& path)
{
    const std::string extension = path.extension().string();
    return extension == ".pt" || extension == ".pth";
}

bool isTensorFile(const std::filesystem::path& path)
{
    return isTorchFile(path) || path.extension() == ".safetensors" || path.extension() == ".npz"
        || path.extension() == ".bin";
}

Result<std::shared_ptr<const Dictionary>> openSingleFile(const std::filesystem::path& file)
{
    auto reader = WeightReader::open(file, "the matrix of the encoder");
    if (!reader)
        return fail(reader.error());
    if (const std::string kind = unsupportedKind(*reader); !kind.empty())
        return fail(Error::Code::Unsupported,
            fmt::format("{}: is {}, which is not read. Per-layer transcoders, circuit-tracer's and "
                        "Gemma Scope 2's cross-layer transcoders and SAEs are.",
                file.string(), kind));
    if (isOpenAiFile(*reader))
        return openOpenAi(*reader, file);
    if (isLinearLayersFile(*reader))
        return openLinearLayers(*reader, file);
    if (isMatricesFile(*reader))
        return openMatrices(*reader, file);
    return fail(Error::Code::Unsupported,
        fmt::format("{}: its tensors are those of no dictionary that is known here. If it belongs "
                    "to a folder with a configuration, open that folder.",
            file.string()));
}

/// Whether a file among others is a dictionary, or one to be refused by name: of a kind that is not
/// read, or so damaged that nobody knows what it was.
bool isDictionaryFile(const std::filesystem::path& file)
{
    if (!isTorchFile(file))
        return false;
    const auto reader = WeightReader::open(file, "");
    if (!reader)
        return reader.error().code == Error::Code::InvalidFile;
    return isOpenAiFile(*reader) || isLinearLayersFile(*reader) || isMatricesFile(*reader)
        || !unsupportedKind(*reader).empty();
}

/// A dictionary's weights without the file that says what they are.
std::optional<Error> missingConfig(const std::filesystem::path& folder)
{
    std::error_code error;
    for (const char* const weights : {"sae_weights.safetensors", "sae.safetensors"}) {
        if (!std::filesystem::is_regular_file(folder / weights, error))
            continue;
        // Of a kind that is not read: a configuration would not mend it.
        const auto reader = WeightReader::open(folder / weights, "");
        if (reader && !unsupportedKind(*reader).empty())
            continue;
        return Error{Error::Code::NotFound,
            fmt::format("{}: has {} but no cfg.json, which says what the dictionary is and where "
                        "it reads. Put it there.",
                folder.string(), weights)};
    }
    return std::nullopt;
}

/// What below a folder is a dictionary: folders of a known format, and files that are one whole.
struct Found {
    std::vector<std::filesystem::path> paths;
    std::vector<DictionaryRefusal> refused;
};

void collect(const std::filesystem::path& folder, int levels, Found& found)
{
    if (formatOf(folder)) {
        found.paths.push_back(folder);
        return;
    }
    std::error_code error;
    if (auto missing = missingConfig(folder))
        found.refused.push_back({dictionaryName(folder), folder, std::move(*missing)});
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (entry.is_directory(error) && levels > 0)
            collect(entry.path(), levels - 1, found);
        else if (entry.is_regular_file(error) && isDictionaryFile(entry.path()))
            found.paths.push_back(entry.path());
    }
}

/// Why nothing was found, where what lies there shows it.
Error nothingFound(const std::filesystem::path& folder)
{
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (name == "W_enc_0.safetensors" || name == "layer_0.safetensors"
            || name == "params_layer_0.safetensors")
            return {Error::Code::NotFound,
                fmt::format("{}: has {} but no config.yaml, which says where in a model it reads "
                            "and writes (model_name, model_kind, feature_input_hook, "
                            "feature_output_hook). Put the release's config.yaml there.",
                    folder.string(), name)};
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.is_regular_file(error) && isTensorFile(entry.path()))
            if (auto reader = WeightReader::open(entry.path(), ""))
                if (const std::string kind = unsupportedKind(*reader); !kind.empty())
                    return {Error::Code::Unsupported,
                        fmt::format("{}: is {}, which is not read.", entry.path().string(), kind)};
    return {Error::Code::NotFound,
        fmt::format("{}: holds no dictionary. Known are folders with cfg.json (SAELens, sparsify), "
                    "config.yaml (circuit-tracer), params.npz or params.safetensors (Gemma Scope), "
                    "hyperparams.json (Llama Scope) or ae.pt (dictionary_learning), and .pt files "
                    "of OpenAI, Goodfire and others; they are also found up to {} folders down.",
            folder.string(), kLevels)};
}

Result<OpenedDictionaries> openAt(const std::filesystem::path& path)
{
    std::error_code error;
    const FolderFormat* const format
        = std::filesystem::is_directory(path, error) ? formatOf(path) : nullptr;
    if (format && format->openEach)
        return format->openEach(path);
    if (format) {
        auto opened = format->open(path);
        if (!opened)
            return fail(opened.error());
        return OpenedDictionaries{std::move(*opened), {}};
    }
    auto dictionary = openSingleFile(path);
    if (!dictionary)
        return fail(dictionary.error());
    return OpenedDictionaries{{std::move(*dictionary)}, {}};
}

/// The folders and files to open for what a person chose: one of a dictionary's own files stands
/// for its folder.
Result<Found> chosen(const std::filesystem::path& path)
{
    std::error_code error;
    Found found;
    if (std::filesystem::is_directory(path, error)) {
        collect(path, kLevels, found);
        if (found.paths.empty() && found.refused.empty())
            return fail(nothingFound(path));
        std::sort(found.paths.begin(), found.paths.end());
        return found;
    }
    const std::filesystem::path folder = path.parent_path();
    if (formatOf(folder))
        return Found{{folder}, {}};
    if (formatOf(folder.parent_path())) // checkpoints/final.safetensors, clt/W_enc_0.safetensors
        return Found{{folder.parent_path()}, {}};
    if (isTensorFile(path))
        return Found{{path}, {}};
    return fail(nothingFound(folder));
}

} // namespace

Error noneOpened(const std::vector<DictionaryRefusal>& refused, const std::string& where)
{
    constexpr std::size_t kShown = 5;
    if (refused.size() == 1)
        return refused.front().error;
    std::string message
        = fmt::format("{}: none of {} dictionaries can be opened.", where, refused.size());
    for (std::size_t i = 0; i < std::min(kShown, refused.size()); ++i)
        message += "\n" + refused[i].error.message;
    if (refused.size() > kShown)
        message += fmt::format("\n... and {} more.", refused.size() - kShown);
    return {refused.front().error.code, message};
}

Result<Dictionaries> allOf(Result<OpenedDictionaries> opened)
{
    if (!opened)
        return fail(std::move(opened.error()));
    if (!opened->refused.empty())
        return fail(std::move(opened->refused.front().error));
    return std::move(opened->dictionaries);
}

Result<Dictionaries> openDictionaries(
    const std::filesystem::path& path, const ProgressFn& progress, const std::stop_token& stop)
{
    return allOf(openThoseOf(path, progress, stop));
}

Result<OpenedDictionaries> openThoseOf(
    const std::filesystem::path& path, const ProgressFn& progress, const std::stop_token& stop)
{
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return fail(Error::Code::NotFound,
            fmt::format("{}: there is no such file or folder.", path.string()));
    std::filesystem::path whole = std::filesystem::absolute(path).lexically_normal();
    if (!whole.has_filename()) // it ended in a slash
        whole = whole.parent_path();
    auto found = chosen(whole);
    if (!found)
        return fail(found.error());

    OpenedDictionaries all;
    all.refused = std::move(found->refused);
    std::set<std::string> names;
    std::int64_t done = 0;
    for (const std::filesystem::path& each : found->paths) {
        if (progress)
            progress(
                {"Opening " + each.filename().string(), done++, std::ssize(found->paths), "files"});
        if (stop.stop_requested())
            return cancelled();
        auto opened = openAt(each);
        if (!opened) {
            all.refused.push_back({dictionaryName(each), each, std::move(opened.error())});
            continue;
        }
        std::move(opened->refused.begin(), opened->refused.end(), std::back_inserter(all.refused));
        for (auto& dictionary : opened->dictionaries) {
            const DictionaryConfig& config = dictionary->config();
            if (names.insert(config.name).second)
                all.dictionaries.push_back(std::move(dictionary));
            else
                all.refused.push_back({config.name, config.path,
                    {Error::Code::InvalidFile,
                        fmt::format("{}: another dictionary below {} is also called \"{}\". Rename "
                                    "one of the folders.",
                            each.string(), whole.string(), config.name)}});
        }
    }
    if (all.dictionaries.empty())
        return fail(noneOpened(all.refused, whole.string()));
    std::stable_sort(
        all.dictionaries.begin(), all.dictionaries.end(), [](const auto& a, const auto& b) {
            return a->config().hookIn.layer < b->config().hookIn.layer;
        });
    return all;
}

} // namespace core
