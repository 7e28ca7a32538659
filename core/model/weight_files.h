#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/files/checkpoint_files.h"
#include "core/model/architectures.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <vector>

namespace core {

struct BlockFormat;

/// One tensor of a model and where its files hold it.
struct StoredWeight {
    WeightSlot slot;
    const TensorView* view = nullptr;
    std::shared_ptr<const void> owner; ///< What the bytes live in.
    std::filesystem::path path;
    bool isInMap = false; ///< The bytes lie in a mapped file, nowhere else.
    // How GGUF keeps a weight otherwise than a Hugging Face folder does.
    const BlockFormat* blocks = nullptr; ///< Null: numbers lie one by one, as view->dtype says.
    std::vector<std::int64_t> rowOrder{}; ///< Which row of the file each row is; empty: the same.
    bool isTurned = false; ///< [out, in] in the file, [in, out] in the slot.
    bool hasWholeGain = false; ///< Gemma's gain with its one already added.
};

/// A model's tensors, found in its files and checked: names, shapes and types. Nothing is kept yet.
struct StoredWeights {
    std::shared_ptr<const CheckpointFiles> files;
    std::vector<StoredWeight> list; ///< In the order of the pass.
    /// What a person must know of weights that lie there more than once, or not at all where the
    /// config says so. A sentence each; empty when all is as the config says.
    std::vector<std::string> notes;
};

/// `weights` is where the slots point to. A missing unembedding turns `config.isTied` on; one that
/// the config ties and that holds other numbers than the embedding turns it off. To know that,
/// copies under several names are read and compared.
Result<StoredWeights> findWeights(
    const std::filesystem::path& folder, ModelConfig& config, TransformerWeights& weights);

/// Fills `weights` from a Hugging Face folder or a GGUF model, one tensor at a time, in the form
/// that `precision` asks for. What does not fit into memory is refused before any is taken.
Result<void> readWeights(const std::filesystem::path& folder, ModelConfig& config,
    const Precision& precision, TransformerWeights& weights, const ProgressFn& progress,
    const std::stop_token& stop);

} // namespace core
