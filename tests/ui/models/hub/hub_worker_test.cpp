#include "ui/models/hub/hub_worker.h"

#include "tests/ui/models/hub/fake_hub.h"

#include <QThread>

namespace {

using tests::FakeHub;
using tests::HttpAnswer;
using tests::HttpRequest;
using ui::HubKind;
using ui::HubListing;
using ui::HubProgress;

constexpr int kRepositoryFile = 2'000'000;

/// A worker on its own thread, asked and heard as the dialog does.
class HubWorkerTest : public tests::HubTest {
protected:
    HubWorkerTest()
    {
        hub.addFile(QStringLiteral("config.json"), "{}");
        hub.addLargeFile(QStringLiteral("model.safetensors"), noise(kRepositoryFile));
        hub.addLargeFile(QStringLiteral("sub/other.safetensors"), noise(kRepositoryFile, 2));
        access.hub = hub.url();
        access.retries = {.attempts = 3, .second = std::chrono::milliseconds(1)};
        worker->moveToThread(&thread);
        QObject::connect(&thread, &QThread::finished, worker, &QObject::deleteLater);
        QObject::connect(
            worker, &ui::HubWorker::listed, &here, [this](const HubListing& l) { listing = l; });
        QObject::connect(worker, &ui::HubWorker::progressed, &here,
            [this](const HubProgress& p) { progress.push_back(p); });
        QObject::connect(worker, &ui::HubWorker::finished, &here, [this](const QString& opened) {
            toOpen = opened;
            ++finishes;
        });
        QObject::connect(worker, &ui::HubWorker::failed, &here,
            [this](const QString& message) { failures << message; });
        QObject::connect(worker, &ui::HubWorker::cancelled, &here, [this] { ++cancels; });
        thread.start();
    }
    ~HubWorkerTest() override
    {
        thread.quit();
        thread.wait();
    }

    void post(const std::function<void()>& act) { QMetaObject::invokeMethod(worker, act); }
    bool list(const ui::HubAddress& address)
    {
        listing = {};
        failures.clear();
        post([=, this] { worker->list(access, address, HubKind::Model); });
        return await([this] { return !listing.files.empty() || !failures.isEmpty(); });
    }
    bool list() { return list({QStringLiteral("lab/tiny"), QStringLiteral("main"), {}}); }
    void download(const HubListing& what)
    {
        finishes = cancels = 0;
        failures.clear();
        progress.clear();
        const ui::HubOrder order{what, HubKind::Model, folder.path()};
        post([=, this] { worker->download(access, order); });
    }
    bool downloadToEnd(const HubListing& what)
    {
        download(what);
        return await([this] { return finishes > 0 || !failures.isEmpty(); });
    }
    void expectAll()
    {
        for (const ui::HubFile& file : listing.files)
            EXPECT_EQ(bytesAt(place(file.path)), hub.content(file.path)) << file.path.toStdString();
        EXPECT_EQ(filesThere().size(), static_cast<qsizetype>(listing.files.size()));
    }
    /// The large files stop after `bytes` and stay silent.
    void hold(int bytes)
    {
        hub.before = [=, this](const HttpRequest& request) -> std::optional<HttpAnswer> {
            if (!request.path().startsWith("/bucket/"))
                return {};
            const QString path = QString::fromUtf8(request.path().mid(8));
            return HttpAnswer{.headers = {{"ETag", hub.etag(path)}},
                .body = hub.content(path).left(bytes),
                .announced = kRepositoryFile,
                .isHeld = true};
        };
    }

