#pragma once

#include "ui/shared/row_model.h"

#include <vector>

#include <QCoreApplication>

namespace ui {

struct ErrorShare {
    int layer = 0;
    double share = 0.0; ///< 0 to 1.
    double bar = 0.0; ///< Of the largest share.
};

/// How much of the influence on the outputs comes from what each layer's dictionary does not
/// explain, the output side first.
class ErrorShareModel : public RowModel<ErrorShare> {
    Q_DECLARE_TR_FUNCTIONS(ErrorShareModel)
public:
    explicit ErrorShareModel(QObject* parent = nullptr);

    void setShares(const std::vector<float>& shares); ///< By layer, 0 to 1.

protected:
    QVariant more(const ErrorShare& row, int column, int role) const override;
};

} // namespace ui
