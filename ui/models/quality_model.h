#pragma once

#include "core/api/evaluate.h"
#include "ui/shared/row_model.h"

#include <cstdint>

namespace ui {

/// What was measured of dictionaries on one text, one dictionary a row.
class QualityModel : public RowModel<core::DictionaryQuality> {
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        Name,
        L0,
        Fvu,
        ExplainedVariance,
        CeRecovered,
        CeIncrease,
        Kl,
        Cosine,
        LengthRatio,
        Dead,
        Tokens
    };

    explicit QualityModel(QObject* parent = nullptr);

protected:
    QVariant more(const core::DictionaryQuality& quality, int column, int role) const override;
};

} // namespace ui
