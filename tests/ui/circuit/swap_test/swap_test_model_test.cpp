#include "ui/circuit/swap_test/swap_pairs.h"
#include "ui/circuit/swap_test/swap_test_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include <gtest/gtest.h>

namespace {

TEST(SwapPairsTest, ReadsLinesPartedByTabsOrCommas)
{
    const auto tabs = ui::parseSwapPairs(
        QStringLiteral("Prompt\tDonor\tExpected answer\nA, is\tB, is\t x\r\n\nC\tD\n"));
    ASSERT_TRUE(tabs);
    ASSERT_EQ(tabs->size(), 2u);
    EXPECT_EQ((*tabs)[0].prompt, "A, is");
    EXPECT_EQ((*tabs)[0].answer, "x");
    EXPECT_EQ((*tabs)[1].donor, "D");
    EXPECT_TRUE((*tabs)[1].answer.empty());

    const auto commas = ui::parseSwapPairs(QStringLiteral("\"He said \"\"no, no\"\"\", b , c"));
    ASSERT_TRUE(commas);
    EXPECT_EQ((*commas)[0].prompt, "He said \"no, no\"");
    EXPECT_EQ((*commas)[0].donor, "b");
    EXPECT_EQ((*commas)[0].answer, "c");
}

TEST(SwapPairsTest, JsonGoesOutAndComesBack)
{
    const std::vector<core::SwapPair> pairs{{"a \"1\"", "ß", "x"}, {"b", "c", ""}};
    const QByteArray json = ui::swapPairsJson(pairs);
    EXPECT_FALSE(json.contains("\"answer\": \"\""));
    const auto back = ui::parseSwapPairs(QString::fromUtf8(json));
    ASSERT_TRUE(back);
    ASSERT_EQ(back->size(), 2u);
    EXPECT_TRUE(ui::isSame((*back)[0], pairs[0]));
    EXPECT_TRUE(ui::isSame((*back)[1], pairs[1]));
    const auto arrays = ui::parseSwapPairs(QStringLiteral(R"([["a", "b"], ["c", "d", "e"]])"));
    ASSERT_TRUE(arrays);
    EXPECT_EQ((*arrays)[1].answer, "e");
}

TEST(SwapPairsTest, SaysWhereATextIsWrong)
{
    const std::vector<std::pair<const char*, const char*>> cases{{"only one field", "Line 1"},
        {"a,b\nc\td\ne", "Line 3"}, {"a, b, c, d", "4 fields"}, {"", "no pairs"},
        {"[{\"prompt\": \"a\"}]", "Entry 1"}, {"[{\"prompt\": \"a\", \"donor\": 3}]", "Entry 1"},
        {"[[\"a\", \"b\"], 7]", "Entry 2"}, {"{\"prompt\": \"a\"}", "array"},
        {"[{\"prompt\"", "broken at byte"}};
    for (const auto& [text, part] : cases) {
        const auto pairs = ui::parseSwapPairs(QString::fromUtf8(text));
        ASSERT_FALSE(pairs) << text;
        EXPECT_NE(pairs.error().message.find(part), std::string::npos)
            << text << ": " << pairs.error().message;
    }
}

TEST(SwapPairsTest, MakesAllOrderedPairsOfDifferentFillers)
{
    const QStringList fillers = ui::parseFillers(QStringLiteral(" Dallas, Oakland,,Dallas\nMiami"));
    EXPECT_EQ(fillers.size(), 3);
    const auto pairs = ui::makeSwapPairs(QStringLiteral("{} is, yes {}"), fillers);
    ASSERT_EQ(pairs.size(), 6u);
    EXPECT_EQ(pairs[0].prompt, "Dallas is, yes Dallas");
    EXPECT_EQ(pairs[0].donor, "Oakland is, yes Oakland");
    for (const core::SwapPair& pair : pairs)
        EXPECT_NE(pair.prompt, pair.donor);
    EXPECT_TRUE(ui::makeSwapPairs(QStringLiteral("no gap"), fillers).empty());
}

TEST(SwapTestModelTest, ResultsStayWithTheirPairsAndLeaveWithAnEdit)
{
    ui::SwapTestModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setPairs({{"a", "b", ""}, {"b", "a", ""}, {"c", "d", "e"}});
    core::SwapTestResult result;
    result.request.pairs = {{"c", "d", "e"}, {"a", "b", ""}, {"gone", "b", ""}};
    core::SwapResult yes, no;
    yes.after = {{core::TokenId(1), " Yes", 0.5f}};
    yes.isSwapped = true;
    result.results = {yes, no, yes};
    model.setResults(result);
    EXPECT_EQ(model.measuredCount(), 2);
    EXPECT_EQ(model.swappedCount(), 1);
    const auto text
        = [&](int row, int column) { return model.index(row, column).data().toString(); };
    EXPECT_EQ(text(2, ui::SwapTestModel::Swapped), QStringLiteral("swapped"));
    EXPECT_EQ(text(2, ui::SwapTestModel::After), QStringLiteral("·Yes  0.50"));
    EXPECT_EQ(text(0, ui::SwapTestModel::Swapped), QStringLiteral("not swapped"));
    EXPECT_TRUE(text(1, ui::SwapTestModel::Swapped).isEmpty());

    core::SwapPair asked;
    QObject::connect(&model, &ui::SwapTestModel::editRequested, &model,
        [&](int, const core::SwapPair& pair) { asked = pair; });
    EXPECT_TRUE(
        model.setData(model.index(2, ui::SwapTestModel::Donor), QStringLiteral("z"), Qt::EditRole));
    EXPECT_EQ(asked.donor, "z");
    EXPECT_EQ(asked.answer, "e");
    EXPECT_EQ(text(2, ui::SwapTestModel::Donor), QStringLiteral("d")); // the owner decides
    EXPECT_FALSE(
        model.setData(model.index(2, ui::SwapTestModel::After), QStringLiteral("z"), Qt::EditRole));

    model.setPairs({{"c", "d", "e"}, {"a", "z", ""}}); // moved, edited and removed
    EXPECT_TRUE(model.hasResult(0));
    EXPECT_FALSE(model.hasResult(1));
}

} // namespace
