#pragma once

#include "core/api/swap.h"
#include "core/api/swap_test.h"

#include <cstdint>
#include <optional>
#include <vector>

#include <QAbstractTableModel>

namespace ui {

/// Pairs of the swap test, to be edited, each with its result once there is one. Editing a pair
/// takes its result away. Edits are asked for by editRequested; whoever owns the pairs answers with
/// setPairs, so that they can be undone.
class SwapTestModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        Prompt,
        Donor,
        Answer,
        Before,
        After,
        DonorAnswer,
        Swapped,
        ColumnCount
    };
    using Pairs = std::vector<core::SwapPair>;

    using QAbstractTableModel::QAbstractTableModel;

    const Pairs& pairs() const { return m_pairs; }
    void setPairs(Pairs pairs); ///< Pairs that were there before keep their results.
    /// Results of pairs that are still in the list; the others are dropped.
    void setResults(const core::SwapTestResult& result);
    void clearResults();
    bool hasResult(int row) const;
    int measuredCount() const;
    int swappedCount() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void editRequested(int row, const core::SwapPair& pair);

private:
    using Result = std::optional<core::SwapResult>;

    QString textOf(int row, int column) const;

    Pairs m_pairs;
    std::vector<Result> m_results; ///< One per pair.
};

} // namespace ui
