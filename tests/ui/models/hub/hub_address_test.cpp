#include "ui/models/hub/hub_address.h"

#include <gtest/gtest.h>

namespace {

using ui::HubAddress;

TEST(HubAddressTest, NamesAndPageAddressesAreRead)
{
    const struct {
        const char *text, *repository, *revision, *folder;
    } cases[]{
        {"openai-community/gpt2", "openai-community/gpt2", "main", ""},
        {"  gpt2 ", "gpt2", "main", ""},
        {"google/gemma-2-2b@v1.0", "google/gemma-2-2b", "v1.0", ""},
        {"a/b@refs/pr/7", "a/b", "refs/pr/7", ""},
        {"https://hub.example/a/b", "a/b", "main", ""},
        {"https://hub.example/a/b/", "a/b", "main", ""},
        {"https://hub.example/a/b/tree/main", "a/b", "main", ""},
        {"https://hub.example/a/b/tree/v2/layer_12/width_16k", "a/b", "v2", "layer_12/width_16k"},
        {"https://hub.example/a/b/blob/main/sub/cfg.json", "a/b", "main", "sub"},
        {"https://hub.example/a/b/resolve/main/config.json?download=true", "a/b", "main", ""},
        {"https://hub.example/gpt2/tree/main", "gpt2", "main", ""},
        {"https://hub.example/a/b/discussions/3", "a/b", "main", ""},
        {"https://hub.example/api/models/a/b", "a/b", "main", ""},
    };
    for (const auto& one : cases) {
        const auto address = HubAddress::parse(QString::fromLatin1(one.text));
        ASSERT_TRUE(address) << one.text << ": " << address.error().toStdString();
        EXPECT_EQ(address->repository, QLatin1String(one.repository)) << one.text;
        EXPECT_EQ(address->revision, QLatin1String(one.revision)) << one.text;
        EXPECT_EQ(address->folder, QLatin1String(one.folder)) << one.text;
    }
}

TEST(HubAddressTest, WhatNoHubAcceptsIsRefusedWithASentence)
{
    for (const char* text : {"", "   ", "a/b/c", "/a", "a/", "../b", "a/..", "a b/c", "a/b@",
             "a/b@x..y", "a/b@/x", "a\\b", "a/b?x", "https://hub.example/", "https://", "a/b#c",
             ".hidden/x", "https://hub.example/datasets/a/b", "https://hub.example/spaces/a/b"}) {
        const auto address = HubAddress::parse(QString::fromLatin1(text));
        EXPECT_FALSE(address) << text;
        if (!address) {
            EXPECT_GT(address.error().size(), 20);
        }
    }
    EXPECT_FALSE(HubAddress::parse(QString(200, QLatin1Char('a')) + QStringLiteral("/b")));
    EXPECT_FALSE(HubAddress::parse(QStringLiteral("a/b\n"))
                     .value_or(HubAddress{})
                     .repository.contains(QLatin1Char('\n')));
}

TEST(HubAddressTest, RequestsAreEncodedPartByPart)
{
    const HubAddress address{
        QStringLiteral("a/b"), QStringLiteral("refs/pr/7"), QStringLiteral("sub dir/x")};
    const QUrl hub(QStringLiteral("http://host:81/prefix/"));
    EXPECT_EQ(address.infoUrl(hub).toEncoded(),
        QByteArray("http://host:81/prefix/api/models/a/b/revision/refs%2Fpr%2F7"));
    EXPECT_EQ(address.treeUrl(hub).toEncoded(),
        QByteArray("http://host:81/prefix/api/models/a/b/tree/refs%2Fpr%2F7/sub%20dir/x"
                   "?recursive=true"));
    EXPECT_EQ(address.fileUrl(hub, QStringLiteral("100%/ü?#.json")).toEncoded(),
        QByteArray("http://host:81/prefix/a/b/resolve/refs%2Fpr%2F7/100%25/%C3%BC%3F%23.json"));
    EXPECT_EQ(HubAddress::parse(QStringLiteral("a/b"))
                  ->fileUrl(ui::defaultHub(), QStringLiteral("c"))
                  .scheme(),
        QStringLiteral("https"));
}

} // namespace
