#include "ui/models/hub/hub_listing.h"
#include "ui/models/hub/safe_path.h"

#include <QFile>
#include <QTemporaryDir>

#include <gtest/gtest.h>

namespace {

using ui::HubListing;

const QByteArray kSha(64, 'b');
const QByteArray kGit(40, 'c');

QByteArray entry(const QByteArray& path, const QByteArray& size = "12")
{
    return R"({"type":"file","path":")" + path + R"(","size":)" + size + R"(,"oid":")" + kGit
        + "\"}";
}

TEST(HubListingTest, FilesCarrySizesAndChecksums)
{
    HubListing listing;
    const QByteArray large = R"({"type":"file","path":"m.safetensors","size":5000000000,"oid":")"
        + kGit + R"(","lfs":{"oid":")" + kSha + R"(","size":5000000000,"pointerSize":135}})";
    ASSERT_TRUE(ui::addPage(listing, '[' + large + "]"));
    ASSERT_TRUE(ui::addPage(listing,
        "[{\"type\":\"directory\",\"path\":\"sub\",\"size\":0,\"oid\":\"x\"}," + entry("sub/a.json")
            + "]"));
    ASSERT_EQ(listing.files.size(), 2u);
    EXPECT_EQ(listing.files[0].path, QStringLiteral("m.safetensors"));
    EXPECT_EQ(listing.files[0].size, Q_INT64_C(5'000'000'000));
    EXPECT_EQ(listing.files[0].sha256, kSha);
    EXPECT_EQ(listing.files[1].path, QStringLiteral("sub/a.json"));
    EXPECT_EQ(listing.files[1].size, 12);
    EXPECT_TRUE(listing.files[1].sha256.isEmpty());
    EXPECT_EQ(listing.files[1].gitId, kGit);
}

TEST(HubListingTest, WhatIsNotAListIsRefused)
{
    const QByteArray pages[]{"", "{}", "<html>sign in</html>", "[" + entry("a", "-1") + "]",
        "[" + entry("a", "1.5") + "]", "[" + entry("a", "1e30") + "]",
        "[" + entry("a", "\"9\"") + "]", "[" + entry("a") + "," + entry("a") + "]",
        R"([{"type":"file","path":"a","lfs":{"oid":"short","size":4}}])", "[[[[[", "[\"a\"",
        QByteArray(100'000, '[')};
    for (const QByteArray& page : pages) {
        HubListing listing;
        const auto added = ui::addPage(listing, page);
        EXPECT_FALSE(added) << page.left(60).toStdString();
    }
}

TEST(HubListingTest, NamesThatCouldLeaveTheFolderAreKeptOut)
{
    HubListing listing;
    ASSERT_TRUE(ui::addPage(listing,
        "[" + entry("../../.bashrc") + ',' + entry("/etc/passwd") + ',' + entry("a\\\\..\\\\b")
            + ',' + entry("a/./b") + ',' + entry("good.json") + "]"));
    ASSERT_EQ(listing.files.size(), 1u);
    EXPECT_EQ(listing.files[0].path, QStringLiteral("good.json"));
    EXPECT_EQ(listing.refused.size(), 4);
}

TEST(HubListingTest, InfoGivesTheCommitAndTheNameOfToday)
{
    const auto info
        = ui::parseInfo("{\"id\":\"new/name\",\"sha\":\"" + kGit + "\",\"private\":false}");
    ASSERT_TRUE(info);
    EXPECT_EQ(info->commit, QString::fromLatin1(kGit));
    EXPECT_EQ(info->repository, QStringLiteral("new/name"));
    EXPECT_FALSE(ui::parseInfo("{\"id\":\"a/b\",\"sha\":\"../../x\"}"));
    EXPECT_FALSE(ui::parseInfo("[]"));
    EXPECT_EQ(ui::parseInfo("{\"id\":\"../x\",\"sha\":\"" + kGit + "\"}")->repository, QString());
}

TEST(HubListingTest, TheNextPageComesFromTheLinkHeader)
{
    const QUrl page(QStringLiteral("https://h/api/models/a/b/tree/main?recursive=true"));
    EXPECT_EQ(
        ui::nextPage("<https://h/next?cursor=a%3D%3D&limit=5>; rel=\"next\"", page).toEncoded(),
        QByteArray("https://h/next?cursor=a%3D%3D&limit=5"));
    EXPECT_EQ(ui::nextPage("</first>; rel=\"prev\", </second>; rel=next", page),
        QUrl(QStringLiteral("https://h/second")));
    EXPECT_EQ(ui::nextPage("<https://h/x>; rel=\"last\"", page), QUrl());
    EXPECT_EQ(ui::nextPage("", page), QUrl());
    EXPECT_EQ(ui::nextPage("nonsense; rel=next", page), QUrl());
}

TEST(SafePathTest, OnlyPlainRelativeNamesPass)
{
    for (const char* good : {"config.json", "a/b/c.safetensors", ".gitattributes",
             "layers.0.mlp/sae", "name with space", "..a", "a..b", "\xc3\xbc.json"})
        EXPECT_TRUE(ui::isSafeName(QString::fromUtf8(good))) << good;
    for (const char* bad : {"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/../b", "./a",
             "a\\b", "..\\a", "C:/a", "a:b", "a\nb", "a\tb", "a\x7f",
             "\xe2\x80\xae"
             "nosj.py",
             "weights.part", "weights.part.note"})
        EXPECT_FALSE(ui::isSafeName(QString::fromUtf8(bad))) << bad;
    EXPECT_FALSE(ui::isSafeName(QStringLiteral("a") + QChar(QChar::Null) + QStringLiteral("b")));
    EXPECT_FALSE(ui::isSafeName(QStringLiteral("a") + QChar(0xd800)));
    EXPECT_FALSE(ui::isSafeName(QString(300, QLatin1Char('x'))));
    EXPECT_FALSE(ui::isSafeName(QStringLiteral("ab/").repeated(500) + QLatin1Char('x')));
}

TEST(SafePathTest, LinksInsideTheFolderAreFollowedAndOthersNot)
{
    QTemporaryDir folder, outside;
    QDir(folder.path()).mkpath(QStringLiteral("real"));
    ASSERT_TRUE(QFile::link(
        folder.filePath(QStringLiteral("real")), folder.filePath(QStringLiteral("inside"))));
    ASSERT_TRUE(QFile::link(outside.path(), folder.filePath(QStringLiteral("outside"))));
    ASSERT_TRUE(QFile::link(
        folder.filePath(QStringLiteral("nowhere")), folder.filePath(QStringLiteral("dangling"))));
    const auto place = ui::placeBelow(folder.path(), QStringLiteral("inside/x"));
    ASSERT_TRUE(place);
    EXPECT_EQ(*place, folder.filePath(QStringLiteral("inside/x")));
    EXPECT_TRUE(ui::placeBelow(folder.path(), QStringLiteral("new/deep/x")));
    EXPECT_FALSE(ui::placeBelow(folder.path(), QStringLiteral("outside/x")));
    EXPECT_FALSE(ui::placeBelow(folder.path(), QStringLiteral("dangling/x")));
    EXPECT_FALSE(ui::placeBelow(folder.path(), QStringLiteral("../x")));
}

} // namespace
