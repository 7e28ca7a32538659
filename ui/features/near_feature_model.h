#pragma once

#include "core/api/feature_card.h"
#include "ui/shared/row_model.h"

namespace ui {

/// Features whose decoder directions are most like one feature's.
class NearFeatureModel : public RowModel<core::NearFeature> {
    Q_OBJECT
public:
    explicit NearFeatureModel(QObject* parent = nullptr);

    core::FeatureRef featureAt(int row) const;

protected:
    QVariant more(const core::NearFeature& near, int column, int role) const override;
};

} // namespace ui
