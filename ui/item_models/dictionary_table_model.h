#pragma once

#include "core/engine/results.h"

#include <cstdint>
#include <map>
#include <string>

#include <QAbstractTableModel>

namespace ui {

/// The open dictionaries: what they are, and their quality on the user's own text once it was
/// measured.
class DictionaryTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        Name,
        Kind,
        Hook,
        Size,
        Harvest,
        L0,
        Fvu,
        CeIncrease,
        CeScore,
        Dead,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    /// Forgets the quality of dictionaries that are no longer open.
    void setDictionaries(std::vector<core::DictionaryInfo> dictionaries);
    void setQuality(const core::DictionaryQuality& quality);
    void clearQuality();
    const core::DictionaryInfo* at(int row) const; ///< Null out of range.
    QString toTable() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString cellText(const core::DictionaryInfo& info, int column) const;

    std::vector<core::DictionaryInfo> m_dictionaries;
    std::map<std::string, core::DictionaryQuality> m_quality;
};

} // namespace ui
