#pragma once

#include "tests/ui/models/hub/http_server.h"

#include "ui/models/hub/hub_listing.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include <QTemporaryDir>
#include <QTest>

#include <gtest/gtest.h>

namespace tests {

/// A hub with one repository, "lab/tiny", and a second server where its large files are kept, as
/// the real one has.
class FakeHub {
public:
    static constexpr auto kCommit = "0123456789abcdef0123456789abcdef01234567";

    FakeHub();

    void addFile(const QString& path, const QByteArray& content);
    void addLargeFile(const QString& path, const QByteArray& content);
    const QByteArray& content(const QString& path) const { return m_files.at(path).content; }

    QUrl url() const { return m_hub.url(); }
    HttpServer& hub() { return m_hub; }
    HttpServer& storage() { return m_storage; }

    /// Looked at first, by both servers: an answer given here replaces the right one.
    std::function<std::optional<HttpAnswer>(const HttpRequest&)> before;
    int filesPerPage = 1000;
    QByteArray extraEntries; ///< JSON put in front of the first page's.

    /// The bytes asked for, with a range if one was asked for and the If-Range fits.
    static HttpAnswer serve(
        const HttpRequest& request, const QByteArray& content, const QByteArray& etag);
    QByteArray etag(const QString& path) const;
    ui::HubFile entry(const QString& path) const; ///< As the listing would say.

private:
    struct File {
        QByteArray content;
        bool isLarge = false;
    };
    HttpAnswer fromHub(const HttpRequest& request);
    HttpAnswer fromStorage(const HttpRequest& request);
    HttpAnswer tree(const HttpRequest& request) const;

    std::map<QString, File> m_files;
    HttpServer m_storage;
    HttpServer m_hub;
};

/// A folder, a hub, and a way to wait.
class HubTest : public ::testing::Test {
protected:
    static bool await(const std::function<bool()>& isDone)
    {
        return QTest::qWaitFor(isDone, 30'000);
    }
    QString place(const QString& path) const { return folder.path() + QLatin1Char('/') + path; }
    static QByteArray bytesAt(const QString& path);
    static void write(const QString& path, const QByteArray& bytes);
    static QByteArray noise(int size, unsigned seed = 1);
    QStringList filesThere() const; ///< All below the folder, sorted.

    QTemporaryDir folder;
    FakeHub hub;
};

} // namespace tests
