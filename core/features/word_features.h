#pragma once

#include "core/base/result.h"
#include "core/store/workspace_reader.h"
#include "core/store/workspace_writer.h"

#include <stop_token>

namespace core {

/// Lists for each word of the corpus's word vectors the features of a dictionary that say it most,
/// by their labels, promoted tokens and telling words as the workspace holds them: what search by
/// meaning looks through. To be done anew when labels were suggested anew. Does nothing where the
/// corpus has no word vectors, as after a harvest by an older program.
Result<void> storeWordFeatures(WorkspaceReader& reader, WorkspaceWriter& writer,
    const StoredDictionary& dictionary, std::stop_token stop = {});

} // namespace core
