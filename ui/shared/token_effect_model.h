#pragma once

#include "core/api/feature_card.h"

#include <QAbstractTableModel>

namespace ui {

/// Tokens and how much a feature raises or lowers their logits; or next tokens with probabilities.
class TokenEffectModel : public QAbstractTableModel {
    Q_OBJECT
public:
    explicit TokenEffectModel(
        const QString& valueTitle, const QString& valueNote, QObject* parent = nullptr);

    /// `scale` gives a full bar; 0 = the largest here.
    void setEffects(std::vector<core::LogitEffect> effects, double scale = 0.0);
    QString toTable() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<core::LogitEffect> m_effects;
    QString m_valueTitle, m_valueNote;
    double m_scale = 1.0;
};

} // namespace ui
