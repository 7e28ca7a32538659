#pragma once

#include "ui/session/settings.h"

#include <utility>
#include <vector>

#include <QDialog>
#include <QStringList>

class QPushButton;

namespace app {

/// Made from the table of settings: a setting added there appears here. Changes act at once; a
/// reset can be taken back as long as nothing else was changed. Enter and Escape close. Scrolls
/// where the text is too large for the screen.
class PreferencesDialog : public QDialog {
    Q_OBJECT
public:
    /// `devices` are those that the engine has ("cpu", "cuda:0"); empty while it is not known.
    PreferencesDialog(
        ui::Settings* settings, const QStringList& devices, QWidget* parent = nullptr);

private:
    QWidget* makeEditor(const ui::SettingInfo& info);
    QStringList choicesOf(const ui::SettingInfo& info) const;
    bool hasCard() const { return !m_devices.filter(QStringLiteral("cuda")).isEmpty(); }
    void reset();
    void undoReset();

    ui::Settings* m_settings;
    QStringList m_devices;
    QPushButton* m_reset;
    QPushButton* m_undo;
    std::vector<std::pair<ui::SettingKey, QVariant>> m_before; ///< What the last reset replaced.
    bool m_isResetting = false;
};

} // namespace app
