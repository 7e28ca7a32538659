#pragma once

#include "core/dictionary/dictionary.h"
#include "core/engine/feature_rows.h"

#include <map>
#include <string>
#include <utility>

namespace core {

/// Rows by feature, each looked up once: hundreds of pairs change the same features.
class CachedRows {
public:
    explicit CachedRows(RowLookup row)
        : m_row(std::move(row))
    {
    }

    const FeatureRow& of(const Dictionary& dictionary, FeatureId feature)
    {
        const FeatureRef ref{dictionary.config().name, feature};
        const auto [place, isNew] = m_rows.try_emplace(ref);
        if (isNew) {
            place->second = m_row(ref);
            place->second.feature = ref;
            place->second.layer = dictionary.config().hookIn.layer;
        }
        return place->second;
    }

private:
    RowLookup m_row;
    std::map<FeatureRef, FeatureRow> m_rows;
};

/// The error of one of many: says which.
template <typename T>
tl::unexpected<Error> failAt(const Result<T>& result, const std::string& which)
{
    Error error = result.error();
    if (error.code != Error::Code::Cancelled)
        error.message = which + ": " + error.message;
    return fail(std::move(error));
}

} // namespace core
