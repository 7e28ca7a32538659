#pragma once

#include "core/dictionary/dictionary.h"
#include "core/files/stable_hash.h"

#include <string>

namespace core {

/// Changes when a dictionary is another or was trained on: evidence belongs to weights, not to a
/// name or a place on the disk. Reads small dictionaries whole, of large ones every bias and a few
/// megabytes of the matrices.
std::string weightsHash(const Dictionary& dictionary);

} // namespace core
