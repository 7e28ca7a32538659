#pragma once

#include "core/api/find_concept.h"

#include <cstdint>
#include <memory>

#include <QAbstractTableModel>

namespace ui {

/// The features that tell prompts with a concept from prompts without it, best first.
class ConceptFeatureModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        Feature,
        Layer,
        Score,
        ShareWith,
        ShareWithout,
        MeanWith,
        MeanWithout,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setFeatures(std::shared_ptr<const core::ConceptFeatures> features); ///< Null empties it.
    const core::ConceptFeature* at(int row) const; ///< Null out of range.

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::shared_ptr<const core::ConceptFeatures> m_features;
};

} // namespace ui
