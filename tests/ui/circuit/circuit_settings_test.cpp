#include "core/api/dictionary_info.h"
#include "core/api/engine_state.h"
#include "core/api/estimate_trace.h"
#include "core/api/open_model.h"
#include "core/api/trace.h"
#include "tests/ui/support/circuit_test.h"
#include "ui/circuit/circuit_settings.h"
#include "ui/session/settings.h"
#include "ui/shared/notice.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QToolButton>

namespace {

class CircuitSettingsTest : public tests::CircuitTest {
protected:
    void openBox() { QTest::mouseClick(find<QToolButton>("explainButton"), Qt::LeftButton); }
    ui::Notice* estimate() { return find<ui::Notice>("traceEstimate"); }
    static core::TraceEstimate answer(const core::TraceRequest& request)
    {
        core::TraceEstimate estimate;
        estimate.request = request;
        estimate.tokens = 9;
        estimate.activeFeatures = 3456;
        estimate.tracedFeatures = request.memoryBytes > 0 ? 1200 : 3456;
        estimate.matrixBytes = 48'000'000;
        estimate.workBytes = 12'000'000;
        estimate.seconds = 4.3;
        return estimate;
    }
};

TEST_F(CircuitSettingsTest, WhatIsSetReachesTheEngine)
{
    openBox();
    EXPECT_TRUE(page.findChild<ui::CircuitSettings*>()->isVisible());
    QTest::keyClicks(
        find<QLineEdit>("traceTargets"), QStringLiteral("Austin - Sacramento, Dallas@2"));
    find<QSpinBox>("traceLogits")->setValue(7);
    find<QDoubleSpinBox>("traceProbability")->setValue(0.75);
    find<QSpinBox>("traceFeatures")->setValue(512);
    find<QDoubleSpinBox>("traceMemory")->setValue(1.5);
    auto* dictionaries = find<QComboBox>("traceDictionaries");
    const int transcoders
        = dictionaries->findText(QStringLiteral("transcoders"), Qt::MatchContains);
    ASSERT_GE(transcoders, 1);
    dictionaries->setCurrentIndex(transcoders);
    QTest::mouseClick(find<QPushButton>("traceButton"), Qt::LeftButton);
    ASSERT_TRUE(await([this] { return calls<core::TraceRequest>().size() == 2; }));
    const core::TraceRequest& request = calls<core::TraceRequest>().back();
    EXPECT_EQ(request.targets, (std::vector<std::string>{"Austin - Sacramento", "Dallas@2"}));
    EXPECT_EQ(request.settings.maxLogits, 7);
    EXPECT_DOUBLE_EQ(request.settings.logitProbability, 0.75);
    EXPECT_EQ(request.settings.maxFeatures, 512);
    EXPECT_EQ(request.memoryBytes, 1'610'612'736);
    EXPECT_EQ(request.dictionaries,
        (std::vector<std::string>{"transcoders/layer_0", "transcoders/layer_1"}));
    EXPECT_FALSE(find<QSpinBox>("traceLogits")->isEnabled()); // a target names the tokens itself
    EXPECT_TRUE(find<QToolButton>("explainButton")->text().contains(QStringLiteral("changed")));
}

TEST_F(CircuitSettingsTest, ATargetKeepsItsLeadingSpace)
{
    openBox();
    find<QLineEdit>("traceTargets")->setText(QStringLiteral(" in,an,  s, "));
    QTest::mouseClick(find<QPushButton>("traceButton"), Qt::LeftButton);
    ASSERT_TRUE(await([this] { return calls<core::TraceRequest>().size() == 2; }));
    EXPECT_EQ(
        calls<core::TraceRequest>().back().targets, (std::vector<std::string>{" in", "an", " s"}));
}

TEST_F(CircuitSettingsTest, NothingSetLeavesTheChoiceToTheEngine)
{
    const core::TraceRequest& request = calls<core::TraceRequest>().front();
    EXPECT_TRUE(request.targets.empty());
    EXPECT_TRUE(request.dictionaries.empty());
    EXPECT_EQ(request.settings.maxFeatures, 0);
    EXPECT_EQ(request.memoryBytes, 0);
    EXPECT_EQ(find<QToolButton>("explainButton")->text(), QStringLiteral("What to e&xplain"));
}

TEST_F(CircuitSettingsTest, TheCostIsEstimatedWhileOneTypesAndOnlyWhenShown)
{
    engine->script<core::EstimateTraceRequest>().answer
        = [](const core::EstimateTraceRequest& r) { return answer(r.trace); };
    auto* prompt = find<QLineEdit>("circuitPrompt");
    prompt->setText(QStringLiteral("hidden"));
    settle();
    EXPECT_TRUE(calls<core::EstimateTraceRequest>().empty());
    openBox();
    prompt->clear();
    QTest::keyClicks(prompt, QStringLiteral("a longer prompt"));
    ASSERT_TRUE(await([this] { return estimate()->text().contains(QStringLiteral("3,456")); }));
    EXPECT_LT(calls<core::EstimateTraceRequest>().size(), 5u); // not one for each key
    EXPECT_EQ(calls<core::EstimateTraceRequest>().back().trace.prompt, "a longer prompt");
    EXPECT_EQ(estimate()->kind(), ui::Notice::Kind::Info);
    for (const char* text : {"9 tokens", "matrix 45.8 MB", "11.4 MB more", "4.3 s"})
        EXPECT_TRUE(estimate()->text().contains(QLatin1String(text)))
            << text << " in " << qPrintable(estimate()->text());
}

TEST_F(CircuitSettingsTest, ALimitIsAWarningAndAMistakeIsSaidInTheBox)
{
    engine->script<core::EstimateTraceRequest>().answer
        = [](const core::EstimateTraceRequest& r) { return answer(r.trace); };
    openBox();
    find<QDoubleSpinBox>("traceMemory")->setValue(0.01);
    ASSERT_TRUE(
        await([this] { return estimate()->text().contains(QStringLiteral("1,200 of 3,456")); }));
    EXPECT_EQ(estimate()->kind(), ui::Notice::Kind::Warning);
    engine->script<core::EstimateTraceRequest>().failWith(
        "`Austinn` is not one token of this model.");
    find<QLineEdit>("traceTargets")->setText(QStringLiteral("Austinn"));
    ASSERT_TRUE(await([this] { return estimate()->text().contains(QStringLiteral("Austinn")); }));
    EXPECT_EQ(estimate()->kind(), ui::Notice::Kind::Warning);
    EXPECT_TRUE(error().isEmpty()); // while one types, the page does not shout
}

TEST_F(CircuitSettingsTest, SettingsAreRemembered)
{
    QTemporaryDir folder;
    {
        ui::Settings settings(folder.path());
        ui::CircuitDocument other(&session, &selection);
        ui::CircuitSettings box(&other, &settings);
        box.findChild<QLineEdit*>(QStringLiteral("traceTargets"))
            ->setText(QStringLiteral("Austin"));
        box.findChild<QSpinBox*>(QStringLiteral("traceLogits"))->setValue(3);
        box.findChild<QSpinBox*>(QStringLiteral("traceFeatures"))->setValue(1024);
        box.findChild<QDoubleSpinBox*>(QStringLiteral("traceMemory"))->setValue(2.5);
        box.findChild<QDoubleSpinBox*>(QStringLiteral("traceProbability"))->setValue(0.5);
    }
    ui::Settings settings(folder.path());
    ui::CircuitDocument other(&session, &selection);
    const ui::CircuitSettings box(&other, &settings);
    const core::TraceRequest request = other.traceRequest(QStringLiteral("p"));
    EXPECT_EQ(request.targets, std::vector<std::string>{"Austin"});
    EXPECT_EQ(request.settings.maxLogits, 3);
    EXPECT_EQ(request.settings.maxFeatures, 1024);
    EXPECT_EQ(request.memoryBytes, 2'684'354'560);
    EXPECT_DOUBLE_EQ(request.settings.logitProbability, 0.5);
}

TEST_F(CircuitSettingsTest, ResidualSaesComeLastAndAutomaticFirst)
{
    engine->script<core::OpenModelRequest>().answer = [](const core::OpenModelRequest&) {
        core::EngineState state = tests::sampleState();
        state.dictionaries.clear();
        const auto add = [&](core::DictionaryKind kind, const std::string& set, int layer,
                             const std::string& hook) {
            core::DictionaryInfo info;
            info.kind = kind;
            info.path = "/d/" + set + "/layer_" + std::to_string(layer);
            info.name = set + "/layer_" + std::to_string(layer);
            info.layer = core::Layer(layer);
            info.hookIn = "blocks." + std::to_string(layer) + "." + hook;
            state.dictionaries.push_back(info);
        };
        for (const int layer : {1, 0})
            add(core::DictionaryKind::Sae, "saes", layer, "hook_resid_post");
        add(core::DictionaryKind::Sae, "attention", 0, "attn.hook_z"); // no graph is made of these
        add(core::DictionaryKind::Sae, "concepts", 0, "hook_resid_post"); // nor of these
        state.dictionaries.back().areConcepts = true;
        for (const int layer : {0, 1})
            add(core::DictionaryKind::CrossLayerTranscoder, "clt_a", layer, "hook_mlp_in");
        for (const int layer : {0, 1})
            add(core::DictionaryKind::CrossLayerTranscoder, "clt_b", layer, "hook_mlp_in");
        return state;
    };
    openSample();
    auto* sets = find<QComboBox>("traceDictionaries");
    ASSERT_TRUE(await([&] { return sets->count() == 4; }));
    EXPECT_EQ(sets->itemText(0), QStringLiteral("Automatic"));
    EXPECT_EQ(sets->itemText(1), QStringLiteral("clt_a: cross-layer transcoder, 2 layers"));
    EXPECT_EQ(sets->itemText(2), QStringLiteral("clt_b: cross-layer transcoder, 2 layers"));
    EXPECT_EQ(sets->itemText(3), QStringLiteral("saes: residual SAEs, 2 layers"));
    sets->setCurrentIndex(3);
    document().trace(QStringLiteral("p"));
    ASSERT_TRUE(await([this] { return calls<core::TraceRequest>().size() == 2; }));
    EXPECT_EQ(calls<core::TraceRequest>().back().dictionaries,
        (std::vector<std::string>{"saes/layer_0", "saes/layer_1"}));
}

} // namespace
