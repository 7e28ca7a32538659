#pragma once

#include "core/base/result.h"
#include "core/files/checkpoint_files.h"

#include <string>

namespace core {

// Checkpoints may hold one tensor under several names: an unembedding beside the embedding it is
// tied to, a file saved with and without its prefix. Equal copies are no matter; of different ones
// a model can use one only.

/// Whether two tensors of the same files, of one shape, hold the same numbers, whatever types they
/// are stored in. Reads both up to the first difference, without keeping either in memory.
Result<bool> holdSameNumbers(
    const CheckpointFiles& files, const std::string& name, const std::string& copy);

} // namespace core
