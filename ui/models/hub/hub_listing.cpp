#include "ui/models/hub/hub_listing.h"

#include "ui/models/hub/hub_text.h"
#include "ui/models/hub/safe_path.h"

#include <algorithm>
#include <cmath>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

namespace ui {

namespace {

constexpr double kLargestSize = 1e15; // A petabyte: above it a size is a mistake or an attack.
constexpr std::size_t kMostFiles = 200'000;

QString notUnderstood(const QString& what)
{
    return hubText(
        "The server's answer is not the list of a repository (%1). Check the hub's address "
        "under Connection, and whether a sign-in page stands in between.")
        .arg(what);
}

QByteArray hex(const QJsonValue& value, qsizetype digits)
{
    const QByteArray text = value.toString().toLatin1().toLower();
    const bool isHex = std::all_of(text.cbegin(), text.cend(),
        [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    return isHex && text.size() == digits ? text : QByteArray();
}

} // namespace

HubResult<HubInfo> parseInfo(const QByteArray& json)
{
    const QJsonObject info = QJsonDocument::fromJson(json).object();
    const QByteArray commit = hex(info.value(QLatin1String("sha")), 40);
    if (commit.isEmpty())
        return tl::unexpected(notUnderstood(hubText("no commit")));
    QString name = info.value(QLatin1String("id")).toString();
    const auto address = HubAddress::parse(name);
    return HubInfo{address ? address->repository : QString(), QString::fromLatin1(commit)};
}

HubResult<void> addPage(HubListing& listing, const QByteArray& json)
{
    const QJsonDocument document = QJsonDocument::fromJson(json);
    if (!document.isArray())
        return tl::unexpected(notUnderstood(hubText("no array of files")));
    const QJsonArray entries = document.array();
    for (const auto& value : entries) {
        const QJsonObject entry = value.toObject();
        if (entry.value(QLatin1String("type")).toString() != QLatin1String("file"))
            continue;
        const QString path = entry.value(QLatin1String("path")).toString();
        if (!isSafeName(path)) {
            listing.refused << path;
            continue;
        }
        const QJsonObject large = entry.value(QLatin1String("lfs")).toObject();
        const double size
            = (large.isEmpty() ? entry : large).value(QLatin1String("size")).toDouble(-1.0);
        if (!(size >= 0.0 && size <= kLargestSize) || size != std::floor(size))
            return tl::unexpected(notUnderstood(hubText("%1 has no size").arg(path)));
        HubFile file{path, static_cast<qint64>(size), hex(large.value(QLatin1String("oid")), 64),
            hex(entry.value(QLatin1String("oid")), 40)};
        if (!large.isEmpty() && file.sha256.isEmpty())
            return tl::unexpected(notUnderstood(hubText("%1 has no checksum").arg(path)));
        listing.files.push_back(std::move(file));
    }
    if (listing.files.size() > kMostFiles)
        return tl::unexpected(
            hubText("The repository has more than 200,000 files. Name a folder inside it: "
                    "paste the address of the folder's page."));
    std::sort(listing.files.begin(), listing.files.end(),
        [](const HubFile& a, const HubFile& b) { return a.path < b.path; });
    const auto same = std::adjacent_find(listing.files.begin(), listing.files.end(),
        [](const HubFile& a, const HubFile& b) { return a.path == b.path; });
    if (same != listing.files.end())
        return tl::unexpected(notUnderstood(hubText("%1 is listed twice").arg(same->path)));
    return {};
}

QUrl nextPage(const QByteArray& linkHeader, const QUrl& page)
{
    static const QRegularExpression kNext(
        QStringLiteral("<([^>]*)>\\s*;[^,]*\\brel\\s*=\\s*\"?next\\b"));
    const auto match = kNext.match(QString::fromLatin1(linkHeader));
    return match.hasMatch() ? page.resolved(QUrl(match.captured(1))) : QUrl();
}

} // namespace ui
