#include "tests/ui/models/hub/fake_hub.h"

#include "ui/models/hub/file_download.h"

#include <QFile>
#include <QProcess>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslServer>

namespace {

using tests::FakeHub;
using tests::HttpAnswer;
using tests::HttpRequest;

constexpr int kMoreThanReadAhead = 20'000'000; // More than is read ahead.

/// A hub that speaks TLS with a certificate made for this run.
class TlsTest : public tests::HubTest {
protected:
    void SetUp() override
    {
        const QString key = certificates.filePath(QStringLiteral("key.pem")),
                      certificate = certificates.filePath(QStringLiteral("certificate.pem"));
        QProcess openssl;
        openssl.start(QStringLiteral("openssl"),
            {QStringLiteral("req"), QStringLiteral("-x509"), QStringLiteral("-newkey"),
                QStringLiteral("ec"), QStringLiteral("-pkeyopt"),
                QStringLiteral("ec_paramgen_curve:prime256v1"), QStringLiteral("-nodes"),
                QStringLiteral("-days"), QStringLiteral("2"), QStringLiteral("-subj"),
                QStringLiteral("/CN=test"), QStringLiteral("-addext"),
                QStringLiteral("subjectAltName=IP:127.0.0.1"), QStringLiteral("-keyout"), key,
                QStringLiteral("-out"), certificate});
        if (!openssl.waitForFinished() || openssl.exitCode() != 0)
            GTEST_SKIP() << "the program openssl is not here to make a certificate";
        QFile keyFile(key);
        ASSERT_TRUE(keyFile.open(QIODevice::ReadOnly));
        own = QSslCertificate::fromPath(certificate).value(0);
        ASSERT_FALSE(own.isNull());
        QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
        configuration.setLocalCertificate(own);
        configuration.setPrivateKey(QSslKey(keyFile.readAll(), QSsl::Ec));
        auto listener = std::make_unique<QSslServer>();
        listener->setSslConfiguration(configuration);
        server = std::make_unique<tests::HttpServer>(
            [this](const HttpRequest& request) {
                return FakeHub::serve(request, hub.content(large), hub.etag(large));
            },
            std::move(listener));
        hub.addLargeFile(large, noise(kMoreThanReadAhead));
        access.hub = server->url();
        access.retries = {.attempts = 2, .second = std::chrono::milliseconds(1)};
        before = QSslConfiguration::defaultConfiguration();
    }
    void TearDown() override { QSslConfiguration::setDefaultConfiguration(before); }

    void trustOwnCertificate()
    {
        QSslConfiguration trusting = before;
        trusting.setCaCertificates({own});
        QSslConfiguration::setDefaultConfiguration(trusting);
    }
    QString run()
    {
        QNetworkAccessManager network;
        ui::FileDownload download(&network, access,
            {.address = {QStringLiteral("lab/tiny"), QString::fromLatin1(FakeHub::kCommit), {}},
                .hub = access.hub},
            hub.entry(large), folder.path(), nullptr);
        bool isOver = false;
        QString message;
        QObject::connect(&download, &ui::FileDownload::finished, &download, [&] { isOver = true; });
        QObject::connect(&download, &ui::FileDownload::failed, &download, [&](const QString& text) {
            isOver = true;
            message = text;
        });
        download.start();
        EXPECT_TRUE(await([&] { return isOver; }));
        return message;
    }

    const QString large = QStringLiteral("model.safetensors");
    QTemporaryDir certificates;
    QSslCertificate own;
    QSslConfiguration before;
    std::unique_ptr<tests::HttpServer> server;
    ui::HubAccess access;
};

TEST_F(TlsTest, AnUnknownCertificateIsNotAcceptedAndNothingIsSent)
{
    access.token = QStringLiteral("hf_secret");
    const QString message = run();
    EXPECT_TRUE(message.contains(QLatin1String("secure connection"))) << message.toStdString();
    EXPECT_TRUE(server->requests().empty());
}

TEST_F(TlsTest, AFileLargerThanTheReadAheadComesWhole)
{
    trustOwnCertificate();
    EXPECT_EQ(run(), QString());
    EXPECT_EQ(bytesAt(place(large)), hub.content(large));
}

TEST_F(TlsTest, ASecureHubThatSendsOnToAPlainAddressIsNotFollowed)
{
    trustOwnCertificate();
    server->setHandler([this](const HttpRequest&) {
        return HttpAnswer{.status = 302,
            .headers
            = {{"Location", hub.storage().url().toEncoded() + "/bucket/model.safetensors"}}};
    });
    EXPECT_TRUE(run().contains(QLatin1String("not secure")));
    EXPECT_TRUE(hub.storage().requests().empty());
}

} // namespace