    ui::HubAccess access;
    QThread thread;
    ui::HubWorker* worker = new ui::HubWorker;
    QObject here; ///< Signals are heard on this thread.
    HubListing listing;
    std::vector<HubProgress> progress;
    QStringList failures;
    QString toOpen;
    int finishes = 0, cancels = 0;
};

TEST_F(HubWorkerTest, ListsEveryPageAtOneCommit)
{
    hub.filesPerPage = 1;
    hub.extraEntries = R"({"type":"file","path":"../../up","size":1,"oid":"x"})";
    access.token = QStringLiteral("hf_secret");
    ASSERT_TRUE(list());
    ASSERT_EQ(failures, QStringList());
    ASSERT_EQ(listing.files.size(), 3u);
    EXPECT_EQ(listing.address.revision, QLatin1String(FakeHub::kCommit));
    EXPECT_EQ(listing.revision, QStringLiteral("main"));
    EXPECT_EQ(listing.files[1].size, kRepositoryFile);
    EXPECT_EQ(listing.refused, QStringList{QStringLiteral("../../up")});
    EXPECT_EQ(hub.hub().requests().size(), 4u) << "the commit and three pages";
    EXPECT_EQ(hub.hub().connections(), 1) << "kept alive";
    for (const HttpRequest& request : hub.hub().requests())
        EXPECT_EQ(request.header("authorization"), QByteArray("Bearer hf_secret"));
}

TEST_F(HubWorkerTest, AListThatLeadsToAnotherHostIsRefused)
{
    hub.before = [&](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (!request.path().contains("/tree/"))
            return {};
        return HttpAnswer{
            .headers = {{"Link", '<' + hub.storage().url().toEncoded() + "/more>; rel=\"next\""}},
            .body = "[]"};
    };
    ASSERT_TRUE(list());
    EXPECT_TRUE(failures.value(0).contains(QLatin1String("leads elsewhere")));
    EXPECT_TRUE(hub.storage().requests().empty());
}

TEST_F(HubWorkerTest, WrongNamesAndRevisionsAreSaid)
{
    ASSERT_TRUE(list({QStringLiteral("lab/none"), QStringLiteral("main"), {}}));
    EXPECT_TRUE(failures.value(0).contains(QLatin1String("no repository lab/none")));
    ASSERT_TRUE(list({QStringLiteral("lab/tiny"), QStringLiteral("v9"), {}}));
    EXPECT_TRUE(failures.value(0).contains(QStringLiteral("no revision “v9”")))
        << failures.value(0).toStdString();
    hub.before = [](const HttpRequest&) { return HttpAnswer{.body = "<html>sign in</html>"}; };
    ASSERT_TRUE(list());
    EXPECT_TRUE(failures.value(0).contains(QLatin1String("not the list of a repository")));
    hub.before = [](const HttpRequest&) {
        return HttpAnswer{.status = 429, .headers = {{"Retry-After", "60"}}};
    };
    ASSERT_TRUE(list());
    EXPECT_TRUE(failures.value(0).contains(QLatin1String("60 seconds")));
    hub.before = [](const HttpRequest&) { return HttpAnswer{.status = 401}; };
    ASSERT_TRUE(list());
    EXPECT_TRUE(failures.value(0).contains(QLatin1String("without a token")));
}

TEST_F(HubWorkerTest, BringsEveryFileAndCountsEveryByte)
{
    ASSERT_TRUE(list());
    ASSERT_TRUE(downloadToEnd(listing));
    EXPECT_EQ(failures, QStringList());
    expectAll();
    EXPECT_EQ(toOpen, folder.path());
    ASSERT_FALSE(progress.empty());
    EXPECT_EQ(progress.back().total, 2 * kRepositoryFile + 2);
    EXPECT_EQ(progress.back().done, progress.back().total);
    for (std::size_t i = 1; i < progress.size(); ++i)
        EXPECT_GE(progress[i].done, progress[i - 1].done);
    const auto requests = hub.hub().requests().size();
    ASSERT_TRUE(downloadToEnd(listing));
    expectAll();
    EXPECT_EQ(hub.hub().requests().size(), requests) << "all was there: checked, not fetched";
}

TEST_F(HubWorkerTest, CancelStopsAtOnceAndTheNextTimeGoesOn)
{
    ASSERT_TRUE(list());
    hold(900'000);
    download(listing);
    ASSERT_TRUE(await([&] { return !progress.empty() && progress.back().done >= 1'800'000; }));
    post([this] { worker->cancel(); });
    ASSERT_TRUE(await([&] { return cancels == 1; }));
    EXPECT_TRUE(await([&] { return hub.storage().isAbandoned(); }));
    EXPECT_EQ(finishes, 0);
    EXPECT_EQ(bytesAt(place(QStringLiteral("model.safetensors.part"))),
        hub.content(QStringLiteral("model.safetensors")).left(900'000));
    hub.before = nullptr;
    const auto already = hub.storage().requests().size();
    ASSERT_TRUE(downloadToEnd(listing));
    EXPECT_EQ(failures, QStringList());
    expectAll();
    ASSERT_EQ(hub.storage().requests().size(), already + 2);
    EXPECT_EQ(hub.storage().requests()[already].header("range"), QByteArray("bytes=900000-"));
}

TEST_F(HubWorkerTest, EndingTheThreadInTheMiddleLeavesParts)
{
    ASSERT_TRUE(list());
    hold(500'000);
    download(listing);
    ASSERT_TRUE(await([&] { return !progress.empty() && progress.back().done >= 1'000'000; }));
    thread.quit();
    ASSERT_TRUE(thread.wait(30'000));
    EXPECT_TRUE(await([&] { return hub.storage().isAbandoned(); }));
    EXPECT_EQ(QFileInfo(place(QStringLiteral("model.safetensors.part"))).size(), 500'000);
    EXPECT_EQ(QFileInfo(place(QStringLiteral("sub/other.safetensors.part"))).size(), 500'000);
}

TEST_F(HubWorkerTest, WhatDoesNotFitIsRefusedWithFigures)
{
    ASSERT_TRUE(list());
    HubListing huge = listing;
    huge.files[1].size = Q_INT64_C(900'000'000'000'000);
    const auto requests = hub.hub().requests().size();
    ASSERT_TRUE(downloadToEnd(huge));
    ASSERT_EQ(failures.size(), 1);
    EXPECT_TRUE(failures[0].contains(QLatin1String("818.5 TB more are needed")))
        << failures[0].toStdString();
    EXPECT_TRUE(failures[0].contains(QLatin1String("are free in")));
    EXPECT_EQ(hub.hub().requests().size(), requests);
    EXPECT_EQ(filesThere(), QStringList());
}

TEST_F(HubWorkerTest, AFileThatCannotBeHadEndsTheWholeWithOneMessage)
{
    ASSERT_TRUE(list());
    hub.before = [](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (request.path().startsWith("/bucket/"))
            return HttpAnswer{.status = 404};
        return {};
    };
    ASSERT_TRUE(downloadToEnd(listing));
    bool isAnswered = false; // Whatever came before it has arrived then.
    QObject::connect(worker, &ui::HubWorker::spaceMeasured, &here, [&] { isAnswered = true; });
    post([this] { worker->measureSpace({}); });
    ASSERT_TRUE(await([&] { return isAnswered; }));
    EXPECT_EQ(failures.size(), 1);
    EXPECT_EQ(finishes, 0);
    EXPECT_EQ(bytesAt(place(QStringLiteral("config.json"))), QByteArray("{}")) << "what came stays";
}

TEST_F(HubWorkerTest, AProxyIsAskedForAllButTheHostsOnItsList)
{
    access.hub = QUrl(QStringLiteral("http://hub.test")); // Only a proxy can know where that is.
    access.httpProxy = hub.url().toString();
    ASSERT_TRUE(list());
    ASSERT_EQ(failures, QStringList());
    EXPECT_TRUE(hub.hub().requests().at(0).target.startsWith("http://hub.test/api/models/lab/tiny"))
        << hub.hub().requests()[0].target.toStdString();
    HubListing one = listing;
    one.files.resize(1);
    ASSERT_TRUE(downloadToEnd(one));
    EXPECT_EQ(bytesAt(place(QStringLiteral("config.json"))), QByteArray("{}"));

    FakeHub direct;
    direct.addFile(QStringLiteral("config.json"), "{\"direct\": 1}");
    access.hub = direct.url();
    access.noProxy << QStringLiteral("127.0.0.1");
    ASSERT_TRUE(list());
    EXPECT_EQ(
        direct.hub().requests().at(0).target, QByteArray("/api/models/lab/tiny/revision/main"));

    access.httpProxy = QStringLiteral("gopher://x");
    ASSERT_TRUE(list());
    EXPECT_TRUE(failures.value(0).contains(QLatin1String("proxy's address")));
}

TEST_F(HubWorkerTest, OfflineNothingIsAskedAndTheMessageSaysWhatToCopy)
{
    access.isOffline = true;
    ASSERT_TRUE(list());
    EXPECT_TRUE(failures.value(0).contains(QLatin1String("HF_HUB_OFFLINE")));
    EXPECT_TRUE(failures.value(0).contains(QLatin1String("config.json")));
    EXPECT_TRUE(hub.hub().requests().empty());
}

TEST_F(HubWorkerTest, TheTokenOfALoginIsReadFromItsFile)
{
    QTemporaryDir home;
    write(home.filePath(QStringLiteral("token")), "hf_from_file\n");
    access.tokenFile = home.filePath(QStringLiteral("token"));
    ASSERT_TRUE(list());
    EXPECT_EQ(
        hub.hub().requests().at(0).header("authorization"), QByteArray("Bearer hf_from_file"));
    access.token = QStringLiteral("hf_set");
    ASSERT_TRUE(list());
    EXPECT_EQ(hub.hub().requests().back().header("authorization"), QByteArray("Bearer hf_set"));
}

} // namespace
