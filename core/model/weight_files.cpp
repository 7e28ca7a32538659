#include "core/model/weight_files.h"

#include "core/base/log.h"
#include "core/files/gguf_file.h"
#include "core/model/gguf_weights.h"
#include "core/model/resources.h"
#include "core/model/stored_copies.h"
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
    bool has(const WeightSlot& slot) const { return !storedNames(slot).empty(); }
    /// Whether `embedding` is tied by the config to an unembedding that lies in the files with
    /// numbers of its own. Files that hold the unembedding alone keep the embedding in it.
    Result<bool> hasOwnHead(const WeightSlot& embedding);
    void noteMissingHead(const WeightSlot& head);
    /// What a person must know of tensors that lie in the files more than once.
    std::vector<std::string> takeNotes();
    /// Scales beside the weights, by which they would have to be multiplied, are refused.
    Result<void> refuseQuantised() const;
    void warnOfUnused() const;

private:
    bool isOfOtherParts(const std::string& name) const;
    bool isComparable(const std::string& name, const WeightSlot& slot) const;
    std::vector<std::string> headNames() const;
    std::vector<std::string> possibleNames(const WeightSlot& slot) const;
    std::vector<std::string> stored(std::vector<std::string> names) const; ///< In the files.
    /// Those of the possible names that the files have, the one that counts first.
    std::vector<std::string> storedNames(const WeightSlot& slot) const;
    Result<void> compareCopies(const WeightSlot& slot, const std::vector<std::string>& names);
    void note(const std::string& name, const std::string& sentence);

    const CheckpointFiles& m_files;
    const Architecture& m_architecture;
    bool m_isEmbeddedByHead = false; ///< The files keep the embedding under the head's name alone.
    std::set<std::string> m_used;
    std::vector<std::string> m_notes;
    std::vector<std::pair<std::string, std::string>> m_differing; ///< Used, and not used.
};

bool isEmbedding(const WeightSlot& slot)
{
    return slot.role == WeightRole::Embedding && slot.linear && slot.hasPrefix;
}

std::vector<std::string> WeightFiles::headNames() const
{
    std::vector<std::string> names{std::string(m_architecture.unembedding)};
    for (const std::string_view other : m_architecture.otherUnembeddings)
        names.emplace_back(other);
    if (!m_architecture.prefix.empty())
        names.push_back(std::string(m_architecture.prefix) + names.front());
    return names;
}

std::vector<std::string> WeightFiles::possibleNames(const WeightSlot& slot) const
{
    if (!slot.hasPrefix)
        return headNames();
    std::vector<std::string> names{std::string(m_architecture.prefix) + slot.name};
    for (const std::string_view prefix : m_architecture.otherPrefixes)
        names.push_back(std::string(prefix) + slot.name);
    if (isEmbedding(slot)) {
        // As families with two stacks name the embedding that both share.
        for (const char* shared : {"shared.weight", "encoder.embed_tokens.weight",
                 "decoder.embed_tokens.weight", "model.shared.weight",
                 "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"})
            names.emplace_back(shared);
        if (m_isEmbeddedByHead)
            for (std::string& head : headNames())
                names.push_back(std::move(head));
    }
    return names;
}

std::vector<std::string> WeightFiles::stored(std::vector<std::string> names) const
{
    std::erase_if(names, [this](const std::string& name) { return m_files.find(name) == nullptr; });
    return names;
}

std::vector<std::string> WeightFiles::storedNames(const WeightSlot& slot) const
{
    return stored(possibleNames(slot));
}

bool WeightFiles::isComparable(const std::string& name, const WeightSlot& slot) const
{
    const TensorView& view = *m_files.find(name);
    return isFloat(view.dtype) && view.shape == slot.shape;
}

void WeightFiles::note(const std::string& name, const std::string& sentence)
{
    m_notes.push_back(m_files.fileOf(name)->path().string() + ": " + sentence);
}

