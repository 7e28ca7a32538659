#pragma once

#include "core/api/dictionary_info.h"

#include <cstdint>
#include <vector>

#include <QAbstractTableModel>

namespace ui {

/// The open dictionaries and what they are. A warning stands as an icon at the name (and at the
/// base model, when that is what the warning is about) and as tooltip.
class DictionaryTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        Name,
        Kind,
        Architecture,
        Layer,
        Hook,
        InputWidth,
        Features,
        BaseModel,
        Precision,
        Format,
        Harvest,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setDictionaries(std::vector<core::DictionaryInfo> dictionaries);
    const core::DictionaryInfo* at(int row) const; ///< Null out of range.

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<core::DictionaryInfo> m_dictionaries;
};

} // namespace ui
