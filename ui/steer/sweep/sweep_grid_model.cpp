#include "ui/steer/sweep/sweep_grid_model.h"

#include "ui/steer/sweep/sweep_rows.h"
#include "ui/steer/sweep/sweep_text.h"
#include "ui/style/text.h"

namespace ui {

void SweepGridModel::setSweep(Shared<core::Sweep> sweep)
{
    beginResetModel();
    m_sweep = std::move(sweep);
    endResetModel();
}

SweepCellLook SweepGridModel::look(const QModelIndex& index) const
{
    return sweepCellLook(*m_sweep, index.row(), index.column());
}

int SweepGridModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_sweep ? 0 : countOf(m_sweep->cells);
}

int SweepGridModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_sweep ? 0 : countOf(m_sweep->request.strengths);
}

QVariant SweepGridModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || !m_sweep)
        return {};
    const core::SweepCell& cell = m_sweep->cells[static_cast<std::size_t>(index.row())]
                                                [static_cast<std::size_t>(index.column())];
    const auto title = [&] { return cellTitle(*m_sweep, index.row(), index.column()); };
    switch (role) {
    case Qt::DisplayRole:
        return inOneLine(cell.text);
    case Qt::ToolTipRole:
        return QStringLiteral("%1\n%2").arg(
            title(), cellFigures(cell, &m_sweep->normal, m_sweep->request.samples));
    case Qt::AccessibleTextRole: {
        const SweepCellLook shown = look(index);
        QStringList parts{title(), tr("%1 on topic").arg(shareText(cell.onTopic))};
        if (shown.isSweetSpot)
            parts << tr("sweet spot");
        if (shown.isIsoKl)
            parts << tr("iso-KL");
        if (!cell.isWhole)
            parts << tr("broken");
        return parts.join(QStringLiteral(", ")) + QStringLiteral(": ") + shown.text;
    }
    default:
        return {};
    }
}

QVariant SweepGridModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (!m_sweep)
        return {};
    if (orientation == Qt::Horizontal) {
        if (role == Qt::DisplayRole)
            return sweepStrength(m_sweep->request, section);
        if (role == Qt::ToolTipRole)
            return tr("Strength. With ×: times the largest activation that the harvest saw of a "
                      "feature; of Orthogonal, times the part that is there. Without: activation "
                      "units.");
        return {};
    }
    const auto& row = m_sweep->request.rows[static_cast<std::size_t>(section)];
    if (role == Qt::DisplayRole)
        return toQString(row.name).replace(QString::fromUtf16(kNameParts), QStringLiteral("\n"));
    if (role == Qt::ToolTipRole) {
        QString text = toQString(row.name) + QLatin1Char('\n') + isoKlSentence(*m_sweep, section);
        if (row.guard)
            text += QLatin1Char('\n')
                + tr("Guard: %1 nats per token, peak %2 nats")
                      .arg(formatNumber(row.guard->meanKl), formatNumber(row.guard->peakKl));
        return text;
    }
    return {};
}

} // namespace ui
