#include "ui/shared/token_effect_model.h"

#include <algorithm>
#include <cmath>

namespace ui {

namespace {
double valueOf(const core::LogitEffect& effect)
{
    return static_cast<double>(effect.effect);
}
} // namespace

TokenEffectModel::TokenEffectModel(
    const QString& valueTitle, const QString& valueNote, QObject* parent)
    : RowModel(
        {
            {tr("Token"), {},
                [](const core::LogitEffect& effect) { return visibleToken(effect.text); }},
            {valueTitle, {},
                [](const core::LogitEffect& effect) { return formatNumber(valueOf(effect)); }, {},
                [this](const core::LogitEffect& effect) {
                    return m_scale > 0.0 ? valueOf(effect) / m_scale : 0.0;
                }},
        },
        parent)
    , m_valueNote(valueNote)
{
}

void TokenEffectModel::setEffects(std::vector<core::LogitEffect> effects, double scale)
{
    m_scale = scale;
    for (const core::LogitEffect& effect : effects)
        m_scale = scale > 0.0 ? scale : std::max(m_scale, std::fabs(valueOf(effect)));
    setRows(std::move(effects));
}

QString TokenEffectModel::toTable() const
{
    QString text;
    for (const core::LogitEffect& effect : rows())
        text += QStringLiteral("%1\t%2\n").arg(toQString(effect.text)).arg(valueOf(effect));
    return text;
}

QVariant TokenEffectModel::more(const core::LogitEffect& effect, int /*column*/, int role) const
{
    return role == Qt::ToolTipRole ? QVariant(
               tr("“%1”: %2 %3")
                   .arg(visibleToken(effect.text), formatNumber(valueOf(effect), 4), m_valueNote))
                                   : QVariant();
}

} // namespace ui
