#pragma once

#include "core/api/dictionary_info.h"
#include "core/api/evaluate.h"
#include "ui/shared/row_model.h"

#include <cstdint>
#include <map>
#include <string>

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
        Quality,
        Hook,
        InputWidth,
        Features,
        BaseModel,
        Precision,
        Format,
        Harvest
    };

    explicit DictionaryTableModel(QObject* parent = nullptr);

    void setQuality(const core::DictionaryQuality& quality); ///< Of the dictionary of its name.
    void forgetQualities();
    const core::DictionaryQuality* quality(const std::string& dictionary) const; ///< Or null.

protected:
    QVariant more(const core::DictionaryInfo& info, int column, int role) const override;

private:
    std::map<std::string, core::DictionaryQuality> m_qualities;
};

/// "FVU 0.083, 98 % of the loss recovered, L0 17.5, on 42 tokens".
QString qualityInWords(const core::DictionaryQuality& quality);

} // namespace ui
