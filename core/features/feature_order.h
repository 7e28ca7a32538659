#pragma once

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/store/feature_record.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace core {

/// How texts of features are sorted: without case and white space before them.
std::string sortedAs(const std::string& text);

/// What to keep of the features and how to arrange them.
struct FeatureOrderQuery {
    enum class SortBy : std::uint8_t {
        Index,
        Density,
        MaxActivation,
        Label,
        Promotes,
        OutputScore,
        LabelScore
    };

    SortBy sortBy = SortBy::MaxActivation;
    bool descending = true;
    bool hideDead = true; ///< Only where a harvest tells what is dead.
    bool isLabelledOnly = false; ///< Labels by a person.
    double minDensity = 0.0;
    double maxDensity = 1.0;
    double minOutputScore = 0.0; ///< Above 0 those whose score is unknown are left out too.
};

/// One dictionary to take part.
struct FeatureOrderSource {
    std::string dictionary;
    std::shared_ptr<const FeatureColumns> columns;
    bool isHarvested = true;
    std::map<FeatureId, Label> labels; ///< Needed to sort or filter by label.
    std::map<FeatureId, std::string> promoted; ///< Needed to sort by promoted tokens.
    std::optional<std::set<FeatureId>> among; ///< Only these.
    std::vector<float> labelScores; ///< Needed to sort by them; NaN where there is none.
};

/// The features of some dictionaries that match a query, in order: row 0 is the first to show.
/// Equal ones keep the order of the dictionaries and rows; features without the text or the score
/// that is sorted by come after those with one.
///
/// Immutable, so a table can keep one while the next is being built. Takes 4 bytes a feature, at
/// most 4 billion.
class FeatureOrder {
public:
    /// Runs on the reader thread; ten million features take under a second.
    /// Returns Cancelled soon after `stop` is asked for.
    static Result<std::shared_ptr<const FeatureOrder>> build(
        const std::vector<FeatureOrderSource>& sources, const FeatureOrderQuery& query,
        std::stop_token stop = {});

    std::int64_t size() const { return static_cast<std::int64_t>(m_rows.size()); }
    FeatureRef at(std::int64_t row) const;

private:
    std::vector<std::uint32_t> m_rows; ///< Counted through all sources.
    std::vector<std::pair<std::uint32_t, std::string>>
        m_sources; ///< First row of each, and its name.
};

} // namespace core
