#pragma once

#include "core/api/find_concept.h"
#include "ui/shared/row_model.h"

#include <cstdint>

#include <QCoreApplication>

namespace ui {

/// The features that tell prompts with a concept from prompts without it, best first.
class ConceptFeatureModel : public RowModel<core::ConceptFeature> {
    Q_DECLARE_TR_FUNCTIONS(ConceptFeatureModel)
public:
    enum Column : std::uint8_t {
        Feature,
        Layer,
        Score,
        ShareWith,
        ShareWithout,
        MeanWith,
        MeanWithout
    };

    explicit ConceptFeatureModel(QObject* parent = nullptr);

protected:
    QVariant more(const core::ConceptFeature& feature, int column, int role) const override;
};

} // namespace ui
