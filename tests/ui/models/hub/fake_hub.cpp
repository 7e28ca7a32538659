#include "tests/ui/models/hub/fake_hub.h"

#include <random>

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QUrlQuery>

namespace tests {

namespace {

QString sha256(const QByteArray& content)
{
    return QString::fromLatin1(
        QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex());
}

QString gitId(const QByteArray& content)
{
    const QByteArray blob
        = "blob " + QByteArray::number(content.size()) + QByteArray(1, '\0') + content;
    return QString::fromLatin1(QCryptographicHash::hash(blob, QCryptographicHash::Sha1).toHex());
}

const QByteArray kRepository("lab/tiny");

} // namespace

FakeHub::FakeHub()
    : m_storage([this](const HttpRequest& request) { return fromStorage(request); })
    , m_hub([this](const HttpRequest& request) { return fromHub(request); })
{
}

void FakeHub::addFile(const QString& path, const QByteArray& content)
{
    m_files[path] = {content, false};
}

void FakeHub::addLargeFile(const QString& path, const QByteArray& content)
{
    m_files[path] = {content, true};
}

QByteArray FakeHub::etag(const QString& path) const
{
    return '"' + gitId(content(path)).toLatin1() + '"';
}

ui::HubFile FakeHub::entry(const QString& path) const
{
    const File& file = m_files.at(path);
    return {path, file.content.size(),
        file.isLarge ? sha256(file.content).toLatin1() : QByteArray(),
        gitId(file.content).toLatin1()};
}

HttpAnswer FakeHub::serve(
    const HttpRequest& request, const QByteArray& content, const QByteArray& etag)
{
    HttpAnswer answer{.headers = {{"ETag", etag}, {"Accept-Ranges", "bytes"}}, .body = content};
    const QByteArray range = request.header("Range"), guard = request.header("If-Range");
    if (range.isEmpty() || (!guard.isEmpty() && guard != etag))
        return answer;
    const qint64 start = range.mid(QByteArray("bytes=").size()).chopped(1).toLongLong();
    if (start >= content.size())
        return {.status = 416};
    answer.status = 206;
    answer.body = content.mid(start);
    answer.headers.emplace_back("Content-Range",
        "bytes " + QByteArray::number(start) + '-' + QByteArray::number(content.size() - 1) + '/'
            + QByteArray::number(content.size()));
    return answer;
}

HttpAnswer FakeHub::tree(const HttpRequest& request) const
{
    const QString folder = QString::fromUtf8(request.path()).section(QLatin1Char('/'), 7);
    QJsonArray entries;
    for (const auto& [path, file] : m_files) {
        if (!folder.isEmpty() && !path.startsWith(folder + QLatin1Char('/')))
            continue;
        QJsonObject entry{{QStringLiteral("type"), QStringLiteral("file")},
            {QStringLiteral("path"), path}, {QStringLiteral("oid"), gitId(file.content)},
            {QStringLiteral("size"), file.content.size()}};
        if (file.isLarge)
            entry[QStringLiteral("lfs")]
                = QJsonObject{{QStringLiteral("oid"), sha256(file.content)},
                    {QStringLiteral("size"), file.content.size()},
                    {QStringLiteral("pointerSize"), 134}};
        entries.append(entry);
    }
    const QUrl url = QUrl::fromEncoded(request.target);
    const int start = QUrlQuery(url).queryItemValue(QStringLiteral("cursor")).toInt();
    QJsonArray page;
    for (int i = start; i < std::min<int>(start + filesPerPage, static_cast<int>(entries.size()));
         ++i)
        page.append(entries.at(i));
    HttpAnswer answer{.headers = {{"Content-Type", "application/json"}},
        .body = QJsonDocument(page).toJson(QJsonDocument::Compact)};
    if (start == 0 && !extraEntries.isEmpty())
        answer.body.insert(1, extraEntries + (page.isEmpty() ? "" : ","));
    if (start + filesPerPage < entries.size())
        answer.headers.emplace_back("Link",
            "<" + m_hub.url().toEncoded() + request.path() + "?recursive=true&cursor="
                + QByteArray::number(start + filesPerPage) + ">; rel=\"next\"");
    return answer;
}

HttpAnswer FakeHub::fromHub(const HttpRequest& request)
{
    if (before) {
        if (const auto answer = before(request))
            return *answer;
    }
    const QByteArray path = request.path();
    const QByteArray api = "/api/models/" + kRepository;
    if (path == api + "/revision/main" || path == api + "/revision/" + kCommit)
        return {.body = "{\"id\":\"" + kRepository + "\",\"sha\":\"" + kCommit + "\"}"};
    if (path.startsWith(api + "/revision/"))
        return {.status = 404, .headers = {{"X-Error-Code", "RevisionNotFound"}}};
    if (path.startsWith(api + "/tree/" + kCommit))
        return tree(request);
    const QByteArray files = '/' + kRepository + "/resolve/" + kCommit + '/';
    if (path.startsWith(files)) {
        const QString name = QString::fromUtf8(path.mid(files.size()));
        const auto file = m_files.find(name);
        if (file == m_files.end())
            return {.status = 404, .headers = {{"X-Error-Code", "EntryNotFound"}}};
        if (!file->second.isLarge)
            return serve(request, file->second.content, etag(name));
        return {.status = 302,
            .headers = {{"Location", m_storage.url().toEncoded() + "/bucket/" + name.toUtf8()},
                {"X-Linked-Size", QByteArray::number(file->second.content.size())}},
            .body = "Found. Redirecting."};
    }
    return {.status = 404, .headers = {{"X-Error-Code", "RepoNotFound"}}};
}

HttpAnswer FakeHub::fromStorage(const HttpRequest& request)
{
    if (before) {
        if (const auto answer = before(request))
            return *answer;
    }
    const QString name = QString::fromUtf8(request.path().mid(QByteArray("/bucket/").size()));
    const auto file = m_files.find(name);
    return file == m_files.end() ? HttpAnswer{.status = 404}
                                 : serve(request, file->second.content, etag(name));
}

QByteArray HubTest::bytesAt(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(not there)");
}

void HubTest::write(const QString& path, const QByteArray& bytes)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly)) << path.toStdString();
    ASSERT_EQ(file.write(bytes), bytes.size());
}

QByteArray HubTest::noise(int size, unsigned seed)
{
    static std::map<std::pair<int, unsigned>, QByteArray> made; // The same bytes serve many tests.
    QByteArray& bytes = made[{size, seed}];
    if (bytes.isEmpty()) {
        std::mt19937 random(seed);
        bytes.resize(size);
        for (char& byte : bytes)
            byte = static_cast<char>(random());
    }
    return bytes;
}

QStringList HubTest::filesThere() const
{
    QStringList found;
    QDirIterator files(
        folder.path(), QDir::Files | QDir::Hidden | QDir::System, QDirIterator::Subdirectories);
    while (files.hasNext())
        found << QDir(folder.path()).relativeFilePath(files.next());
    found.sort();
    return found;
}

} // namespace tests
