#pragma once

#include "ui/models/memory_cost_model.h"
#include "ui/session/settings.h"

#include <QDialog>

class QLabel;
class QPushButton;
class QTableView;

namespace ui {

class Notice;

/// What a model is and what each way of opening it costs, before anything is loaded. The best way
/// that fits is chosen already; one that does not fit is shown with its figures and cannot be
/// opened.
class OpenModelDialog : public QDialog {
    Q_OBJECT
public:
    /// `device` and `dtype` are what is wished: a remembered choice, or the preferences.
    OpenModelDialog(const core::ModelInfo& info, const QString& device, const QString& dtype,
        Settings* settings, QWidget* parent = nullptr);
    ~OpenModelDialog() override; ///< Remembers its size.

    /// The chosen way; null when the engine named none, and its own way is taken.
    const core::MemoryCost* choice() const;

private:
    void updateChoice();

    MemoryCostModel* m_costs;
    Settings* m_settings;
    QTableView* m_table;
    Notice* m_note;
    QPushButton* m_open;
};

} // namespace ui
