#include "tests/support/fixtures.h"
#include "ui/start/glossary.h"
#include "ui/start/glossary_dialog.h"

#include <algorithm>

#include <QFile>
#include <QLineEdit>
#include <QTableView>
#include <QTest>

#include <gtest/gtest.h>

namespace {

TEST(GlossaryTest, IsTheReadmesOwnWordForWord)
{
    QFile readme(QStringLiteral(FEATURESCOPE_SOURCE_DIR "/README.md"));
    ASSERT_TRUE(readme.open(QIODevice::ReadOnly));
    QString text = QString::fromUtf8(readme.readAll());
    text.remove(QLatin1Char('`'));
    ASSERT_GT(ui::glossary().size(), 15u);
    for (const ui::GlossaryEntry& entry : ui::glossary()) {
        EXPECT_TRUE(text.contains(QStringLiteral("\n| %1 | %2 |\n").arg(entry.word, entry.meaning)))
            << entry.word.toStdString();
    }
    // Counted by hand of the file: the lines of its section that begin with a bar, less the head.
    const QString section = text.mid(text.indexOf(QLatin1String("\n## Glossary")));
    const auto lines
        = section.left(section.indexOf(QLatin1String("\n## Licence"))).count(QLatin1String("\n|"));
    EXPECT_EQ(static_cast<qsizetype>(ui::glossary().size()), lines - 2);
}

TEST(GlossaryTest, ATableInAnotherSectionIsNotRead)
{
    const auto entries
        = ui::parseGlossary(QStringLiteral("## A\n| x | y |\n|---|---|\n| 1 | 2 |\n"
                                           "## Glossary\n| word | meaning |\n|---|---|\n"
                                           "| `L0`, FVU | a | b |\n## B\n| 3 | 4 |\n"));
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].word, QStringLiteral("L0, FVU"));
    EXPECT_EQ(entries[0].meaning, QStringLiteral("a | b"));
}

TEST(GlossaryTest, IsSearchedInWordsAndMeaningsAndExplainsAControl)
{
    ui::GlossaryDialog dialog;
    dialog.show();
    auto* table = dialog.findChild<QTableView*>(QStringLiteral("glossaryTable"));
    auto* search = dialog.findChild<QLineEdit*>(QStringLiteral("glossarySearch"));
    const int all = table->model()->rowCount();
    QTest::keyClicks(search, QStringLiteral("oakland is nowhere"));
    EXPECT_EQ(table->model()->rowCount(), 0);
    search->clear();
    QTest::keyClicks(search, QStringLiteral("sacramento"));
    ASSERT_EQ(table->model()->rowCount(), 1);
    EXPECT_EQ(table->model()->index(0, 0).data().toString(), QStringLiteral("swap"));
    dialog.explain(QStringLiteral("Share of harvested tokens: Density of the chosen features"));
    EXPECT_EQ(table->model()->rowCount(), all);
    const QString word = table->currentIndex().siblingAtColumn(0).data().toString();
    EXPECT_EQ(word, QStringLiteral("feature")); // the longer of the two it speaks of
}

} // namespace
