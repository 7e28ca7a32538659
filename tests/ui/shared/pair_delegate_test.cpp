#include "ui/shared/pair_delegate.h"

#include <QFontMetrics>

#include <gtest/gtest.h>

namespace {

TEST(PairDelegate, ShowsWhatDiffersHoweverNarrowTheColumn)
{
    const QFontMetrics metrics{QFont()};
    const QString dallas = QStringLiteral(
                      "Fact: the capital of the state containing Dallas is, as everybody knows,"),
                  oakland = QStringLiteral(
                      "Fact: the capital of the state containing Oakland is, as everybody knows,");
    const int width = metrics.horizontalAdvance(QStringLiteral("…containing Oakland is…"));
    for (const auto& [text, other, word] : {std::tuple(dallas, oakland, QStringLiteral("Dallas")),
             std::tuple(oakland, dallas, QStringLiteral("Oakland"))}) {
        const QString shown = ui::elidedAroundDifference(text, other, metrics, width);
        EXPECT_TRUE(shown.contains(word)) << shown.toStdString();
        EXPECT_LE(metrics.horizontalAdvance(shown), width);
        EXPECT_TRUE(shown.startsWith(QChar(0x2026)) && shown.endsWith(QChar(0x2026)));
    }
    EXPECT_EQ(ui::elidedAroundDifference(dallas, oakland, metrics, 10'000), dallas);
    // Nothing differs, nothing to hold it against, no room at all.
    for (const QString& other : {dallas, QString()})
        EXPECT_LE(
            metrics.horizontalAdvance(ui::elidedAroundDifference(dallas, other, metrics, width)),
            width);
    EXPECT_LE(ui::elidedAroundDifference(dallas, oakland, metrics, 0).size(), 3);
}

} // namespace
