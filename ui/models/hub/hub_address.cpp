#include "ui/models/hub/hub_address.h"

#include "ui/models/hub/hub_text.h"

#include <algorithm>

#include <QRegularExpression>
#include <QStringList>

namespace ui {

namespace {

/// One part of a repository's name, as the hub allows it.
bool isName(const QString& part)
{
    static const QRegularExpression kName(QStringLiteral("\\A[A-Za-z0-9_][A-Za-z0-9._-]{0,95}\\z"));
    return kName.match(part).hasMatch() && !part.contains(QLatin1String(".."));
}

bool isRevision(const QString& revision)
{
    static const QRegularExpression kRevision(QStringLiteral("\\A[A-Za-z0-9._/-]{1,200}\\z"));
    return kRevision.match(revision).hasMatch() && !revision.contains(QLatin1String(".."))
        && !revision.startsWith(QLatin1Char('/')) && !revision.endsWith(QLatin1Char('/'));
}

QString encoded(const QString& text, const char* keep)
{
    return QString::fromLatin1(QUrl::toPercentEncoding(text, keep));
}

QUrl below(const QUrl& hub, const QString& encodedPath)
{
    QUrl url(hub);
    QString base = url.path(QUrl::FullyEncoded);
    while (base.endsWith(QLatin1Char('/')))
        base.chop(1);
    url.setPath(base + encodedPath, QUrl::TolerantMode);
    url.setQuery(QString());
    return url;
}

HubResult<QStringList> partsOfPage(const QString& text)
{
    const QUrl url(text, QUrl::StrictMode);
    if (!url.isValid() || url.host().isEmpty())
        return tl::unexpected(hubText("“%1” is not a page address.").arg(text));
    QStringList parts = url.path(QUrl::FullyDecoded).split(QLatin1Char('/'), Qt::SkipEmptyParts);
    for (const char* other : {"datasets", "spaces", "docs", "papers", "collections"}) {
        if (!parts.isEmpty() && parts.first() == QLatin1String(other))
            return tl::unexpected(
                hubText("“%1” is not a model repository. Models and dictionaries are "
                        "kept under owner/name.")
                    .arg(text));
    }
    if (parts.size() > 1 && parts.at(0) == QLatin1String("api")
        && parts.at(1) == QLatin1String("models"))
        parts = parts.mid(2);
    return parts;
}

} // namespace

QUrl defaultHub()
{
    return QUrl(QStringLiteral("https://huggingface.co"));
}

HubResult<HubAddress> HubAddress::parse(const QString& text)
{
    QString input = text.trimmed();
    HubAddress address{.revision = QStringLiteral("main")};
    QStringList parts;
    if (input.contains(QLatin1String("://"))) {
        const auto page = partsOfPage(input);
        if (!page)
            return tl::unexpected(page.error());
        parts = *page;
        static const QStringList kMarks{QStringLiteral("tree"), QStringLiteral("blob"),
            QStringLiteral("resolve"), QStringLiteral("raw")};
        // "owner/name/tree/main/folder"; a repository without an owner has the mark one earlier.
        const auto mark = std::find_if(parts.cbegin() + std::min<qsizetype>(1, parts.size()),
            parts.cend(), [](const QString& part) { return kMarks.contains(part); });
        if (mark != parts.cend()) {
            const auto at = static_cast<qsizetype>(mark - parts.cbegin());
            const bool isFile = *mark != QLatin1String("tree");
            if (at + 1 < parts.size())
                address.revision = parts.at(at + 1);
            address.folder = parts.mid(at + 2).join(QLatin1Char('/'));
            if (isFile) // Of a file's page the folder counts.
                address.folder.truncate(
                    std::max<qsizetype>(0, address.folder.lastIndexOf(QLatin1Char('/'))));
            parts = parts.mid(0, at);
        }
        parts = parts.mid(0, 2); // "owner/name/discussions" and the like.
    } else {
        const auto at = input.indexOf(QLatin1Char('@'));
        if (at >= 0) {
            address.revision = input.mid(at + 1);
            input.truncate(at);
        }
        parts = input.split(QLatin1Char('/'));
    }
    if (parts.isEmpty() || parts.size() > 2 || !std::all_of(parts.cbegin(), parts.cend(), isName))
        return tl::unexpected(
            hubText("“%1” is not the name of a repository. Write owner/name, for "
                    "example openai-community/gpt2, or paste the address of its page.")
                .arg(text.trimmed()));
    if (!isRevision(address.revision))
        return tl::unexpected(hubText(
            "“%1” is not a revision. Write a branch, a tag or a commit; main is the usual one.")
                                  .arg(address.revision));
    address.repository = parts.join(QLatin1Char('/'));
    return address;
}

QUrl HubAddress::infoUrl(const QUrl& hub) const
{
    return below(
        hub, QStringLiteral("/api/models/%1/revision/%2").arg(repository, encoded(revision, "")));
}

QUrl HubAddress::treeUrl(const QUrl& hub) const
{
    QString path = QStringLiteral("/api/models/%1/tree/%2").arg(repository, encoded(revision, ""));
    if (!folder.isEmpty())
        path += QLatin1Char('/') + encoded(folder, "/");
    QUrl url = below(hub, path);
    url.setQuery(QStringLiteral("recursive=true"));
    return url;
}

QUrl HubAddress::fileUrl(const QUrl& hub, const QString& path) const
{
    return below(hub,
        QStringLiteral("/%1/resolve/%2/%3")
            .arg(repository, encoded(revision, ""), encoded(path, "/")));
}

} // namespace ui
