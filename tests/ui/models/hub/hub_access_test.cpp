#include "ui/models/hub/hub_access.h"
#include "ui/models/hub/hub_proxy.h"

#include <QFile>
#include <QTemporaryDir>

#include <gtest/gtest.h>

namespace {

using ui::HubAccess;

HubAccess accessOf(std::initializer_list<std::pair<const char*, const char*>> variables)
{
    QProcessEnvironment environment;
    environment.insert(QStringLiteral("HOME"), QStringLiteral("/home/ada"));
    for (const auto& [name, value] : variables)
        environment.insert(QLatin1String(name), QLatin1String(value));
    return HubAccess::fromEnvironment(environment);
}

TEST(HubAccessTest, AnEmptyEnvironmentGivesTheDefaults)
{
    const HubAccess access = accessOf({});
    EXPECT_EQ(access.hub, ui::defaultHub());
    EXPECT_EQ(access.token, QString());
    EXPECT_EQ(access.tokenFile, QStringLiteral("/home/ada/.cache/huggingface/token"));
    EXPECT_FALSE(access.isOffline);
    EXPECT_EQ(access.httpProxy, QString());
    EXPECT_TRUE(access.noProxy.isEmpty());
}

TEST(HubAccessTest, VariablesOfOtherProgramsAreHeard)
{
    EXPECT_EQ(accessOf({{"HF_ENDPOINT", "http://mirror:8080/"}}).hub,
        QUrl(QStringLiteral("http://mirror:8080/")));
    EXPECT_EQ(accessOf({{"HUGGING_FACE_HUB_TOKEN", "old"}}).token, QStringLiteral("old"));
    EXPECT_EQ(accessOf({{"HUGGING_FACE_HUB_TOKEN", "old"}, {"HF_TOKEN", " new\n"}}).token,
        QStringLiteral("new"));
    EXPECT_EQ(accessOf({{"HF_HOME", "/data/hf"}}).tokenFile, QStringLiteral("/data/hf/token"));
    EXPECT_EQ(accessOf({{"HF_HOME", "~/hf"}}).tokenFile, QStringLiteral("/home/ada/hf/token"));
    EXPECT_EQ(
        accessOf({{"XDG_CACHE_HOME", "/c"}}).tokenFile, QStringLiteral("/c/huggingface/token"));
    EXPECT_EQ(
        accessOf({{"HF_TOKEN_PATH", "/t"}, {"HF_HOME", "/h"}}).tokenFile, QStringLiteral("/t"));
    const HubAccess silent = accessOf({{"HF_TOKEN", "x"}, {"HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"}});
    EXPECT_EQ(silent.token + silent.tokenFile, QString());
    for (const char* yes : {"1", "true", "YES", "on"})
        EXPECT_TRUE(accessOf({{"HF_HUB_OFFLINE", yes}}).isOffline) << yes;
    EXPECT_FALSE(accessOf({{"HF_HUB_OFFLINE", "0"}}).isOffline);
    const HubAccess proxies = accessOf({{"https_proxy", "http://s:1"},
        {"ALL_PROXY", "socks5://a:2"}, {"NO_PROXY", "localhost, .inside ,10.0.0.0/8"}});
    EXPECT_EQ(proxies.httpsProxy, QStringLiteral("http://s:1"));
    EXPECT_EQ(proxies.httpProxy, QStringLiteral("socks5://a:2"));
    EXPECT_EQ(proxies.noProxy,
        (QStringList{
            QStringLiteral("localhost"), QStringLiteral(".inside"), QStringLiteral("10.0.0.0/8")}));
}

TEST(HubAccessTest, WhatAPersonSetsGoesFirstAndEmptyChangesNothing)
{
    HubAccess access = accessOf({{"HF_TOKEN", "from environment"}, {"https_proxy", "http://s:1"}});
    EXPECT_TRUE(access.override({}, {}, {}));
    EXPECT_EQ(access.token, QStringLiteral("from environment"));
    EXPECT_TRUE(access.override(
        QStringLiteral("http://h:9"), QStringLiteral("mine"), QStringLiteral("p:3")));
    EXPECT_EQ(access.hub, QUrl(QStringLiteral("http://h:9")));
    EXPECT_EQ(access.token, QStringLiteral("mine"));
    EXPECT_EQ(access.httpsProxy, QStringLiteral("p:3"));
    for (const char* wrong : {"ftp://h", "hub", "file:///etc", "http://", "https://bad host"})
        EXPECT_FALSE(access.override(QLatin1String(wrong), {}, {})) << wrong;
    EXPECT_FALSE(accessOf({{"HF_ENDPOINT", "nonsense"}}).override({}, {}, {}));
}

TEST(HubAccessTest, ATokenFileIsReadWithoutItsLineEnd)
{
    QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("token")));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("hf_abc\n");
    file.close();
    EXPECT_EQ(ui::readTokenFile(file.fileName()), QStringLiteral("hf_abc"));
    EXPECT_EQ(ui::readTokenFile(folder.filePath(QStringLiteral("none"))), QString());
    EXPECT_EQ(ui::readTokenFile({}), QString());
}

