#include "ui/models/refused_model.h"

#include "ui/style/icons.h"

namespace ui {

RefusedModel::RefusedModel(QObject* parent)
    : RowModel(
        {
            {tr("Dictionary"), tr("What it would be called; its tooltip is where it lies"),
                [](const core::RefusedDictionary& one) { return toQString(one.name); }},
            {tr("Why not"), tr("What is wrong with it, and what to do"),
                [](const core::RefusedDictionary& one) { return toQString(one.reason); }},
        },
        parent)
{
}

QVariant RefusedModel::more(const core::RefusedDictionary& one, int column, int role) const
{
    if (role == Qt::DecorationRole && column == 0)
        return icon(Icon::Warning);
    if (role == Qt::ToolTipRole)
        return toQString(column == 0 ? one.path : one.reason);
    return {};
}

} // namespace ui
