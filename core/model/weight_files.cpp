#include "core/model/weight_files.h"

#include "core/base/log.h"
#include "core/model/resources.h"
#include "core/model/weight_conversion.h"

#include <algorithm>
#include <array>
#include <set>

namespace core {

namespace {

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

    Result<StoredWeight> find(const WeightSlot& slot);
    bool has(const WeightSlot& slot) const { return !storedName(slot).empty(); }
    /// Scales beside the weights, by which they would have to be multiplied, are refused.
    Result<void> refuseQuantised() const;
    void warnOfUnused() const;

private:
    bool isOfOtherParts(const std::string& name) const;
    std::string storedName(const WeightSlot& slot) const;

    const CheckpointFiles& m_files;
    const Architecture& m_architecture;
    std::set<std::string> m_used;
};

std::string WeightFiles::storedName(const WeightSlot& slot) const
{
    std::vector<std::string> names;
    if (slot.hasPrefix) {
        names.push_back(std::string(m_architecture.prefix) + slot.name);
        for (const std::string_view prefix : m_architecture.otherPrefixes)
            names.push_back(std::string(prefix) + slot.name);
    } else {
        names.push_back(slot.name);
        for (const std::string_view other : m_architecture.otherUnembeddings)
            names.emplace_back(other);
    }
    const auto found = std::find_if(names.begin(), names.end(),
        [this](const std::string& name) { return m_files.find(name) != nullptr; });
    return found == names.end() ? std::string() : *found;
}

Result<StoredWeight> WeightFiles::find(const WeightSlot& slot)
{
    const std::string name = storedName(slot);
    if (name.empty()) {
        if (auto refused = refuseQuantised(); !refused)
            return fail(refused.error());
        const auto where = m_files.shards().empty() ? std::filesystem::path("model")
            : m_files.shards().size() == 1          ? m_files.shards().front()->path()
                                           : m_files.shards().front()->path().parent_path();
        return fail(Error::Code::InvalidFile,
            where.string() + ": tensor `"
                + (slot.hasPrefix ? std::string(m_architecture.prefix) : "") + slot.name
                + "` is missing; the config says it has shape " + shapeText(slot.shape)
                + ". The file may be incomplete or belong to another model.");
    }
    const TensorView& view = *m_files.find(name);
    const auto file = m_files.fileOf(name);
    // Packed numbers have another shape as well, so the type is the better reason.
    if (!isFloat(view.dtype))
        return fail(Error::Code::Unsupported,
            file->path().string() + ": tensor `" + name + "` has type "
                + std::string(view.typeName())
                + "; weights are read as F32, F16, BF16 or F64. Quantised files must be converted "
                  "first.");
    if (view.shape != slot.shape)
        return fail(Error::Code::InvalidFile,
            file->path().string() + ": tensor `" + name + "` has shape " + shapeText(view.shape)
                + ", the config says " + shapeText(slot.shape)
                + ". The file may belong to another model.");
    m_used.insert(name);
    return StoredWeight{
        slot, &view, file->owner(), file->path(), file->container() == "safetensors"};
}

/// Parts of a checkpoint that the language model does not run.
bool WeightFiles::isOfOtherParts(const std::string& name) const
{
    const auto& prefixes = m_architecture.ignoredPrefixes;
    return std::any_of(prefixes.begin(), prefixes.end(),
        [&](std::string_view prefix) { return name.starts_with(prefix); });
}

Result<void> WeightFiles::refuseQuantised() const
{
    // FP8 and compressed-tensors; GPTQ and AWQ; bitsandbytes.
    constexpr std::array<std::string_view, 8> kEnds{"_scale", "_scale_inv", "_scale_2", ".scales",
        ".qweight", "weight_packed", ".SCB", ".absmax"};
    for (const std::string& name : m_files.names()) {
        const bool isScale = std::any_of(
            kEnds.begin(), kEnds.end(), [&](std::string_view end) { return name.ends_with(end); });
        if (isScale && !m_used.contains(name) && !isOfOtherParts(name))
            return fail(Error::Code::Unsupported,
                m_files.fileOf(name)->path().string() + ": tensor `" + name
                    + "` lies beside the weights: they are quantised, and without their scales "
                      "they give wrong numbers. Quantised files must be converted first.");
    }
    return {};
}

void WeightFiles::warnOfUnused() const
{
    std::vector<std::string> unused;
    for (const std::string& name : m_files.names()) {
        const auto& suffixes = m_architecture.ignoredSuffixes;
        const auto& heads = m_architecture.otherUnembeddings;
        const bool isIgnored = name == m_architecture.unembedding
            || std::find(heads.begin(), heads.end(), name) != heads.end()
            || std::any_of(suffixes.begin(), suffixes.end(),
                [&](std::string_view suffix) { return name.ends_with(suffix); })
            || isOfOtherParts(name);
        if (!m_used.contains(name) && !isIgnored)
            unused.push_back(name);
    }
    if (!unused.empty())
        logWarning("{} tensors of the file are no part of a {} model and are not used, such as {}",
            unused.size(), m_architecture.modelType, unused.front());
}

} // namespace

Result<StoredWeights> findWeights(
    const std::filesystem::path& folder, ModelConfig& config, TransformerWeights& weights)
{
    auto files = CheckpointFiles::open(folder);
    if (!files)
        return fail(files.error());
    WeightFiles found(**files, *findArchitecture(config.modelType));
    std::vector<WeightSlot> slots = weightSlots(config, weights);
    if (!config.isTied && !found.has(slots.back())) {
        config.isTied = true;
        slots.pop_back();
    }
    StoredWeights stored{*files, {}};
    for (const WeightSlot& slot : slots) {
        auto one = found.find(slot);
        if (!one)
            return fail(one.error());
        stored.list.push_back(std::move(*one));
    }
    if (auto refused = found.refuseQuantised(); !refused)
        return fail(refused.error());
    found.warnOfUnused();
    return stored;
}

Result<void> readWeights(const std::filesystem::path& folder, ModelConfig& config,
    const Precision& precision, TransformerWeights& weights, const ProgressFn& progress,
    const std::stop_token& stop)
{
    const auto stored = findWeights(folder, config, weights);
    if (!stored)
        return fail(stored.error());
    // The self-check's reference goes through its map once, however large it is.
    if (!ReferenceScope::isActive()) {
        const MemoryNeed need = memoryNeed(*stored, config, precision);
        if (auto fits = checkFits(need, folder, config); !fits)
            return fits;
    }
    Progress state{"Opening " + config.name, 0, 0, "bytes"};
    for (const StoredWeight& weight : stored->list)
        state.total += static_cast<std::int64_t>(weight.view->bytes.size());
    for (const StoredWeight& weight : stored->list) {
        if (stop.stop_requested())
            return cancelled();
        if (auto placed = placeWeight(weight, config, precision); !placed)
            return placed;
        state.done += static_cast<std::int64_t>(weight.view->bytes.size());
        if (progress)
            progress(state);
    }
    bindSharedWeights(config, weights);
    return {};
}

} // namespace core
