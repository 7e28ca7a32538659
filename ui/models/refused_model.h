#pragma once

#include "core/api/dictionary_info.h"
#include "ui/shared/row_model.h"

namespace ui {

/// Dictionaries that could not be opened beside others that could, each with the reason, whole as a
/// tooltip.
class RefusedModel : public RowModel<core::RefusedDictionary> {
    Q_OBJECT
public:
    explicit RefusedModel(QObject* parent = nullptr);

protected:
    QVariant more(const core::RefusedDictionary& one, int column, int role) const override;
};

} // namespace ui
