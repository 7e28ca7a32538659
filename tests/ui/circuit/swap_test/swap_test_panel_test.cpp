#include "core/api/find_concept.h"
#include "core/api/swap_test.h"
#include "tests/ui/support/sample_patching.h"
#include "tests/ui/support/ui_test.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/swap_test/swap_test_model.h"
#include "ui/circuit/swap_test/swap_test_panel.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>

namespace {

class SwapTestPanelTest : public tests::UiTest {
protected:
    SwapTestPanelTest()
        : document(&session, &selection)
        , panel(&document)
    {
        panel.resize(1200, 450);
        panel.show();
    }
    void SetUp() override { openSample(); }
    template <typename T> T* find(const char* name)
    {
        return panel.findChild<T*>(QLatin1String(name));
    }
    void click(const char* button) { QTest::mouseClick(find<QPushButton>(button), Qt::LeftButton); }
    QTableView* table() { return find<QTableView>("swapPairs"); }
    int rows() { return table()->model()->rowCount(); }
    QString cell(int row, int column)
    {
        return table()->model()->index(row, column).data().toString();
    }
    QString message() { return panel.findChild<ui::MessageBar*>()->text(); }
    void paste(const QString& text)
    {
        QGuiApplication::clipboard()->setText(text);
        click("swapPaste");
    }
    void run()
    {
        QSignalSpy shown(&panel, &ui::SwapTestPanel::resultShown);
        click("swapRun");
        ASSERT_TRUE(await([&] { return shown.count() == 1; }));
    }

