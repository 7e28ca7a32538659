#pragma once

#include "core/api/feature_sequence.h"
#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/store/feature_record.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
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

/// The density above which a feature fires everywhere, for one dictionary: as much above the upper
/// quartile of those that fire as Tukey's fence says, on the scale of logarithms (Q3 (Q3/Q1)^1.5),
/// but between 2 % and 50 % of all tokens. 1 where fewer than four features fire.
double everywhereFrom(const std::vector<float>& density);

/// One dictionary to take part. Columns that the query does not ask for may be null.
struct FeatureOrderSource {
    std::string dictionary;
    std::size_t size = 0;
    FeatureColumn density = {}; ///< To sort or filter by.
    FeatureColumn max = {}; ///< To sort by.
    FeatureColumn outputScore = {}; ///< To sort or filter by; empty where it was never computed.
    bool isHarvested = true;
    std::map<FeatureId, Label> labels = {}; ///< Needed to sort or filter by label.
    std::map<FeatureId, std::string> promoted = {}; ///< Needed to sort by promoted tokens.
    std::optional<std::set<FeatureId>> among = {}; ///< Only these.
    /// Features above are left out and counted; 1 for none.
    double everywhereFrom = 1.0;
    std::vector<float> labelScores = {}; ///< Needed to sort by them; NaN where there is none.
};

/// The features of some dictionaries that match a query, in order: row 0 is the first to show.
/// Equal ones keep the order of the dictionaries and rows; features without the text or the score
/// that is sorted by come after those with one.
///
/// Takes 4 bytes a feature, at most 4 billion, and holds the column it sorts by where that is one
/// that lists keep anyway. By such a number it is
/// sorted coarsely when it is built and the rest of the way where somebody looks: a few thousand
/// rows, a fraction of a millisecond. May be read from any thread.
class FeatureOrder : public FeatureSequence::Order {
public:
    /// Runs on the reader thread; ten million features take a tenth of a second by a number, under
    /// a second by a text. Returns Cancelled soon after `stop` is asked for.
    static Result<std::shared_ptr<const FeatureOrder>> build(
        std::vector<FeatureOrderSource> sources, const FeatureOrderQuery& query,
        std::stop_token stop = {});

    std::int64_t size() const override { return static_cast<std::int64_t>(m_rows.size()); }
    FeatureRef at(std::int64_t row) const override;
    std::int64_t rowOf(const FeatureRef& feature) const override;
    std::int64_t hiddenEverywhere() const { return m_hiddenEverywhere; }
    /// What it takes of memory, with the column it sorts by.
    std::size_t bytes() const;

private:
    struct Source {
        std::uint32_t first = 0, size = 0;
        std::string dictionary;
        FeatureColumn sortedBy; ///< Null where the rows are sorted already.
    };

    const Source& sourceOf(std::uint32_t feature) const;
    std::uint32_t keyOf(std::uint32_t feature) const;
    void sortPartOf(std::size_t row) const; ///< Under the lock.

    mutable std::mutex m_mutex;
    mutable std::vector<std::uint32_t> m_rows; ///< Counted through all sources.
    std::vector<std::uint32_t> m_partBegins; ///< Row; the last is the end.
    mutable std::vector<char> m_isPartSorted;
    std::vector<Source> m_sources;
    bool m_isDescending = true;
    std::int64_t m_hiddenEverywhere = 0;
};

} // namespace core
