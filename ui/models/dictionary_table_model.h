#pragma once

#include "core/api/dictionary_info.h"
#include "ui/shared/row_model.h"

#include <cstdint>

namespace ui {

/// The open dictionaries and what they are. A warning stands as an icon at the name (and at the
/// base model, when that is what the warning is about) and as tooltip.
class DictionaryTableModel : public RowModel<core::DictionaryInfo> {
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
        Harvest
    };

    explicit DictionaryTableModel(QObject* parent = nullptr);

protected:
    QVariant more(const core::DictionaryInfo& info, int column, int role) const override;
};

} // namespace ui
