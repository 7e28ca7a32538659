#include "ui/circuit/error_share_model.h"

#include <algorithm>

namespace ui {

ErrorShareModel::ErrorShareModel(QObject* parent)
    : RowModel(
        {{tr("Errors of"), {}, [](const ErrorShare& row) { return tr("layer %1").arg(row.layer); },
             {}, {}},
            {tr("Influence"), {}, [](const ErrorShare& row) { return formatPercent(row.share); },
                kNumberAlignment, [](const ErrorShare& row) { return row.bar; }}},
        parent)
{
}

void ErrorShareModel::setShares(const std::vector<float>& shares)
{
    const float largest
        = shares.empty() ? 0.0f : std::max(0.0f, *std::max_element(shares.begin(), shares.end()));
    std::vector<ErrorShare> rows;
    for (int layer = countOf(shares) - 1; layer >= 0; --layer) { // as in the graph: output above
        const auto share = static_cast<double>(shares[static_cast<std::size_t>(layer)]);
        rows.push_back({layer, share, largest > 0 ? share / static_cast<double>(largest) : 0.0});
    }
    setRows(std::move(rows));
}

QVariant ErrorShareModel::more(const ErrorShare& row, int column, int role) const
{
    return role == Qt::ToolTipRole && column == 1
        ? tr("The error nodes of layer %1 carry %2 of the influence on the outputs")
              .arg(QString::number(row.layer), formatPercent(row.share))
        : QVariant();
}

} // namespace ui
