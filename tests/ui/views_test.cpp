#include "ui/features/histogram_chart.h"
#include "ui/features/label_editor.h"
#include "ui/prompt/architecture_diagram.h"
#include "ui/prompt/heat_map.h"
#include "ui/shared/token_strip.h"

#include "tests/ui/support/sample_results.h"

#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTest>

#include <gtest/gtest.h>

namespace {

std::vector<ui::StripToken> strip(const QStringList& texts)
{
    std::vector<ui::StripToken> tokens;
    for (const QString& text : texts)
        tokens.push_back({.text = text});
    return tokens;
}

TEST(TokenStripTest, WrapsAndGrowsWithNarrowerWidths)
{
    ui::TokenStrip view;
    view.setTokens(strip({QStringLiteral("The"), QStringLiteral(" Golden"), QStringLiteral(" Gate"),
        QStringLiteral(" Bridge")}));
    const int wide = view.heightForWidth(2000);
    EXPECT_GT(
        view.heightForWidth(view.fontMetrics().horizontalAdvance(QStringLiteral(" Golden")) + 20),
        2 * wide);
    view.setMaximumLines(1);
    EXPECT_EQ(view.heightForWidth(60), wide);
}

TEST(TokenStripTest, ClicksAndArrowKeysChooseTokens)
{
    ui::TokenStrip view;
    view.setTokens(
        strip({QStringLiteral("one"), QStringLiteral(" two"), QStringLiteral(" three")}));
    view.resize(600, 60);
    view.show();
    QSignalSpy chosen(&view, &ui::TokenStrip::currentChanged);
    const int y = view.fontMetrics().height() / 2;
    int x = 1;
    while (view.tokenAt({x, y}) != 1)
        ++x;
    QTest::mouseClick(&view, Qt::LeftButton, {}, {x + 2, y});
    EXPECT_EQ(view.current(), 1);
    QTest::keyClick(&view, Qt::Key_Right);
    QTest::keyClick(&view, Qt::Key_Right); // the end
    EXPECT_EQ(view.current(), 2);
    QTest::keyClick(&view, Qt::Key_Home);
    EXPECT_EQ(view.current(), 0);
    EXPECT_EQ(chosen.count(), 3);
}

TEST(TokenStripTest, StrongerValuesAreFartherFromTheBackground)
{
    ui::TokenStrip view;
    view.setTokens(strip({QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c")}));
    view.setValues({0.0f, 1.0f, 4.0f});
    const auto distance = [&](int i) {
        return std::abs(
            view.colorOf(i).lightness() - view.palette().color(QPalette::Base).lightness());
    };
    EXPECT_EQ(distance(0), 0);
    EXPECT_LT(distance(1), distance(2));
    view.setScale(ui::TokenStrip::Scale::Diverging, 4.0);
    view.setValues({0.0f, -4.0f, 4.0f});
    EXPECT_GT(view.colorOf(1).blue(), view.colorOf(1).red());
    EXPECT_LT(view.colorOf(2).blue(), view.colorOf(2).red());
}

TEST(HeatMapTest, ChoosesCellsAndDescribesThem)
{
    ui::HeatMap view;
    std::vector<ui::HeatMapRow> rows;
    for (int i = 0; i < 1000; ++i)
        rows.push_back({.title = QStringLiteral("feature %1").arg(i),
            .detail = {},
            .values = {0.0f, static_cast<float>(i)}});
    view.setData({QStringLiteral("The"), QStringLiteral("·bridge")}, rows);
    view.resize(700, 300);
    view.show();
    QSignalSpy chosen(&view, &ui::HeatMap::currentChanged);
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, view.cellRect(2, 1).center());
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(chosen.at(0), (QList<QVariant>{2, 1}));
    QTest::keyClick(&view, Qt::Key_Down);
    EXPECT_EQ(view.currentRow(), 3);
    QTest::keyClick(&view, Qt::Key_Left);
    EXPECT_EQ(view.currentColumn(), 0);
    EXPECT_TRUE(view.describe(3, 1).contains(QStringLiteral("feature 3")));
    EXPECT_TRUE(view.describe(3, 1).contains(QStringLiteral("·bridge")));
    for (int i = 0; i < 30; ++i)
        QTest::keyClick(&view, Qt::Key_Down);
    EXPECT_TRUE(view.viewport()->rect().contains(view.cellRect(33, 0).center())); // scrolled along
    EXPECT_EQ(view.toTable().count(QLatin1Char('\n')), 1001);
}

TEST(ArchitectureDiagramTest, ShowsTheActiveFeaturesAndTheLosses)
{
    ui::ArchitectureDiagram view;
    view.resize(1000, 420);
    EXPECT_EQ(view.shownFeatures(), 0);
    core::ArchitectureRequest request;
    request.text = "The Golden Gate Bridge";
    request.dictionary = "saes/layer_2";
    request.position = core::Position(3);
    view.setView(
        std::make_shared<const core::ArchitectureView>(tests::sampleArchitecture(request)));
    view.show();
    EXPECT_GT(view.shownFeatures(), 5);
    EXPECT_TRUE(view.lossText().contains(QStringLiteral("3.214")));
    EXPECT_TRUE(view.lossText().contains(QStringLiteral("21.37")));
    QSignalSpy chosen(&view, &ui::ArchitectureDiagram::featureChosen);
    QTest::keyClick(&view, Qt::Key_Down);
    QTest::keyClick(&view, Qt::Key_Down);
    ASSERT_EQ(chosen.count(), 2);
    EXPECT_EQ(chosen.at(1).at(0).value<core::FeatureRef>().feature.value, 331);
    EXPECT_EQ(view.toTable().count(QLatin1Char('\n')), 20); // losses, header, 18 features
}

TEST(HistogramChartTest, DescribesBins)
{
    ui::HistogramChart chart;
    chart.setHistogram({100.0f, 0.0f, 3.0f, 1.0f}, 8.0);
    EXPECT_TRUE(chart.describeBin(2).contains(QStringLiteral("4.00 to 6.00: 3")));
    EXPECT_TRUE(chart.describeBin(4).isEmpty());
    EXPECT_EQ(chart.toTable().count(QLatin1Char('\n')), 5);
}

TEST(LabelEditorTest, OneStretchOfTypingHasOneNumber)
{
    ui::LabelEditor editor;
    editor.show();
    editor.setLabel({"suggestion", "", core::LabelSource::Suggested}, true);
    auto* text = editor.findChild<QLineEdit*>();
    QSignalSpy edited(&editor, &ui::LabelEditor::labelEdited);
    text->selectAll();
    QTest::keyClicks(text, QStringLiteral("fog"));
    editor.commit();
    QTest::keyClicks(text, QStringLiteral("gy"));
    editor.commit();
    editor.commit();
    ASSERT_EQ(edited.count(), 2);
    EXPECT_EQ(edited.at(0).at(1).value<core::Label>().text, "fog");
    EXPECT_EQ(edited.at(1).at(0).value<core::Label>().text, "fog");
    EXPECT_EQ(edited.at(1).at(1).value<core::Label>().text, "foggy");
    EXPECT_EQ(edited.at(0).at(2), edited.at(1).at(2));
    editor.setLabel({}, true);
    QTest::keyClicks(text, QStringLiteral("x"));
    editor.commit();
    ASSERT_EQ(edited.count(), 3);
    EXPECT_NE(edited.at(2).at(2), edited.at(0).at(2));
}

TEST(LabelEditorTest, NotesAloneNeverTakeASuggestionOver)
{
    ui::LabelEditor editor;
    editor.show();
    editor.setLabel({"suggestion", "", core::LabelSource::Suggested}, true);
    auto* notes = editor.findChild<QPlainTextEdit*>();
    QSignalSpy edited(&editor, &ui::LabelEditor::labelEdited);
    for (const char* typed : {"look", "look again"}) { // Twice before an answer.
        notes->setPlainText(QString::fromUtf8(typed));
        editor.commit();
        ASSERT_FALSE(edited.isEmpty());
        EXPECT_EQ(edited.last().at(1).value<core::Label>(),
            (core::Label{"", typed, core::LabelSource::None}));
    }
    EXPECT_EQ(edited.count(), 2);
    EXPECT_FALSE(editor.findChild<QLabel*>(QStringLiteral("labelBadge"))->isHidden());
}

} // namespace