Result<bool> WeightFiles::hasOwnHead(const WeightSlot& embedding)
{
    const std::vector<std::string> heads = stored(headNames());
    const std::vector<std::string> names = storedNames(embedding);
    if (heads.empty())
        return false;
    if (names.empty()) {
        m_isEmbeddedByHead = true;
        return false;
    }
    const std::string &head = heads.front(), &name = names.front();
    if (!isComparable(name, embedding))
        return false; // `find` says what is wrong with it.
    if (!isComparable(head, embedding)) {
        const TensorView& view = *m_files.find(head);
        note(head,
            "`" + head + "` (" + std::string(view.typeName()) + ", shape " + shapeText(view.shape)
                + ") is not used: the config ties the unembedding to the embedding `" + name
                + "`, which has shape " + shapeText(embedding.shape) + ".");
        return false;
    }
    const auto isSame = holdSameNumbers(m_files, name, head);
    if (!isSame)
        return fail(isSame.error());
    if (!*isSame)
        note(head,
            "the config ties the unembedding to the embedding (tie_word_embeddings), but `" + head
                + "` holds other numbers than `" + name + "`. The stored `" + head
                + "` is used; a program that follows the config gives other logits.");
    return !*isSame;
}

void WeightFiles::noteMissingHead(const WeightSlot& head)
{
    const auto names = m_files.names();
    if (!names.empty())
        note(names.front(),
            "the config does not tie the unembedding to the embedding, but no `" + head.name
                + "` is stored. The embedding is used in its place.");
}

Result<void> WeightFiles::compareCopies(
    const WeightSlot& slot, const std::vector<std::string>& names)
{
    for (std::size_t i = 1; i < names.size(); ++i) {
        m_used.insert(names[i]);
        bool isSame = false;
        if (isComparable(names[i], slot)) {
            const auto compared = holdSameNumbers(m_files, names.front(), names[i]);
            if (!compared)
                return fail(compared.error());
            isSame = *compared;
        }
        if (!isSame)
            m_differing.emplace_back(names.front(), names[i]);
    }
    return {};
}

std::vector<std::string> WeightFiles::takeNotes()
{
    if (!m_differing.empty()) {
        const auto& [used, unused] = m_differing.front();
        const std::size_t more = m_differing.size() - 1;
        note(unused,
            "`" + unused + "` differs from `" + used + "`, a second name for the same weight. `"
                + used + "` is used"
                + (more == 0 ? "." : ", and so with " + std::to_string(more) + " more."));
    }
    return std::move(m_notes);
}

Result<StoredWeight> WeightFiles::find(const WeightSlot& slot)
{
    const std::vector<std::string> names = storedNames(slot);
    if (names.empty()) {
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
    const std::string& name = names.front();
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
    if (auto compared = compareCopies(slot, names); !compared)
        return fail(compared.error());
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
    const std::vector<std::string> heads = headNames();
    const auto& suffixes = m_architecture.ignoredSuffixes;
    for (const std::string& name : m_files.names()) {
        const bool isIgnored = std::find(heads.begin(), heads.end(), name) != heads.end()
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
    if (GgufFile::isGguf(folder))
        return findGgufWeights(folder, config, weights);
    auto files = CheckpointFiles::open(folder);
    if (!files)
        return fail(files.error());
    WeightFiles found(**files, *findArchitecture(config.modelType));
    std::vector<WeightSlot> slots = weightSlots(config, weights);
    if (config.isTied) {
        const auto hasOwnHead = found.hasOwnHead(slots.front());
        if (!hasOwnHead)
            return fail(hasOwnHead.error());
        if (*hasOwnHead) {
            config.isTied = false;
            slots = weightSlots(config, weights);
        }
    } else if (!found.has(slots.back())) {
        found.noteMissingHead(slots.back());
        config.isTied = true;
        slots.pop_back();
    }
    StoredWeights stored{*files, {}, {}};
    for (const WeightSlot& slot : slots) {
        auto one = found.find(slot);
        if (!one)
            return fail(one.error());
        stored.list.push_back(std::move(*one));
    }
    if (auto refused = found.refuseQuantised(); !refused)
        return fail(refused.error());
    found.warnOfUnused();
    stored.notes = found.takeNotes();
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
        if (auto fits = checkFits(need, *stored, folder, config); !fits)
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
