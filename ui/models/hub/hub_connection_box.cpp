#include "ui/models/hub/hub_connection_box.h"

#include "ui/style/metrics.h"

#include <QFormLayout>
#include <QLineEdit>

namespace ui {

HubConnectionBox::HubConnectionBox(Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_settings(settings)
    , m_environment(HubAccess::fromEnvironment(QProcessEnvironment::systemEnvironment()))
    , m_address(makeField(SettingKey::HubAddress, QStringLiteral("hubAddress"), tr("Hub address")))
    , m_token(makeField(SettingKey::HubToken, QStringLiteral("hubToken"), tr("Token")))
    , m_proxy(makeField(SettingKey::HubProxy, QStringLiteral("hubProxy"), tr("Proxy")))
{
    m_address->setPlaceholderText(m_environment.hub.toDisplayString());
    m_token->setEchoMode(QLineEdit::Password);
    m_token->setPlaceholderText(m_environment.token.isEmpty()
            ? tr("Needed only for gated and private repositories")
            : tr("From HF_TOKEN"));
    m_token->setToolTip(
        tr("Sent to the hub's address only. Kept in the preferences file, which only "
           "you can read."));
    m_proxy->setPlaceholderText(
        m_environment.httpsProxy.isEmpty() && m_environment.httpProxy.isEmpty()
            ? tr("None; http://host:port or socks5://host:port")
            : tr("From http_proxy and https_proxy"));
    auto* form = new QFormLayout(this);
    form->setContentsMargins(pad(this), 0, 0, 0);
    form->addRow(tr("Hub &address"), m_address);
    form->addRow(tr("&Token"), m_token);
    form->addRow(tr("Pro&xy"), m_proxy);
}

QLineEdit* HubConnectionBox::makeField(
    SettingKey key, const QString& name, const QString& accessibleName)
{
    auto* field = new QLineEdit(m_settings->value(key).toString(), this);
    field->setObjectName(name);
    field->setAccessibleName(accessibleName);
    connect(field, &QLineEdit::editingFinished, this, &HubConnectionBox::remember);
    return field;
}

void HubConnectionBox::remember()
{
    m_settings->setValue(SettingKey::HubAddress, m_address->text().trimmed());
    m_settings->setValue(SettingKey::HubToken, m_token->text().trimmed());
    m_settings->setValue(SettingKey::HubProxy, m_proxy->text().trimmed());
}

HubResult<HubAccess> HubConnectionBox::access()
{
    remember(); // A field may still be in the middle of its editing.
    HubAccess access = m_environment;
    if (const auto set = access.override(m_address->text(), m_token->text(), m_proxy->text()); !set)
        return tl::unexpected(set.error());
    return access;
}

} // namespace ui
