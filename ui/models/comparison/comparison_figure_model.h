#pragma once

#include "core/api/compare_dictionaries.h"
#include "ui/shared/row_model.h"

namespace ui {

/// One figure of both dictionaries.
struct ComparisonFigure {
    QString name, note, left, right;
};

/// The figures of two dictionaries side by side; those of their quality where it was measured.
class ComparisonFigureModel : public RowModel<ComparisonFigure> {
    Q_OBJECT
public:
    explicit ComparisonFigureModel(QObject* parent = nullptr);

    void setComparison(const core::DictionaryComparison& comparison);

protected:
    QVariant more(const ComparisonFigure& figure, int column, int role) const override;
};

} // namespace ui