    ui::CircuitDocument document;
    ui::SwapTestPanel panel;
};

TEST_F(SwapTestPanelTest, MakesPairsFromASentenceAndCountsTheSwaps)
{
    EXPECT_TRUE(find<QPushButton>("swapExample")->isVisible());
    EXPECT_FALSE(find<QPushButton>("swapRun")->isEnabled());
    click("swapMake");
    EXPECT_TRUE(find<QWidget>("pairMaker")->isVisible());
    find<QLineEdit>("pairSentence")->setText(QStringLiteral("The capital of {} is"));
    QTest::keyClicks(find<QLineEdit>("pairFillers"), QStringLiteral("Texas, Ohio, Utah"));
    click("pairMake");
    ASSERT_EQ(rows(), 6);
    EXPECT_EQ(cell(0, ui::SwapTestModel::Prompt), QStringLiteral("The capital of Texas is"));
    EXPECT_EQ(cell(0, ui::SwapTestModel::Donor), QStringLiteral("The capital of Ohio is"));
    click("pairMake"); // the same again
    EXPECT_EQ(rows(), 6);
    EXPECT_TRUE(message().contains(QStringLiteral("already")));
    EXPECT_FALSE(find<QSpinBox>("swapLeastScore")->isVisible());
    find<QComboBox>("swapMethod")->setCurrentIndex(1);
    EXPECT_NEAR(
        find<QSpinBox>("swapLeastScore")->value(), 100 * core::SwapTestRequest().leastScore, 0.5);
    find<QSpinBox>("swapLeastScore")->setValue(85);
    run();
    ASSERT_EQ(calls<core::SwapTestRequest>().size(), 1u);
    EXPECT_EQ(calls<core::SwapTestRequest>()[0].pairs.size(), 6u);
    EXPECT_EQ(calls<core::SwapTestRequest>()[0].method, core::SwapMethod::Concept);
    EXPECT_EQ(calls<core::SwapTestRequest>()[0].leastScore, 0.85);
    EXPECT_EQ(find<QLabel>("swapRate")->text(), QStringLiteral("5 of 6 swapped (83.3 %)"));
    EXPECT_EQ(cell(0, ui::SwapTestModel::Before), QStringLiteral("·Texas  0.92"));
    EXPECT_EQ(cell(0, ui::SwapTestModel::After), QStringLiteral("·Ohio  0.71"));
    EXPECT_EQ(cell(3, ui::SwapTestModel::Swapped), QStringLiteral("not swapped"));
    const QModelIndex swapped = table()->model()->index(0, ui::SwapTestModel::Swapped);
    EXPECT_FALSE(swapped.data(Qt::DecorationRole).value<QIcon>().isNull());
    find<QSpinBox>("swapLeastScore")->setValue(80);
    EXPECT_TRUE(find<ui::Notice>("swapNote")->text().contains(QStringLiteral("at least 85.0 %")));
    find<QComboBox>("swapMethod")->setCurrentIndex(0);
    EXPECT_TRUE(find<ui::Notice>("swapNote")->text().contains(QStringLiteral("Concept")));
}

TEST_F(SwapTestPanelTest, PairsAreWrittenInTheTableAndUndone)
{
    document.setPrompt(QStringLiteral("The capital of Texas is"));
    click("swapAdd");
    ASSERT_EQ(rows(), 1);
    EXPECT_EQ(cell(0, ui::SwapTestModel::Prompt), QStringLiteral("The capital of Texas is"));
    auto* editor = table()->findChild<QLineEdit*>(); // the donor's cell is open
    ASSERT_NE(editor, nullptr);
    QTest::keyClicks(editor, QStringLiteral("The capital of Ohio is"));
    QTest::keyClick(editor, Qt::Key_Return);
    settle(); // Enter is taken up when the editor has handled it
    EXPECT_EQ(cell(0, ui::SwapTestModel::Donor), QStringLiteral("The capital of Ohio is"));
    run();
    EXPECT_EQ(find<QLabel>("swapRate")->text(), QStringLiteral("1 of 1 swapped (100 %)"));
    table()->model()->setData(table()->model()->index(0, ui::SwapTestModel::Answer),
        QStringLiteral("Columbus"), Qt::EditRole);
    EXPECT_TRUE(cell(0, ui::SwapTestModel::Swapped).isEmpty()); // not measured like this
    EXPECT_FALSE(find<QLabel>("swapRate")->isVisible());
    session.undoStack()->undo();
    EXPECT_TRUE(cell(0, ui::SwapTestModel::Answer).isEmpty());
    click("swapAdd");
    EXPECT_EQ(rows(), 2);
    EXPECT_TRUE(find<QPushButton>("swapRun")->isEnabled()); // an empty pair does not hinder
    table()->model()->setData(table()->model()->index(1, ui::SwapTestModel::Prompt),
        QStringLiteral("alone"), Qt::EditRole);
    EXPECT_FALSE(find<QPushButton>("swapRun")->isEnabled());
    EXPECT_TRUE(find<QPushButton>("swapRun")->toolTip().contains(QStringLiteral("Pair 2")));
    table()->selectRow(1);
    QTest::keyClick(table(), Qt::Key_Delete);
    EXPECT_EQ(rows(), 1);
    session.undoStack()->undo();
    EXPECT_EQ(cell(1, ui::SwapTestModel::Prompt), QStringLiteral("alone"));
}

TEST_F(SwapTestPanelTest, PastesTablesAndSaysWhatIsWrongWithOthers)
{
    paste(QStringLiteral("a is\tb is\tx\nc is\td is\n"));
    EXPECT_EQ(rows(), 2);
    EXPECT_EQ(cell(0, ui::SwapTestModel::Answer), QStringLiteral("x"));
    QGuiApplication::clipboard()->setText(QStringLiteral("[[\"e\", \"f\"]]"));
    QTest::keyClick(table(), Qt::Key_V, Qt::ControlModifier);
    EXPECT_EQ(rows(), 3);
    paste(QStringLiteral("nothing to see"));
    EXPECT_EQ(rows(), 3);
    EXPECT_TRUE(message().contains(QStringLiteral("Line 1"))) << qPrintable(message());
    table()->actions().front()->trigger(); // copy as table
    const QString copied = QGuiApplication::clipboard()->text();
    EXPECT_TRUE(copied.contains(QStringLiteral("a is\tb is\tx")));
    session.undoStack()->undo();
    session.undoStack()->undo();
    EXPECT_EQ(rows(), 0);
    paste(copied); // what was copied can be pasted
    EXPECT_EQ(rows(), 3);
}

TEST_F(SwapTestPanelTest, FilesHoldWhatTheCommandLineReads)
{
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("pairs.json"));
    paste(QStringLiteral("a is\tb is\tx\nc is\td is\n"));
    ASSERT_TRUE(panel.savePairs(path));
    session.undoStack()->undo();
    ASSERT_EQ(rows(), 0);
    ASSERT_TRUE(panel.loadPairs(path));
    ASSERT_EQ(rows(), 2);
    EXPECT_EQ(cell(0, ui::SwapTestModel::Answer), QStringLiteral("x"));
    EXPECT_EQ(cell(1, ui::SwapTestModel::Donor), QStringLiteral("d is"));
    QFile broken(folder.filePath(QStringLiteral("broken.json")));
    ASSERT_TRUE(broken.open(QIODevice::WriteOnly));
    broken.write("[{\"prompt\": 1}]");
    broken.close();
    const auto loaded = panel.loadPairs(broken.fileName());
    ASSERT_FALSE(loaded);
    EXPECT_NE(loaded.error().message.find("broken.json"), std::string::npos);
    EXPECT_EQ(rows(), 2); // never half-loaded
    EXPECT_EQ(panel.loadPairs(folder.filePath(QStringLiteral("none"))).error().code,
        core::Error::Code::Io);
}

