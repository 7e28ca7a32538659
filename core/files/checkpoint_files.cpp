#include "core/files/checkpoint_files.h"

#include "core/files/gguf_split.h"
#include "core/files/json_file.h"

#include <nlohmann/json.hpp>

namespace core {

namespace {

/// A shard must lie beside its index: anything else could point out of the model's folder.
bool isPlainFileName(const std::string& name)
{
    return !name.empty() && name != "." && name != ".."
        && name.find_first_of("/\\:") == std::string::npos && name.find('\0') == std::string::npos;
}

} // namespace

Result<std::shared_ptr<const CheckpointFiles>> CheckpointFiles::open(
    const std::filesystem::path& path)
{
    std::error_code ignored;
    if (GgufFile::isGguf(path))
        return openGguf(path);
    if (!std::filesystem::is_directory(path, ignored))
        return path.extension() == ".json" ? openIndex(path) : openSingle(path);
    // Safetensors before pickles, one file before shards.
    for (const char* name : {"model.safetensors", "model.safetensors.index.json",
             "pytorch_model.bin", "pytorch_model.bin.index.json"}) {
        const std::filesystem::path file = path / name;
        if (std::filesystem::exists(file, ignored))
            return file.extension() == ".json" ? openIndex(file) : openSingle(file);
    }
    return fail(Error::Code::NotFound,
        path.string() + ": holds neither model.safetensors nor pytorch_model.bin, nor an index of "
            + "either. Choose the folder of a model in Hugging Face layout.");
}

Result<std::shared_ptr<const CheckpointFiles>> CheckpointFiles::openSingle(
    const std::filesystem::path& path)
{
    auto file = TensorFile::open(path);
    if (!file)
        return fail(file.error());
    auto files = std::make_shared<CheckpointFiles>();
    for (const TensorView& tensor : (*file)->tensors())
        files->m_tensors[tensor.name] = {&tensor, *file};
    files->m_shards.push_back(std::move(*file));
    return files;
}

Result<std::shared_ptr<const CheckpointFiles>> CheckpointFiles::openIndex(
    const std::filesystem::path& path)
{
    const auto index = readJson(path);
    if (!index)
        return fail(index.error());
    const auto invalid = [&path](const std::string& problem) {
        return fail(Error::Code::InvalidFile, path.string() + ": " + problem);
    };
    if (!index->is_object() || !index->contains("weight_map")
        || !(*index)["weight_map"].is_object())
        return invalid("field `weight_map` is missing. This is not the index of a model.");

    auto files = std::make_shared<CheckpointFiles>();
    std::map<std::string, std::shared_ptr<const TensorFile>> opened;
    for (const auto& [tensor, value] : (*index)["weight_map"].items()) {
        if (!value.is_string() || !isPlainFileName(value.get<std::string>()))
            return invalid("`weight_map` places tensor `" + tensor + "` in "
                + value.dump(-1, ' ', true).substr(0, 80)
                + ", which is not the name of a file in this folder.");
        const auto name = value.get<std::string>();
        auto& shard = opened[name];
        if (!shard) {
            auto file = TensorFile::open(path.parent_path() / name);
            if (!file)
                return fail(file.error());
            shard = *file;
            files->m_shards.push_back(std::move(*file));
        }
        const TensorView* view = shard->find(tensor);
        if (!view)
            return invalid("tensor `" + tensor + "` should be in " + name
                + " but is not there. The files may belong to different models.");
        files->m_tensors[tensor] = {view, shard};
    }
    return files;
}

Result<std::shared_ptr<const CheckpointFiles>> CheckpointFiles::openGguf(
    const std::filesystem::path& path)
{
    const auto parts = openGgufModel(path);
    if (!parts)
        return fail(parts.error());
    auto files = std::make_shared<CheckpointFiles>();
    for (const auto& part : *parts) {
        auto file = TensorFile::open(part->path());
        if (!file)
            return fail(file.error());
        for (const TensorView& tensor : (*file)->tensors())
            files->m_tensors[tensor.name] = {&tensor, *file};
        files->m_shards.push_back(std::move(*file));
    }
    return files;
}

const TensorView* CheckpointFiles::find(std::string_view name) const
{
    const auto found = m_tensors.find(name);
    return found == m_tensors.end() ? nullptr : found->second.view;
}

std::shared_ptr<const TensorFile> CheckpointFiles::fileOf(std::string_view name) const
{
    const auto found = m_tensors.find(name);
    return found == m_tensors.end() ? nullptr : found->second.file;
}

std::vector<std::string> CheckpointFiles::names() const
{
    std::vector<std::string> names;
    for (const auto& [name, place] : m_tensors)
        names.push_back(name);
    return names;
}

std::size_t CheckpointFiles::totalBytes() const
{
    std::size_t total = 0;
    for (const auto& [name, place] : m_tensors)
        total += place.view->bytes.size();
    return total;
}

} // namespace core
