#include "ui/models/hub/file_download.h"

#include "tests/ui/models/hub/fake_hub.h"

#include <csignal>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include <QTcpServer>

namespace {

using tests::FakeHub;
using tests::HttpAnswer;
using tests::HttpRequest;
using ui::FileDownload;
using ui::FileState;

constexpr int kDownload = 3'000'000;

class FileDownloadTest : public tests::HubTest {
protected:
    FileDownloadTest()
    {
        hub.addFile(QStringLiteral("config.json"), "{\"model_type\": \"gpt2\"}\n");
        hub.addLargeFile(QStringLiteral("model.safetensors"), noise(kDownload));
        access.hub = hub.url();
        access.retries = {.attempts = 3, .second = std::chrono::milliseconds(1)};
    }

    /// Runs one download to its end; the message of a failure, empty when all is right.
    QString run(const ui::HubFile& file)
    {
        const ui::HubSubject subject{.address = {QStringLiteral("lab/tiny"), commit, {}},
            .hub = access.hub,
            .hasToken = !access.token.isEmpty()};
        FileDownload download(&network, access, subject, file, folder.path(), nullptr);
        bool isOver = false;
        QString message;
        QObject::connect(&download, &FileDownload::finished, &download, [&] { isOver = true; });
        QObject::connect(&download, &FileDownload::failed, &download, [&](const QString& text) {
            isOver = true;
            message = text;
        });
        download.start();
        EXPECT_TRUE(await([&] { return isOver; }));
        EXPECT_EQ(download.state(), message.isEmpty() ? FileState::Done : FileState::Waiting);
        received = download.received();
        return message;
    }
    QString run(const QString& path) { return run(hub.entry(path)); }

    /// What a stopped download of the large file leaves.
    void leavePart(const QByteArray& bytes, const QByteArray& etag)
    {
        write(place(large + QStringLiteral(".part")), bytes);
        write(place(large + QStringLiteral(".part.note")),
            hub.entry(large).sha256 + '\n' + etag + '\n');
    }
    void expectWhole(const QString& path)
    {
        EXPECT_EQ(bytesAt(place(path)), hub.content(path));
        EXPECT_EQ(filesThere(), QStringList{path}) << "nothing but the file may be left";
    }