TEST_F(SwapTestPanelTest, EnterOnARowAsksToSeeThatSwapAlone)
{
    paste(QStringLiteral("a is\tb is\nc is\td is\n"));
    QSignalSpy chosen(&panel, &ui::SwapTestPanel::swapChosen);
    EXPECT_FALSE(find<QPushButton>("swapShow")->isEnabled());
    table()->setFocus();
    table()->setCurrentIndex(table()->model()->index(1, 0));
    QTest::keyClick(table(), Qt::Key_Return);
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(chosen.at(0), (QList<QVariant>{QStringLiteral("c is"), QStringLiteral("d is")}));
    click("swapShow");
    EXPECT_EQ(chosen.count(), 2);
}

TEST_F(SwapTestPanelTest, PairsAddedLaterAreNotCounted)
{
    paste(QStringLiteral("a is\tb is\n"));
    run();
    paste(QStringLiteral("c is\td is\n"));
    EXPECT_EQ(find<QLabel>("swapRate")->text(), QStringLiteral("1 of 1 swapped (100 %)"));
    EXPECT_TRUE(find<ui::Notice>("swapNote")->text().contains(QStringLiteral("not counted")));
    engine->hold();
    click("swapRun");
    EXPECT_TRUE(find<QPushButton>("swapRun")->text().contains(QStringLiteral("Stop")));
    click("swapRun");
    EXPECT_EQ(engine->cancelled.back(), "swap-test");
    engine->releaseAll();
    ASSERT_TRUE(await([this] { return !session.isBusy(ui::kTag<core::SwapTestRequest>); }));
    engine->script<core::SwapTestRequest>().failWith("No transcoders are open.");
    click("swapRun");
    ASSERT_TRUE(await([this] { return message().contains(QStringLiteral("No transcoders")); }));
}

TEST_F(SwapTestPanelTest, FindsTheFeaturesOfAConcept)
{
    find<QTabWidget>("swapTestTabs")->setCurrentIndex(1);
    auto* with = find<QPlainTextEdit>("conceptWith");
    auto* without = find<QPlainTextEdit>("conceptWithout");
    auto* button = find<QPushButton>("conceptFind");
    EXPECT_FALSE(button->isEnabled());
    with->setPlainText(QStringLiteral("Dallas is in\n\nHouston is in\n"));
    without->setPlainText(QStringLiteral("Miami is in"));
    QTest::mouseClick(button, Qt::LeftButton);
    auto* features = find<QTableView>("conceptFeatures");
    ASSERT_TRUE(await([&] { return features->model()->rowCount() == 8; }));
    ASSERT_EQ(calls<core::ConceptRequest>().size(), 1u);
    EXPECT_EQ(calls<core::ConceptRequest>()[0].with,
        (std::vector<std::string>{"Dallas is in", "Houston is in"}));
    EXPECT_EQ(calls<core::ConceptRequest>()[0].without, std::vector<std::string>{"Miami is in"});
    EXPECT_EQ(features->model()->index(1, 2).data().toString(), QStringLiteral("94.0 %"));
    features->selectRow(1);
    ASSERT_TRUE(selection.feature());
    EXPECT_EQ(selection.feature()->feature, core::FeatureId(18));
    EXPECT_TRUE(find<ui::Notice>("conceptNote")->text().isEmpty());
    without->appendPlainText(QStringLiteral("Utah"));
    EXPECT_TRUE(find<ui::Notice>("conceptNote")->text().contains(QStringLiteral("changed since")));
    engine->script<core::ConceptRequest>().answer = [](const core::ConceptRequest& request) {
        return core::ConceptFeatures{request, {}};
    };
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_TRUE(await([&] {
        return find<QLabel>("conceptSummary")->text().contains(QStringLiteral("No feature"));
    }));
}

TEST_F(SwapTestPanelTest, NothingIsCutInTheRoomOfTheCircuitPage)
{
    click("swapExample");
    EXPECT_EQ(rows(), 6);
    EXPECT_LE(panel.minimumSizeHint().width(), 1200);
    EXPECT_LE(panel.minimumSizeHint().height(), 450);
    for (const char* name : {"swapAdd", "swapShow", "swapMethod", "swapRun"}) {
        const auto* widget = find<QWidget>(name);
        EXPECT_TRUE(panel.rect().contains(QRect(widget->mapTo(&panel, QPoint()), widget->size())))
            << name;
    }
}

} // namespace
