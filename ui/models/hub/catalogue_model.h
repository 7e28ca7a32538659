#pragma once

#include "ui/models/hub/catalogue.h"
#include "ui/shared/row_model.h"

namespace ui {

/// The entries of a catalogue, one a row: what comes, under which licence, and what it takes.
class CatalogueModel : public RowModel<CatalogueEntry> {
    Q_OBJECT
public:
    enum Column : std::uint8_t { Name, With, Parameters, Licence, Download, Memory, ColumnCount };

    explicit CatalogueModel(std::vector<CatalogueEntry> entries, QObject* parent = nullptr);

    void setFreeMemory(qint64 bytes); ///< 0 = not known.

protected:
    QVariant more(const CatalogueEntry& entry, int column, int role) const override;

private:
    QString memoryText(const CatalogueEntry& entry) const;

    qint64 m_freeMemory = 0;
};

} // namespace ui
