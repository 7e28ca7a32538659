#include "ui/models/hub/hub_access.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>

namespace ui {

namespace {

constexpr qint64 kLongestToken = 4096;

/// The first variable that is set; both spellings of each are in use.
QString first(const QProcessEnvironment& variables, const QStringList& names)
{
    for (const QString& name : names) {
        for (const QString& spelled : {name, name.toUpper()}) {
            const QString value = variables.value(spelled).trimmed();
            if (!value.isEmpty())
                return value;
        }
    }
    return {};
}

bool isTrue(const QString& value)
{
    static const QStringList kTrue{
        QStringLiteral("1"), QStringLiteral("ON"), QStringLiteral("YES"), QStringLiteral("TRUE")};
    return kTrue.contains(value.toUpper());
}

} // namespace

HubAccess HubAccess::fromEnvironment(const QProcessEnvironment& variables)
{
    HubAccess result{.hub = defaultHub()};
    const QString hub = first(variables, {QStringLiteral("HF_ENDPOINT")});
    if (!hub.isEmpty())
        result.hub = QUrl(hub);
    result.token
        = first(variables, {QStringLiteral("HF_TOKEN"), QStringLiteral("HUGGING_FACE_HUB_TOKEN")});
    result.tokenFile = first(variables, {QStringLiteral("HF_TOKEN_PATH")});
    if (result.tokenFile.isEmpty()) {
        QString home = first(variables, {QStringLiteral("HF_HOME")});
        if (home.isEmpty()) {
            const QString cache = first(variables, {QStringLiteral("XDG_CACHE_HOME")});
            const QString user = variables.value(QStringLiteral("HOME"), QDir::homePath());
            home = (cache.isEmpty() ? user + QStringLiteral("/.cache") : cache)
                + QStringLiteral("/huggingface");
        }
        result.tokenFile = home + QStringLiteral("/token");
    }
    if (result.tokenFile.startsWith(QLatin1String("~/")))
        result.tokenFile
            = variables.value(QStringLiteral("HOME"), QDir::homePath()) + result.tokenFile.mid(1);
    if (isTrue(first(variables, {QStringLiteral("HF_HUB_DISABLE_IMPLICIT_TOKEN")}))) {
        result.token.clear();
        result.tokenFile.clear();
    }
    result.isOffline = isTrue(first(variables, {QStringLiteral("HF_HUB_OFFLINE")}))
        || isTrue(first(variables, {QStringLiteral("TRANSFORMERS_OFFLINE")}));
    result.httpProxy
        = first(variables, {QStringLiteral("http_proxy"), QStringLiteral("all_proxy")});
    result.httpsProxy
        = first(variables, {QStringLiteral("https_proxy"), QStringLiteral("all_proxy")});
    for (const QString& host :
        first(variables, {QStringLiteral("no_proxy")}).split(QLatin1Char(','), Qt::SkipEmptyParts))
        result.noProxy << host.trimmed();
    return result;
}

HubResult<void> HubAccess::override(
    const QString& address, const QString& secret, const QString& proxy)
{
    if (!address.trimmed().isEmpty())
        hub = QUrl(address.trimmed(), QUrl::StrictMode);
    if (!hub.isValid() || hub.host().isEmpty()
        || (hub.scheme() != QLatin1String("https") && hub.scheme() != QLatin1String("http")))
        return tl::unexpected(QCoreApplication::translate("ui::HubAccess",
            "The hub's address must be like https://host; it is set under Connection or in "
            "HF_ENDPOINT."));
    if (!secret.trimmed().isEmpty())
        token = secret.trimmed();
    if (!proxy.trimmed().isEmpty())
        httpProxy = httpsProxy = proxy.trimmed();
    return {};
}

QString readTokenFile(const QString& path)
{
    QFile file(path);
    if (path.isEmpty() || !file.open(QIODevice::ReadOnly))
        return {};
    return QString::fromLatin1(file.read(kLongestToken)).trimmed();
}

} // namespace ui
