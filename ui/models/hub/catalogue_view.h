#pragma once

#include "ui/models/hub/catalogue.h"

#include <QWidget>

class QLabel;
class QPushButton;
class QTableView;

namespace ui {

class CatalogueModel;

/// Real models with what fits them, one a row: chosen here, the rest goes by itself.
class CatalogueView : public QWidget {
    Q_OBJECT
public:
    explicit CatalogueView(std::vector<CatalogueEntry> entries, QWidget* parent = nullptr);

    void setFreeMemory(qint64 bytes); ///< Of this machine; 0 = not known.
    void setRunning(bool isRunning); ///< Nothing can be asked for meanwhile.

Q_SIGNALS:
    void asked(const ui::CatalogueEntry& entry);

private:
    const CatalogueEntry* current() const;
    void showCurrent();
    void ask();

    CatalogueModel* m_model;
    QTableView* m_table;
    QLabel* m_about;
    QPushButton* m_get;
    bool m_isRunning = false;
};

} // namespace ui
