#pragma once

#include "ui/session/settings.h"

#include <QDialog>

class QFormLayout;

namespace app {

/// Made from the table of settings: a setting added there appears here. Changes act at once.
class PreferencesDialog : public QDialog {
    Q_OBJECT
public:
    explicit PreferencesDialog(ui::Settings* settings, QWidget* parent = nullptr);

private:
    QWidget* makeEditor(const ui::SettingInfo& info);

    ui::Settings* m_settings;
};

} // namespace app
