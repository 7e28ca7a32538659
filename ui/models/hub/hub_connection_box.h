#pragma once

#include "ui/models/hub/hub_access.h"
#include "ui/session/settings.h"

#include <QWidget>

class QLineEdit;

namespace ui {

/// How to reach the hub, for those whom the environment does not serve: address, token, proxy.
/// Remembered in the settings; empty fields follow the environment.
class HubConnectionBox : public QWidget {
    Q_OBJECT
public:
    explicit HubConnectionBox(Settings* settings, QWidget* parent = nullptr);

    HubResult<HubAccess> access(); ///< Environment and fields together.

private:
    void remember();
    QLineEdit* makeField(SettingKey key, const QString& name, const QString& accessibleName);

    Settings* m_settings;
    HubAccess m_environment;
    QLineEdit* m_address;
    QLineEdit* m_token;
    QLineEdit* m_proxy;
};

} // namespace ui
