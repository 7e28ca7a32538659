#include "core/model/weight_files.h"

#include "core/base/log.h"
#include "core/files/checkpoint_files.h"
#include "core/model/architectures.h"
#include "core/model/resources.h"
#include "core/model/tensor_io.h"

#include <algorithm>
#include <set>

namespace core {

namespace {

struct Stored {
    const TensorView* view = nullptr;
    std::shared_ptr<const MappedFile> file;
};

std::string shapeText(const std::vector<std::int64_t>& shape)
{
    std::string text;
    for (const std::int64_t size : shape)
        text += (text.empty() ? "" : ", ") + std::to_string(size);
    return "[" + text + "]";
}

bool isFloat(DType dtype)
{
    return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16
        || dtype == DType::F64;
}

/// Finds a model's tensors in its files and checks them.
class WeightFiles {
public:
    WeightFiles(const CheckpointFiles& files, const Architecture& architecture)
        : m_files(files)
        , m_architecture(architecture)
    {
    }

    Result<Stored> find(const WeightSlot& slot);
    bool has(const WeightSlot& slot) const { return !storedName(slot).empty(); }
    void warnOfUnused() const;

private:
    std::string storedName(const WeightSlot& slot) const;
    std::shared_ptr<const MappedFile> fileOf(const TensorView& view) const;

    const CheckpointFiles& m_files;
    const Architecture& m_architecture;
    std::set<std::string> m_used;
};

std::string WeightFiles::storedName(const WeightSlot& slot) const
{
    const std::string full
        = slot.hasPrefix ? std::string(m_architecture.prefix) + slot.name : slot.name;
    if (m_files.find(full))
        return full;
    return m_architecture.isPrefixOptional && m_files.find(slot.name) ? slot.name : std::string();
}

std::shared_ptr<const MappedFile> WeightFiles::fileOf(const TensorView& view) const
{
    for (const auto& shard : m_files.shards()) {
        if (shard->find(view.name) == &view)
            return shard->file();
    }
    return m_files.shards().front()->file();
}

Result<Stored> WeightFiles::find(const WeightSlot& slot)
{
    const std::string name = storedName(slot);
    if (name.empty()) {
        const auto where = m_files.shards().empty() ? std::filesystem::path("model")
            : m_files.shards().size() == 1          ? m_files.shards().front()->file()->path()
                                           : m_files.shards().front()->file()->path().parent_path();
        return fail(Error::Code::InvalidFile,
            where.string() + ": tensor `"
                + (slot.hasPrefix ? std::string(m_architecture.prefix) : "") + slot.name
                + "` is missing; the config says it has shape " + shapeText(slot.shape)
                + ". The file may be incomplete or belong to another model.");
    }
    const TensorView& view = *m_files.find(name);
    const auto file = fileOf(view);
    if (view.shape != slot.shape)
        return fail(Error::Code::InvalidFile,
            file->path().string() + ": tensor `" + name + "` has shape " + shapeText(view.shape)
                + ", the config says " + shapeText(slot.shape)
                + ". The file may belong to another model.");
    if (!isFloat(view.dtype))
        return fail(Error::Code::Unsupported,
            file->path().string() + ": tensor `" + name + "` has type "
                + std::string(dtypeName(view.dtype))
                + "; weights are read as F32, F16, BF16 or F64. Quantised files must be converted "
                  "first.");
    m_used.insert(name);
    return Stored{&view, file};
}

void WeightFiles::warnOfUnused() const
{
    std::vector<std::string> unused;
    for (const std::string& name : m_files.names()) {
        const auto isIgnored = [&name](std::string_view suffix) { return name.ends_with(suffix); };
        const auto& suffixes = m_architecture.ignoredSuffixes;
        if (!m_used.contains(name) && name != m_architecture.unembedding
            && std::none_of(suffixes.begin(), suffixes.end(), isIgnored))
            unused.push_back(name);
    }
    if (!unused.empty())
        logWarning("{} tensors of the file are no part of a {} model and are not used, such as {}",
            unused.size(), m_architecture.modelType, unused.front());
}

/// Widened weights are new memory; views of the map are not.
Result<void> checkMemory(const std::vector<Stored>& stored, const std::filesystem::path& folder)
{
    std::int64_t needed = 0;
    for (const Stored& s : stored) {
        if (s.view->dtype != DType::F32)
            needed += static_cast<std::int64_t>(
                s.view->bytes.size() / dtypeBytes(s.view->dtype) * sizeof(float));
    }
    const std::int64_t free = freeMemoryBytes();
    if (free == 0 || needed <= free)
        return {};
    return fail(Error::Code::OutOfMemory,
        folder.string() + ": needs " + std::to_string(needed >> 20) + " MiB at float32, "
            + std::to_string(free >> 20)
            + " MiB are free. Close other programs or open a smaller model.");
}

} // namespace

Result<void> readWeights(const std::filesystem::path& folder, ModelConfig& config,
    TransformerWeights& weights, const ProgressFn& progress, const std::stop_token& stop)
{
    const auto files = CheckpointFiles::open(folder);
    if (!files)
        return fail(files.error());
    const Architecture& architecture = *findArchitecture(config.modelType);
    WeightFiles found(**files, architecture);

    std::vector<WeightSlot> slots = weightSlots(config, weights);
    if (!config.isTied && !found.has(slots.back())) {
        config.isTied = true;
        slots.pop_back();
    }
    std::vector<Stored> stored;
    Progress state{"Opening " + config.name, 0, 0, "bytes"};
    for (const WeightSlot& slot : slots) {
        auto one = found.find(slot);
        if (!one)
            return fail(one.error());
        state.total += static_cast<std::int64_t>(one->view->bytes.size());
        stored.push_back(std::move(*one));
    }
    if (const auto fits = checkMemory(stored, folder); !fits)
        return fits;
    found.warnOfUnused();

    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (stop.stop_requested())
            return cancelled();
        auto tensor = toTensor(*stored[i].view, stored[i].file);
        if (!tensor)
            return fail(tensor.error());
        *slots[i].tensor = std::move(*tensor);
        state.done += static_cast<std::int64_t>(stored[i].view->bytes.size());
        if (progress)
            progress(state);
    }
    bindSharedWeights(config, weights);
    return {};
}

} // namespace core