    const QString commit = QString::fromLatin1(FakeHub::kCommit);
    const QString large = QStringLiteral("model.safetensors");
    const QString small = QStringLiteral("config.json");
    QNetworkAccessManager network;
    ui::HubAccess access;
    qint64 received = 0;
};

TEST_F(FileDownloadTest, SmallFilesComeFromTheHubAndTheirGitIdIsChecked)
{
    // The id is what `git hash-object` says of these bytes.
    hub.addFile(QStringLiteral("sub dir/hello.txt"), "hello\n");
    ui::HubFile file = hub.entry(QStringLiteral("sub dir/hello.txt"));
    ASSERT_EQ(file.gitId, QByteArray("ce013625030ba8dba906f756967f9e9ca394464a"));
    EXPECT_EQ(run(file), QString());
    expectWhole(QStringLiteral("sub dir/hello.txt"));
    EXPECT_EQ(hub.storage().requests().size(), 0u);
    EXPECT_EQ(hub.hub().requests().at(0).header("accept-encoding"), QByteArray("identity"));
}

TEST_F(FileDownloadTest, AnEmptyFileIsAFile)
{
    hub.addFile(QStringLiteral("empty"), QByteArray());
    EXPECT_EQ(run(QStringLiteral("empty")), QString());
    expectWhole(QStringLiteral("empty"));
}

TEST_F(FileDownloadTest, LargeFilesAreFollowedToTheStorageWithoutTheToken)
{
    access.token = QStringLiteral("hf_secret");
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    EXPECT_EQ(received, kDownload);
    ASSERT_EQ(hub.hub().requests().size(), 1u);
    EXPECT_EQ(hub.hub().requests()[0].header("authorization"), QByteArray("Bearer hf_secret"));
    ASSERT_EQ(hub.storage().requests().size(), 1u);
    for (const auto& [name, value] : hub.storage().requests()[0].headers)
        EXPECT_FALSE(value.contains("secret")) << name.toStdString();
}

TEST_F(FileDownloadTest, ACutConnectionGoesOnWhereItStopped)
{
    int cuts = 0;
    hub.before = [&](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (!request.path().startsWith("/bucket/") || cuts == 2)
            return {};
        HttpAnswer answer = FakeHub::serve(request, hub.content(large), hub.etag(large));
        answer.announced = answer.body.size();
        answer.body.truncate(1'000'000);
        answer.isCut = true;
        ++cuts;
        return answer;
    };
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    EXPECT_EQ(received, kDownload) << "no byte came twice";
    const auto& requests = hub.storage().requests();
    ASSERT_EQ(requests.size(), 3u);
    EXPECT_EQ(requests[0].header("range"), QByteArray());
    EXPECT_EQ(requests[1].header("range"), QByteArray("bytes=1000000-"));
    EXPECT_EQ(requests[1].header("if-range"), hub.etag(large));
    EXPECT_EQ(requests[2].header("range"), QByteArray("bytes=2000000-"));
}

TEST_F(FileDownloadTest, APartOfAnEarlierStartGoesOnAndIsHashedWhole)
{
    leavePart(hub.content(large).left(1'234'567), hub.etag(large));
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    EXPECT_EQ(received, kDownload - 1'234'567);
    EXPECT_EQ(hub.storage().requests().at(0).header("range"), QByteArray("bytes=1234567-"));
    EXPECT_EQ(hub.storage().requests().at(0).header("if-range"), hub.etag(large));
}

TEST_F(FileDownloadTest, AWholePartNeedsNoRequest)
{
    leavePart(hub.content(large), hub.etag(large));
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    EXPECT_TRUE(hub.hub().requests().empty());
}

TEST_F(FileDownloadTest, APartOfAnotherContentIsNotUsed)
{
    write(place(large + QStringLiteral(".part")), noise(5000, 7));
    write(place(large + QStringLiteral(".part.note")), QByteArray(64, 'a') + "\n\"x\"\n");
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    EXPECT_EQ(hub.storage().requests().at(0).header("range"), QByteArray());
    EXPECT_EQ(received, kDownload);
}

TEST_F(FileDownloadTest, AServerThatIgnoresTheRangeStartsAnew)
{
    leavePart(hub.content(large).left(1'000'000), QByteArray());
    hub.before = [&](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (request.path().startsWith("/bucket/"))
            return HttpAnswer{.body = hub.content(large)};
        return {};
    };
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    EXPECT_EQ(hub.storage().requests().at(0).header("range"), QByteArray("bytes=1000000-"));
    EXPECT_EQ(received, kDownload);
}

TEST_F(FileDownloadTest, AChangedETagStartsAnew)
{
    leavePart(noise(1'000'000, 9), "\"of an older upload\"");
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    EXPECT_EQ(hub.storage().requests().at(0).header("if-range"), "\"of an older upload\"");
    EXPECT_EQ(received, kDownload);
}

TEST_F(FileDownloadTest, ADamagedPartIsFoundByTheChecksumAndFetchedOnceMore)
{
    leavePart(noise(1'000'000, 9), hub.etag(large));
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    ASSERT_EQ(hub.storage().requests().size(), 2u);
    EXPECT_EQ(hub.storage().requests()[1].header("range"), QByteArray());
}

TEST_F(FileDownloadTest, APartThatTheServerRefusesToContinueStartsAnew)
{
    leavePart(hub.content(large).left(1'000'000), hub.etag(large));
    hub.before = [&](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (request.path().startsWith("/bucket/") && !request.header("range").isEmpty())
            return HttpAnswer{.status = 416};
        return {};
    };
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
}

TEST_F(FileDownloadTest, AnotherRangeThanAskedForIsNotWritten)
{
    leavePart(hub.content(large).left(1'000'000), hub.etag(large));
    hub.before = [&](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (!request.path().startsWith("/bucket/"))
            return {};
        return HttpAnswer{.status = 206,
            .headers = {{"Content-Range", "bytes 999999-2999999/3000000"}},
            .body = hub.content(large).mid(999'999)};
    };
    EXPECT_TRUE(run(large).contains(QLatin1String("another piece")));
    EXPECT_EQ(bytesAt(place(large + QStringLiteral(".part"))), hub.content(large).left(1'000'000));
}

TEST_F(FileDownloadTest, AWrongChecksumIsThrownAwayAndSaid)
{
    hub.before = [&](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (request.path().startsWith("/bucket/"))
            return HttpAnswer{.body = noise(kDownload, 3)};
        return {};
    };
    EXPECT_TRUE(run(large).contains(QLatin1String("checksum")));
    EXPECT_FALSE(QFileInfo::exists(place(large)));
    EXPECT_EQ(QFileInfo(place(large + QStringLiteral(".part"))).size(), 0);
    hub.before = [&](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (request.path().endsWith("config.json"))
            return HttpAnswer{.body = QByteArray(hub.content(small).size(), ' ')};
        return {};
    };
    EXPECT_TRUE(run(small).contains(QLatin1String("checksum")));
    EXPECT_FALSE(QFileInfo::exists(place(small)));
}

TEST_F(FileDownloadTest, AWholeFileIsCheckedAndNotFetchedAgain)
{
    write(place(large), hub.content(large));
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    EXPECT_TRUE(hub.hub().requests().empty());
}

TEST_F(FileDownloadTest, AFileOfTheSameSizeAndAnotherContentIsReplaced)
{
    write(place(large), noise(kDownload, 4));
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    EXPECT_EQ(received, kDownload);
}

TEST_F(FileDownloadTest, ASizeOtherThanTheListedOneIsRefusedBeforeAByteIsWritten)
{
    hub.before = [&](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (!request.path().startsWith("/bucket/"))
            return {};
        return HttpAnswer{.body = "x", .announced = Q_INT64_C(9'000'000'000'000), .isCut = true};
    };
    EXPECT_TRUE(run(large).contains(QLatin1String("bytes, but the repository lists")));
    EXPECT_EQ(QFileInfo(place(large + QStringLiteral(".part"))).size(), 0);
}

TEST_F(FileDownloadTest, MoreBytesThanListedAreNotKept)
{
    hub.before = [&](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (!request.path().startsWith("/bucket/"))
            return {};
        return HttpAnswer{.body = hub.content(large) + "more", .isChunked = true};
    };
    EXPECT_TRUE(run(large).contains(QLatin1String("sent more")));
    EXPECT_FALSE(QFileInfo::exists(place(large)));
}

TEST_F(FileDownloadTest, FaultsOfTheServerAreTriedAgainAndThenSaid)
{
    int faults = 2;
    hub.before = [&](const HttpRequest&) -> std::optional<HttpAnswer> {
        if (faults-- > 0)
            return HttpAnswer{.status = 503, .body = "busy"};
        return {};
    };
    EXPECT_EQ(run(small), QString());
    expectWhole(small);
    EXPECT_EQ(hub.hub().requests().size(), 3u);
    QFile::remove(place(small));
    hub.before = [&](const HttpRequest&) { return HttpAnswer{.status = 500}; };
    const QString message = run(small);
    EXPECT_TRUE(message.contains(QLatin1String("fault of its own"))) << message.toStdString();
    EXPECT_EQ(hub.hub().requests().size(), 6u) << "three attempts, then an end";
}

TEST_F(FileDownloadTest, EachRefusalHasItsOwnMessageAndIsNotTriedAgain)
{
    const struct {
        int status;
        std::vector<std::pair<QByteArray, QByteArray>> headers;
        bool hasToken;
        const char* says;
    } cases[]{
        {401, {}, false, "shows no repository lab/tiny without a token"},
        {401, {}, true, "does not accept the token"},
        {401, {{"X-Error-Code", "GatedRepo"}}, false, "accept its licence"},
        {403, {{"X-Error-Code", "GatedRepo"}}, true, "accept its licence"},
        {403, {{"X-Error-Code", "Forbidden"}}, true, "refuses access"},
        {404, {{"X-Error-Code", "EntryNotFound"}}, false, "config.json is no longer in lab/tiny"},
        {407, {}, false, "proxy"},
        {429, {{"Retry-After", "3600"}}, false, "3600 seconds"},
        {418, {}, false, "418"},
    };
    for (const auto& one : cases) {
        access.token = one.hasToken ? QStringLiteral("hf_secret") : QString();
        hub.before = [&](const HttpRequest&) {
            return HttpAnswer{.status = one.status, .headers = one.headers, .body = "no"};
        };
        const auto before = hub.hub().requests().size();
        const QString message = run(small);
        EXPECT_TRUE(message.contains(QLatin1String(one.says)))
            << one.status << ": " << message.toStdString();
        EXPECT_FALSE(message.contains(QLatin1String("secret")));
        EXPECT_EQ(hub.hub().requests().size(), before + 1) << one.status;
    }
}

TEST_F(FileDownloadTest, TooManyRequestsAreWaitedForAsLongAsAsked)
{
    int refusals = 1;
    hub.before = [&](const HttpRequest&) -> std::optional<HttpAnswer> {
        if (refusals-- > 0)
            return HttpAnswer{.status = 429, .headers = {{"Retry-After", "2"}}};
        return {};
    };
    EXPECT_EQ(run(small), QString());
    expectWhole(small);
}

TEST_F(FileDownloadTest, RedirectsThatAreNotSafeOrDoNotEndAreNotFollowed)
{
    hub.before = [&](const HttpRequest&) {
        return HttpAnswer{.status = 302, .headers = {{"Location", "file:///etc/hostname"}}};
    };
    EXPECT_TRUE(run(small).contains(QLatin1String("not secure")));
    hub.before = [&](const HttpRequest& request) {
        return HttpAnswer{.status = 302, .headers = {{"Location", request.target}}};
    };
    EXPECT_TRUE(run(small).contains(QLatin1String("without end")));
    EXPECT_FALSE(QFileInfo::exists(place(small)));
}

TEST_F(FileDownloadTest, WithoutANetworkTheMessageSaysWhatToCopy)
{
    quint16 port = 0;
    {
        QTcpServer closed;
        ASSERT_TRUE(closed.listen(QHostAddress::LocalHost));
        port = closed.serverPort();
    }
    access.hub = QUrl(QStringLiteral("http://127.0.0.1:%1").arg(port));
    const QString message = run(small);
    EXPECT_TRUE(message.contains(QLatin1String("refuses the connection"))) << message.toStdString();
    EXPECT_TRUE(message.contains(QLatin1String("tokenizer.json"))) << message.toStdString();
}

TEST_F(FileDownloadTest, AServerWithoutTlsIsSaidToBeNotSecure)
{
    QTcpServer plain;
    ASSERT_TRUE(plain.listen(QHostAddress::LocalHost));
    QObject::connect(&plain, &QTcpServer::newConnection, &plain,
        [&] { plain.nextPendingConnection()->write("HTTP/1.1 400 Bad Request\r\n\r\n"); });
    access.hub = QUrl(QStringLiteral("https://127.0.0.1:%1").arg(plain.serverPort()));
    const QString message = run(small);
    EXPECT_TRUE(message.contains(QLatin1String("secure connection"))) << message.toStdString();
}

TEST_F(FileDownloadTest, ASilentServerIsGivenUpAndThePartIsKept)
{
    const auto patience = std::exchange(access.retries.silence, std::chrono::milliseconds(1000));
    access.retries.attempts = 1;
    hub.before = [&](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (!request.path().startsWith("/bucket/"))
            return {};
        return HttpAnswer{
            .body = hub.content(large).left(500'000), .announced = kDownload, .isHeld = true};
    };
    const QString message = run(large);
    EXPECT_TRUE(message.contains(QLatin1String("silent"))) << message.toStdString();
    EXPECT_EQ(bytesAt(place(large + QStringLiteral(".part"))), hub.content(large).left(500'000));
    hub.before = nullptr;
    access.retries.silence = patience;
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    EXPECT_EQ(received, kDownload - 500'000);
}

TEST_F(FileDownloadTest, NothingIsWrittenThroughALinkOutOfTheFolder)
{
    QTemporaryDir outside;
    ASSERT_TRUE(QFile::link(outside.path(), place(QStringLiteral("sub"))));
    hub.addFile(QStringLiteral("sub/file"), "content");
    const QString message = run(QStringLiteral("sub/file"));
    EXPECT_TRUE(message.contains(QLatin1String("link that leads out"))) << message.toStdString();
    EXPECT_TRUE(QDir(outside.path()).isEmpty());

    write(outside.filePath(QStringLiteral("mine")), "mine");
    ASSERT_TRUE(QFile::link(outside.filePath(QStringLiteral("mine")), place(small)));
    ASSERT_TRUE(QFile::link(
        outside.filePath(QStringLiteral("mine")), place(small + QStringLiteral(".part"))));
    ASSERT_TRUE(QFile::link(
        outside.filePath(QStringLiteral("mine")), place(small + QStringLiteral(".part.note"))));
    EXPECT_EQ(run(small), QString());
    EXPECT_EQ(bytesAt(outside.filePath(QStringLiteral("mine"))), QByteArray("mine"));
    EXPECT_FALSE(QFileInfo(place(small)).isSymLink());
    EXPECT_EQ(bytesAt(place(small)), hub.content(small));
}

TEST_F(FileDownloadTest, AFolderThatCannotBeMadeIsSaid)
{
    hub.addFile(QStringLiteral("sub/file"), "content");
    write(place(QStringLiteral("sub")), "a file where a folder should be");
    EXPECT_TRUE(run(QStringLiteral("sub/file")).contains(QLatin1String("cannot be made")));
    if (::geteuid() == 0)
        GTEST_SKIP() << "root may write everywhere";
    QFile::remove(place(QStringLiteral("sub")));
    QFile::setPermissions(folder.path(), QFile::ReadOwner | QFile::ExeOwner);
    EXPECT_TRUE(run(small).contains(QLatin1String("cannot be written")));
    QFile::setPermissions(folder.path(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
}

TEST_F(FileDownloadTest, ADiskThatTakesNoMoreIsSaidAndThePartGoesOnLater)
{
    // The system's limit on the size of a file stands in for a full disk: writing stops in the
    // middle.
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small_limit = before;
    small_limit.rlim_cur = 1'000'000;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small_limit), 0);
    const QString message = run(large);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    EXPECT_TRUE(message.contains(QLatin1String("Writing"))) << message.toStdString();
    EXPECT_FALSE(QFileInfo::exists(place(large)));
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    EXPECT_LT(received, kDownload) << "what was written before counts";
}

TEST_F(FileDownloadTest, DeletedInTheMiddleItLeavesAPartAndHangsUp)
{
    hub.before = [&](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (!request.path().startsWith("/bucket/"))
            return {};
        return HttpAnswer{.headers = {{"ETag", hub.etag(large)}},
            .body = hub.content(large).left(700'000),
            .announced = kDownload,
            .isHeld = true};
    };
    {
        FileDownload download(&network, access,
            {.address = {QStringLiteral("lab/tiny"), commit, {}}, .hub = access.hub},
            hub.entry(large), folder.path(), nullptr);
        download.start();
        ASSERT_TRUE(await([&] { return download.done() == 700'000; }));
        EXPECT_EQ(download.state(), FileState::Coming);
    }
    EXPECT_TRUE(await([&] { return hub.storage().isAbandoned(); }));
    EXPECT_EQ(bytesAt(place(large + QStringLiteral(".part"))), hub.content(large).left(700'000));
    hub.before = nullptr;
    EXPECT_EQ(run(large), QString());
    expectWhole(large);
    EXPECT_EQ(received, kDownload - 700'000);
}

} // namespace
