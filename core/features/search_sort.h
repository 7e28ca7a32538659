#pragma once

#include "core/features/search.h"

#include <vector>

namespace core {

/// Arranges the hits as the query says. Equal ones stay in the order of the match; without a text
/// or number they come last, whichever way.
void sortHits(std::vector<SearchHit>& hits, const SearchQuery& query,
    const std::vector<StoredDictionary>& dictionaries);

} // namespace core
