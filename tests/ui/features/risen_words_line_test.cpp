#include "ui/features/risen_words_line.h"

#include "tests/ui/support/sample_results.h"
#include "tests/ui/support/ui_test.h"

#include <QLabel>
#include <QPushButton>

namespace {

using RisenWordsLineTest = tests::UiTest;

TEST_F(RisenWordsLineTest, AsksOnAClickAndForgetsWithAnotherFeature)
{
    engine->script<core::RisenWordsRequest>().answer
        = [](const core::RisenWordsRequest& request) -> core::Result<core::RisenWords> {
        return core::RisenWords{
            request, {{"bridge", 22, 1, 6.2}, {"fog", 12, 0, 3.3}}, " the bridge", " soup", {}};
    };
    ui::RisenWordsLine line(&session);
    auto* button = line.findChild<QPushButton*>(QStringLiteral("askRisenWords"));
    const auto* words = line.findChild<QLabel*>(QStringLiteral("risenWords"));
    core::FeatureRow row = tests::sampleRow({"saes/layer_2", core::FeatureId(3)});
    row.maxActivation = 0;
    line.setFeature(row);
    EXPECT_TRUE(line.isHidden()); // no strength to hold it at
    row.maxActivation = 2;
    line.setFeature(row);
    line.show();
    EXPECT_TRUE(engine->script<core::RisenWordsRequest>().calls.empty());
    button->click();
    ASSERT_TRUE(await([&] {
        return words->text().contains(QStringLiteral("bridge (22, else 1)"));
    })) << words->text().toStdString();
    EXPECT_TRUE(words->text().contains(QStringLiteral("fog (12, else 0)")));
    EXPECT_TRUE(words->text().contains(QStringLiteral("From my experience, the bridge")));
    EXPECT_TRUE(button->isEnabled());
    EXPECT_EQ(engine->script<core::RisenWordsRequest>().calls.back().feature, row.feature);
    row.feature.feature = core::FeatureId(4);
    line.setFeature(row);
    EXPECT_TRUE(words->isHidden());
    engine->script<core::RisenWordsRequest>().failWith("no room");
    button->click();
    ASSERT_TRUE(await([&] { return words->text() == QStringLiteral("no room"); }));
    EXPECT_TRUE(button->isEnabled());
}

} // namespace
