#pragma once

#include "core/api/model_info.h"
#include "ui/shared/row_model.h"

#include <cstdint>
#include <vector>

namespace ui {

/// The ways of opening a model, one a row: what each takes in memory and whether it fits.
class MemoryCostModel : public RowModel<core::MemoryCost> {
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
        Note
    };

    explicit MemoryCostModel(std::vector<core::MemoryCost> costs, QObject* parent = nullptr);

    /// The fitting row for what is wished: that device ("auto" takes a graphics card first) in that
    /// precision, else the first that fits; -1 when none does.
    int bestRow(const QString& device, const QString& dtype) const;
    /// Exactly this way, when it fits; -1 otherwise.
    int fittingRow(const QString& device, const QString& dtype) const;

protected:
    QVariant more(const core::MemoryCost& cost, int column, int role) const override;
};

} // namespace ui
