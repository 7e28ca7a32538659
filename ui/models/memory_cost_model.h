#pragma once

#include "core/api/model_info.h"

#include <cstdint>
#include <vector>

#include <QAbstractTableModel>

namespace ui {

/// The ways of opening a model, one a row: what each takes in memory and whether it fits.
class MemoryCostModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        Device,
        Precision,
        Total,
        Free,
        Fits,
        InFile,
        Converted,
        KvCache,
        Activations,
        Note,
        ColumnCount
    };

    explicit MemoryCostModel(std::vector<core::MemoryCost> costs, QObject* parent = nullptr);

    const core::MemoryCost* at(int row) const; ///< Null out of range.
    /// The fitting row for what is wished: that device ("auto" takes a graphics card first) in that
    /// precision, else the first that fits; -1 when none does.
    int bestRow(const QString& device, const QString& dtype) const;
    /// Exactly this way, when it fits; -1 otherwise.
    int fittingRow(const QString& device, const QString& dtype) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<core::MemoryCost> m_costs;
};

} // namespace ui
