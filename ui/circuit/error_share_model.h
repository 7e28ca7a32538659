#pragma once

#include <vector>

#include <QAbstractTableModel>

namespace ui {

/// How much of the influence on the outputs comes from what each layer's dictionary does not
/// explain, the output side first.
class ErrorShareModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    void setShares(std::vector<float> shares); ///< By layer, 0 to 1.

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<float> m_shares;
    float m_largest = 0.0f;
};

} // namespace ui
