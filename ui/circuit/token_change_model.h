#pragma once

#include "core/api/token_info.h"

#include <string>
#include <vector>

#include <QAbstractTableModel>
#include <QStringList>

namespace ui {

/// Next tokens and their probabilities in several runs side by side ("before", "after"): the union
/// of each run's most probable tokens. A token missing from a run's list shows "<" the least
/// probability of that list.
class TokenChangeModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    void setRuns(const QStringList& names, const std::vector<std::vector<core::NextToken>>& runs,
        int perRun = 5);
    QString toTable() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        std::string token;
        std::vector<float> probabilities; ///< One per run; negative: below -value.
    };

    QStringList m_names;
    std::vector<Row> m_rows;
};

/// "0.98", "0.004": a probability as it is said in a sentence.
QString probabilityText(float probability);

} // namespace ui
