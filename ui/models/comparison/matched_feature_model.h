#pragma once

#include "core/api/compare_dictionaries.h"
#include "ui/shared/row_model.h"

#include <cstdint>

namespace ui {

/// Features of one dictionary, each with the one of the other that it is most like.
class MatchedFeatureModel : public RowModel<core::MatchedFeature> {
    Q_OBJECT
public:
    enum Column : std::uint8_t { Feature, Label, Other, Cosine, Mutual, Density, OtherDensity };

    explicit MatchedFeatureModel(QObject* parent = nullptr);
};

/// Sorts by a column; unknown densities come last either way.
void sortMatches(
    std::vector<core::MatchedFeature>& matches, MatchedFeatureModel::Column by, bool isDescending);

} // namespace ui
