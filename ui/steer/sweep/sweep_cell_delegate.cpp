#include "ui/steer/sweep/sweep_cell_delegate.h"

#include "ui/steer/sweep/sweep_grid_model.h"

namespace ui {

void SweepCellDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const auto* model = qobject_cast<const SweepGridModel*>(index.model());
    if (!model || !model->sweep())
        return;
    paintSweepCell(*painter, option.rect, model->look(index), option.palette, option.font,
        option.state.testFlag(QStyle::State_Selected));
}

} // namespace ui
