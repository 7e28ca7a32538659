#include "ui/models/hub/hub_question.h"
#include "ui/models/hub/known_releases.h"

#include "tests/support/fixtures.h"

#include <set>

#include <QCompleter>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

namespace {

using ui::HubKind;
using ui::HubQuestion;

QLineEdit* field(const HubQuestion& question, const char* name)
{
    return question.findChild<QLineEdit*>(QLatin1String(name));
}

TEST(HubQuestionTest, TheFieldsMakeOneAddress)
{
    HubQuestion question;
    EXPECT_FALSE(question.address());
    field(question, "hubName")->setText(QStringLiteral("lab/tiny"));
    EXPECT_EQ(question.address()->revision, QStringLiteral("main"));
    field(question, "hubRevision")->setText(QStringLiteral("v2"));
    EXPECT_EQ(question.address()->revision, QStringLiteral("v2"));
    field(question, "hubRevision")->setText(QStringLiteral("not a revision"));
    EXPECT_FALSE(question.address());
    field(question, "hubName")->setText(QStringLiteral("https://hub.example/a/b/tree/v3/sub/x"));
    const auto pasted = question.address();
    ASSERT_TRUE(pasted);
    EXPECT_EQ(pasted->repository, QStringLiteral("a/b"));
    EXPECT_EQ(pasted->revision, QStringLiteral("v3")) << "the page's revision wins";
    EXPECT_EQ(field(question, "hubRevision")->text(), QStringLiteral("v3"));
    EXPECT_EQ(question.patterns(), QStringLiteral("sub/x"));
}

TEST(HubQuestionTest, ListingIsAskedOnlyWithAName)
{
    HubQuestion question;
    QSignalSpy asked(&question, &HubQuestion::listAsked);
    QTest::keyClick(field(question, "hubName"), Qt::Key_Return);
    EXPECT_EQ(asked.count(), 0);
    QTest::keyClicks(field(question, "hubName"), QStringLiteral("a/b"));
    QTest::keyClick(field(question, "hubName"), Qt::Key_Return);
    QTest::keyClick(field(question, "hubRevision"), Qt::Key_Return);
    EXPECT_EQ(asked.count(), 2);
}

TEST(HubQuestionTest, ReleasesAreSuggestedByKindAndByTheirModel)
{
    HubQuestion question;
    const auto suggested = [&](const char* typed) {
        QCompleter* completer = field(question, "hubName")->completer();
        completer->setCompletionPrefix(QLatin1String(typed));
        std::set<QString> names;
        for (int row = 0; completer->setCurrentRow(row); ++row)
            names.insert(completer->currentCompletion());
        return names;
    };
    EXPECT_TRUE(suggested("gpt2").contains(QStringLiteral("openai-community/gpt2")));
    EXPECT_TRUE(suggested("gemma-scope").empty());
    question.setKind(HubKind::Dictionary);
    EXPECT_TRUE(suggested("gemma-scope").contains(QStringLiteral("google/gemma-scope-2b-pt-res")));
    EXPECT_TRUE(suggested("llama-3.1-8b").contains(QStringLiteral("fnlp/Llama3_1-8B-Base-LXR-8x")))
        << "found by the model it was made for";
}

TEST(KnownReleasesTest, DictionariesStandInThePublicRegistry)
{
    for (const ui::KnownRelease& release : ui::knownReleases())
        EXPECT_TRUE(ui::HubAddress::parse(QLatin1String(release.repository))) << release.repository;
    REQUIRE_SHARED_FIXTURE("formats/pretrained_saes.yaml");
    QFile file(
        QString::fromStdString(tests::sharedFixture("formats/pretrained_saes.yaml").string()));
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    const QByteArray registry = file.readAll();
    for (const ui::KnownRelease& release : ui::knownReleases()) {
        if (release.kind == HubKind::Dictionary) {
            EXPECT_TRUE(registry.contains(QByteArray("repo_id: ") + release.repository + '\n'))
                << release.repository;
        }
    }
}

} // namespace
