#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/store/workspace_reader.h"
#include "core/store/workspace_writer.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// How a map of decoder directions is made (docs/definitions.md section 4.5).
struct FeatureMapSettings {
    std::int64_t landmarks = 20'000; ///< Of more features these are laid out, the others put among.
    int dimensions = 32; ///< Principal components that neighbours are sought in.
    int neighbours = 15;
    int epochs = 200;
    std::uint64_t seed = 1;
};

struct DirectionMap {
    std::vector<StoredMap> dictionaries; ///< As given; NaN where a feature is left out.
    std::int64_t mapped = 0;
    std::int64_t landmarks = 0; ///< Fewer than `mapped`: the others stand among their nearest.
    std::string method; ///< A sentence.
};

/// A place in the plane for every decoder direction of several dictionaries together, so that
/// features that write alike stand together, whatever their layer. `isMapped` [dictionary][feature]
/// leaves some out (dead ones: their directions say nothing). Dictionaries whose vectors are of
/// another length than the first one's are left out whole. Time grows with landmarks squared times
/// `dimensions`, and with features times landmarks; 20,000 landmarks take half a minute on two
/// cores.
Result<DirectionMap> mapDirections(const Dictionaries& dictionaries,
    const std::vector<std::vector<char>>& isMapped, const FeatureMapSettings& settings = {},
    std::stop_token stop = {}, const ProgressFn& progress = {});

/// The map of those dictionaries that a workspace has a harvest of, stored there in place of the
/// one before. Nothing to map (no harvest) is no error: `mapped` is 0 and nothing is stored.
Result<DirectionMap> storeFeatureMap(const Dictionaries& dictionaries, WorkspaceReader& reader,
    WorkspaceWriter& writer, const FeatureMapSettings& settings = {}, std::stop_token stop = {},
    const ProgressFn& progress = {});

} // namespace core
