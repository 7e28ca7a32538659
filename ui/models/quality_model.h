#pragma once

#include "core/api/evaluate.h"

#include <cstdint>
#include <vector>

#include <QAbstractTableModel>

namespace ui {

/// What was measured of dictionaries on one text, one dictionary a row.
class QualityModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        Name,
        L0,
        Fvu,
        ExplainedVariance,
        CeRecovered,
        CeIncrease,
        Kl,
        Dead,
        Tokens,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    void clear();
    void add(const core::DictionaryQuality& quality);
    const core::DictionaryQuality* at(int row) const; ///< Null out of range.

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<core::DictionaryQuality> m_rows;
};

} // namespace ui
