#pragma once

#include "core/api/feature_card.h"
#include "ui/shared/row_model.h"

namespace ui {

/// Tokens and how much a feature raises or lowers their logits; or next tokens with probabilities.
class TokenEffectModel : public RowModel<core::LogitEffect> {
    Q_OBJECT
public:
    TokenEffectModel(
        const QString& valueTitle, const QString& valueNote, QObject* parent = nullptr);

    /// `scale` gives a full bar; 0 = the largest here.
    void setEffects(std::vector<core::LogitEffect> effects, double scale = 0.0);
    QString toTable() const;

protected:
    QVariant more(const core::LogitEffect& effect, int column, int role) const override;

private:
    QString m_valueNote;
    double m_scale = 1.0;
};

} // namespace ui