TEST(HubProxyTest, AddressesOfProxiesAreRead)
{
    const auto http = ui::parseProxy(QStringLiteral("http://ada:se%40cret@proxy.lab:3128"));
    ASSERT_TRUE(http);
    EXPECT_EQ(http->type(), QNetworkProxy::HttpProxy);
    EXPECT_EQ(http->hostName(), QStringLiteral("proxy.lab"));
    EXPECT_EQ(http->port(), 3128);
    EXPECT_EQ(http->user(), QStringLiteral("ada"));
    EXPECT_EQ(http->password(), QStringLiteral("se@cret"));
    EXPECT_EQ(ui::parseProxy(QStringLiteral("proxy:80"))->hostName(), QStringLiteral("proxy"));
    const auto socks = ui::parseProxy(QStringLiteral("socks5h://s"));
    ASSERT_TRUE(socks);
    EXPECT_EQ(socks->type(), QNetworkProxy::Socks5Proxy);
    EXPECT_EQ(socks->port(), 1080);
    EXPECT_EQ(ui::parseProxy({})->type(), QNetworkProxy::NoProxy);
    const auto wrong = ui::parseProxy(QStringLiteral("https://ada:secret@proxy:1"));
    ASSERT_FALSE(wrong);
    EXPECT_FALSE(wrong.error().contains(QLatin1String("secret")));
}

TEST(HubProxyTest, HostsOnTheNoProxyListAreReachedDirectly)
{
    const struct {
        const char *url, *entry;
        bool isDirect;
    } cases[]{
        {"https://hub.lab", "hub.lab", true},
        {"https://HUB.lab", "hub.LAB", true},
        {"https://cdn.hub.lab", "hub.lab", true},
        {"https://cdn.hub.lab", ".hub.lab", true},
        {"https://cdn.hub.lab", "*.hub.lab", true},
        {"https://myhub.lab", "hub.lab", false},
        {"https://anything", "*", true},
        {"https://hub.lab", "hub.lab:443", true},
        {"http://hub.lab:8080", "hub.lab:443", false},
        {"http://10.1.2.3", "10.0.0.0/8", true},
        {"http://11.1.2.3", "10.0.0.0/8", false},
        {"http://10.1.2.3", "10.1.2.3", true},
        {"http://[::1]:8080", "::1", true},
        {"https://hub.lab", "", false},
        {"https://hub.lab", ".", false},
    };
    for (const auto& one : cases)
        EXPECT_EQ(
            ui::isExcluded(QUrl(QLatin1String(one.url)), {QLatin1String(one.entry)}), one.isDirect)
            << one.url << " with " << one.entry;
    ui::HubProxyFactory factory(*ui::parseProxy(QStringLiteral("plain:1")),
        *ui::parseProxy(QStringLiteral("secure:2")), {QStringLiteral("inside")});
    const auto proxyFor = [&](const char* url) {
        return factory.queryProxy(QNetworkProxyQuery(QUrl(QLatin1String(url)))).at(0).hostName();
    };
    EXPECT_EQ(proxyFor("http://a"), QStringLiteral("plain"));
    EXPECT_EQ(proxyFor("https://a"), QStringLiteral("secure"));
    EXPECT_EQ(proxyFor("https://inside"), QString());
}

} // namespace
