#include "ui/shared/token_effect_model.h"

#include "ui/shared/bar_delegate.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>

namespace ui {

TokenEffectModel::TokenEffectModel(
    const QString& valueTitle, const QString& valueNote, QObject* parent)
    : QAbstractTableModel(parent)
    , m_valueTitle(valueTitle)
    , m_valueNote(valueNote)
{
}

void TokenEffectModel::setEffects(std::vector<core::LogitEffect> effects, double scale)
{
    beginResetModel();
    m_effects = std::move(effects);
    m_scale = scale;
    for (const core::LogitEffect& effect : m_effects)
        m_scale = scale > 0.0 ? scale
                              : std::max(m_scale, std::fabs(static_cast<double>(effect.effect)));
    endResetModel();
}

QString TokenEffectModel::toTable() const
{
    QString text;
    for (const core::LogitEffect& effect : m_effects)
        text += QStringLiteral("%1\t%2\n")
                    .arg(toQString(effect.text))
                    .arg(static_cast<double>(effect.effect));
    return text;
}

int TokenEffectModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_effects);
}

int TokenEffectModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : 2;
}

QVariant TokenEffectModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const core::LogitEffect& effect = m_effects[static_cast<std::size_t>(index.row())];
    if (role == Qt::DisplayRole)
        return index.column() == 0 ? visibleToken(effect.text)
                                   : formatNumber(static_cast<double>(effect.effect));
    if (role == BarDelegate::kBarRole && index.column() == 1)
        return m_scale > 0.0 ? static_cast<double>(effect.effect) / m_scale : 0.0;
    if (role == Qt::ToolTipRole)
        return tr("“%1”: %2 %3")
            .arg(visibleToken(effect.text), formatNumber(static_cast<double>(effect.effect), 4),
                m_valueNote);
    return {};
}

QVariant TokenEffectModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || role != Qt::DisplayRole)
        return {};
    return section == 0 ? tr("Token") : m_valueTitle;
}

} // namespace ui
