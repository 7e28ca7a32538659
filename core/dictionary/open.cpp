#include "core/dictionary/dictionary.h"

#include "core/dictionary/dictionary_learning_file.h"
#include "core/dictionary/gemma_scope_file.h"
#include "core/dictionary/llama_scope_file.h"
#include "core/dictionary/saelens_file.h"
#include "core/dictionary/single_file.h"
#include "core/dictionary/sparsify_file.h"
#include "core/dictionary/transcoder_set_file.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace core {

namespace {

constexpr int kLevels = 4; // how far below the opened folder dictionaries are looked for

/// A folder that is a dictionary or a set of them. Told by what lies in it, in this order.
struct FolderFormat {
    bool (*isHere)(const std::filesystem::path& folder);
    Result<Dictionaries> (*open)(const std::filesystem::path& folder);
};

constexpr FolderFormat kFolderFormats[] = {
    {isTranscoderSetFolder, openTranscoderSet},
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

/// Whether a file among others is a dictionary, or one of a kind to be refused by name.
bool isDictionaryFile(const std::filesystem::path& file)
{
    if (!isTorchFile(file))
        return false;
    const auto reader = WeightReader::open(file, "");
    return reader
        && (isOpenAiFile(*reader) || isLinearLayersFile(*reader) || isMatricesFile(*reader)
            || !unsupportedKind(*reader).empty());
}

/// What below `folder` is a dictionary: folders of a known format, and files that are one whole.
void collect(
    const std::filesystem::path& folder, int levels, std::vector<std::filesystem::path>& found)
{
    if (formatOf(folder)) {
        found.push_back(folder);
        return;
    }
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (entry.is_directory(error) && levels > 0)
            collect(entry.path(), levels - 1, found);
        else if (entry.is_regular_file(error) && isDictionaryFile(entry.path()))
            found.push_back(entry.path());
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

Result<Dictionaries> openAt(const std::filesystem::path& path)
{
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        return formatOf(path)->open(path);
    auto dictionary = openSingleFile(path);
    if (!dictionary)
        return fail(dictionary.error());
    return Dictionaries{std::move(*dictionary)};
}

/// The folders and files to open for what a person chose: one of a dictionary's own files stands
/// for its folder.
Result<std::vector<std::filesystem::path>> chosen(const std::filesystem::path& path)
{
    std::error_code error;
    std::vector<std::filesystem::path> found;
    if (std::filesystem::is_directory(path, error)) {
        collect(path, kLevels, found);
        if (found.empty())
            return fail(nothingFound(path));
        std::sort(found.begin(), found.end());
        return found;
    }
    const std::filesystem::path folder = path.parent_path();
    if (formatOf(folder))
        return std::vector{folder};
    if (formatOf(folder.parent_path())) // checkpoints/final.safetensors, clt/W_enc_0.safetensors
        return std::vector{folder.parent_path()};
    if (isTensorFile(path))
        return std::vector{path};
    return fail(nothingFound(folder));
}

} // namespace

Result<Dictionaries> openDictionaries(
    const std::filesystem::path& path, const ProgressFn& progress, const std::stop_token& stop)
{
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return fail(Error::Code::NotFound,
            fmt::format("{}: there is no such file or folder.", path.string()));
    std::filesystem::path whole = std::filesystem::absolute(path).lexically_normal();
    if (!whole.has_filename()) // it ended in a slash
        whole = whole.parent_path();
    const auto found = chosen(whole);
    if (!found)
        return fail(found.error());

    Dictionaries all;
    std::set<std::string> names;
    std::int64_t done = 0;
    for (const std::filesystem::path& each : *found) {
        if (progress)
            progress({"Opening " + each.filename().string(), done++, std::ssize(*found), "files"});
        if (stop.stop_requested())
            return cancelled();
        auto opened = openAt(each);
        if (!opened)
            return fail(opened.error());
        for (auto& dictionary : *opened) {
            if (!names.insert(dictionary->config().name).second)
                return fail(Error::Code::InvalidFile,
                    fmt::format("{}: another dictionary below {} is also called \"{}\". Rename one "
                                "of the folders.",
                        each.string(), whole.string(), dictionary->config().name));
            all.push_back(std::move(dictionary));
        }
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a->config().hookIn.layer < b->config().hookIn.layer;
    });
    return all;
}

} // namespace core
