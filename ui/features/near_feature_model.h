#pragma once

#include "core/api/feature_card.h"

#include <QAbstractTableModel>

namespace ui {

/// Features whose decoder directions are most like one feature's.
class NearFeatureModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    void setFeatures(std::vector<core::NearFeature> features);
    core::FeatureRef featureAt(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<core::NearFeature> m_features;
};

} // namespace ui
