#include "ui/models/models_page.h"

#include "core/api/add_dictionaries.h"
#include "core/api/close_dictionary.h"
#include "core/api/evaluate.h"
#include "core/api/harvest.h"
#include "core/api/inspect_dictionaries.h"
#include "core/api/inspect_model.h"
#include "core/api/open_model.h"
#include "core/api/self_check.h"
#include "tests/ui/support/ui_test.h"
#include "ui/models/density_chart.h"
#include "ui/models/hub/catalogue_model.h"
#include "ui/models/hub/hub_dialog.h"
#include "ui/models/memory_cost_model.h"
#include "ui/models/open_model_dialog.h"
#include "ui/models/quality_panel.h"
#include "ui/models/recent_menu.h"
#include "ui/models/self_check_view.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableView>
#include <QTemporaryDir>

namespace {

core::MemoryCost way(const char* device, const char* dtype, std::int64_t megabytes, bool fits)
{
    core::MemoryCost cost;
    cost.device = device;
    cost.dtype = dtype;
    cost.weightBytes = megabytes << 20;
    cost.freeBytes = 1000LL << 20;
    cost.fits = fits;
    return cost;
}

class ModelsPageTest : public tests::UiTest {
protected:
    void showPage()
    {
        page.resize(1000, 900);
        page.show();
    }
    /// The inspection, once it is there.
    ui::OpenModelDialog* dialog()
    {
        ui::OpenModelDialog* found = nullptr;
        EXPECT_TRUE(await([&] {
            found = page.window()->findChild<ui::OpenModelDialog*>();
            return found != nullptr;
        }));
        return found;
    }
    void costsAre(std::vector<core::MemoryCost> costs)
    {
        engine->script<core::InspectModelRequest>().answer
            = [costs = std::move(costs)](const core::InspectModelRequest& r) {
                  core::ModelInfo info = tests::sampleModel();
                  info.path = r.model.path;
                  info.isLoaded = false;
                  info.costs = costs;
                  return info;
              };
    }
    ui::MessageBar* bar() { return page.findChild<ui::MessageBar*>(); }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    ui::ModelsPage page{&session, &selection, &settings};
};

TEST_F(ModelsPageTest, AModelIsShownWithItsCostsBeforeItIsLoaded)
{
    showPage();
    page.open(QStringLiteral("/models/large"), ui::Opener::Ask::Always);
    ui::OpenModelDialog* shown = dialog();
    ASSERT_TRUE(shown);
    EXPECT_TRUE(engine->script<core::OpenModelRequest>().calls.empty());
    const QString facts = find<QLabel>(*shown, "modelFacts")->text();
    for (const char* fact : {"llama", "4 layers", "SwiGLU", "float16", "no chat template",
             "byte-level BPE", "/models/large"})
        EXPECT_TRUE(facts.contains(QLatin1String(fact))) << fact << " in " << facts.toStdString();
    auto* table = find<QTableView>(*shown, "costTable");
    ASSERT_EQ(table->model()->rowCount(), 4);
    EXPECT_EQ(table->currentIndex().row(), 0); // float32, as the preferences say
    const auto cell
        = [&](int row, int column) { return table->model()->index(row, column).data().toString(); };
    EXPECT_EQ(cell(0, ui::MemoryCostModel::Total), QStringLiteral("26.5 MB"));
    EXPECT_EQ(cell(0, ui::MemoryCostModel::Fits), QStringLiteral("fits"));
    EXPECT_EQ(cell(3, ui::MemoryCostModel::Fits), QStringLiteral("18.5 MB too much"));

    // A row that does not fit is shown, says why, and cannot be opened.
    auto* open = find<QPushButton>(*shown, "openButton");
    table->setCurrentIndex(table->model()->index(3, 0));
    EXPECT_FALSE(open->isEnabled());
    EXPECT_EQ(find<ui::Notice>(*shown, "costNote")->kind(), ui::Notice::Kind::Warning);
    EXPECT_TRUE(find<ui::Notice>(*shown, "costNote")->text().contains(QStringLiteral("26.5 MB")));
    EXPECT_TRUE(shown->isVisible());

    table->setCurrentIndex(table->model()->index(2, 0));
    EXPECT_EQ(find<ui::Notice>(*shown, "costNote")->kind(), ui::Notice::Kind::Good);
    QTest::mouseClick(open, Qt::LeftButton);
    ASSERT_TRUE(await([&] { return session.hasModel(); }));
    ASSERT_EQ(engine->script<core::OpenModelRequest>().calls.size(), 1u);
    EXPECT_EQ(engine->script<core::OpenModelRequest>().calls[0].path, "/models/large");
    EXPECT_EQ(engine->script<core::OpenModelRequest>().calls[0].device, "cpu");
    EXPECT_EQ(engine->script<core::OpenModelRequest>().calls[0].dtype, "int8");
    EXPECT_EQ(settings.value(ui::SettingKey::RecentModels).toStringList(),
        QStringList{QStringLiteral("/models/large")});
    EXPECT_EQ(find<QTableView>(page, "dictionaryTable")->model()->rowCount(), 4);
}

TEST_F(ModelsPageTest, WhatAModelsFilesSayOtherwiseThanItsConfigIsShownBeforeItIsLoaded)
{
    const std::string said = "model.safetensors: the stored `lm_head.weight` is used.";
    engine->script<core::InspectModelRequest>().answer
        = [&](const core::InspectModelRequest& request) {
              core::ModelInfo info = tests::sampleModel();
              info.path = request.model.path;
              info.isLoaded = false;
              info.costs = {way("cpu", "float32", 20, true)};
              info.warnings = {said};
              return info;
          };
    showPage();
    page.open(QStringLiteral("/models/own-head"), ui::Opener::Ask::Always);
    ui::OpenModelDialog* shown = dialog();
    ASSERT_TRUE(shown);
    auto* notice = find<ui::Notice>(*shown, "modelWarning");
    EXPECT_EQ(notice->text().toStdString(), said);
    EXPECT_TRUE(notice->isVisible());
    shown->reject();
}

TEST_F(ModelsPageTest, TheChoiceIsRememberedAndTakenWithoutAskingWhileItFits)
{
    showPage();
    page.open(QStringLiteral("/models/a"), ui::Opener::Ask::WhenNew);
    ui::OpenModelDialog* shown = dialog(); // new, so it asks
    ASSERT_TRUE(shown);
    auto* table = find<QTableView>(*shown, "costTable");
    table->setCurrentIndex(table->model()->index(1, 0));
    shown->accept();
    ASSERT_TRUE(await([&] {
        return engine->script<core::OpenModelRequest>().calls.size() == 1 && !session.isBusy();
    }));
    settle();

    page.open(QStringLiteral("/models/a"), ui::Opener::Ask::WhenNew);
    ASSERT_TRUE(await([&] { return engine->script<core::OpenModelRequest>().calls.size() == 2; }));
    EXPECT_EQ(engine->script<core::OpenModelRequest>().calls[1].dtype, "float16");

    // Always asks when it is asked to, with the remembered way chosen.
    page.open(QStringLiteral("/models/a"), ui::Opener::Ask::Always);
    shown = dialog();
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->choice()->dtype, "float16");
    shown->reject();
    ASSERT_TRUE(await([&] { return !page.window()->findChild<ui::OpenModelDialog*>(); }));

    // It does not fit any more: asks again, and the first way that fits is chosen.
    costsAre({way("cpu", "float32", 4000, false), way("cpu", "float16", 2000, false),
        way("cpu", "int8", 900, true)});
    page.open(QStringLiteral("/models/a"), ui::Opener::Ask::WhenNew);
    shown = dialog();
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->choice()->dtype, "int8");
    EXPECT_EQ(engine->script<core::OpenModelRequest>().calls.size(), 2u);
}

TEST_F(ModelsPageTest, AModelThatFitsNowhereCannotBeOpened)
{
    costsAre({way("cpu", "float32", 4000, false), way("cpu", "int8", 2000, false)});
    showPage();
    page.open(QStringLiteral("/models/huge"), ui::Opener::Ask::Always);
    ui::OpenModelDialog* shown = dialog();
    ASSERT_TRUE(shown);
    EXPECT_FALSE(find<QPushButton>(*shown, "openButton")->isEnabled());
    EXPECT_TRUE(
        find<ui::Notice>(*shown, "costNote")->text().contains(QStringLiteral("No way fits")));
    QTest::keyClick(find<QTableView>(*shown, "costTable"), Qt::Key_Return);
    EXPECT_TRUE(shown->isVisible());
    EXPECT_TRUE(engine->script<core::OpenModelRequest>().calls.empty());
    QTest::keyClick(shown, Qt::Key_Escape);
    EXPECT_FALSE(session.hasModel());
}

TEST_F(ModelsPageTest, TheKeyboardChoosesARowAndOpens)
{
    showPage();
    page.open(QStringLiteral("/models/a"), ui::Opener::Ask::Always);
    ui::OpenModelDialog* shown = dialog();
    ASSERT_TRUE(shown);
    auto* table = find<QTableView>(*shown, "costTable");
    QTest::keyClick(table, Qt::Key_Down);
    QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
    EXPECT_TRUE(QGuiApplication::clipboard()->text().startsWith(QStringLiteral("Device\t")));
    EXPECT_EQ(QGuiApplication::clipboard()->text().count(QLatin1Char('\n')), 5);
    QTest::keyClick(table, Qt::Key_Return);
    ASSERT_TRUE(await([&] { return session.hasModel(); }));
    EXPECT_EQ(engine->script<core::OpenModelRequest>().calls[0].dtype, "float16");
}

TEST_F(ModelsPageTest, ABadFolderIsItsExactMessageAndNothingIsOpened)
{
    showPage();
    engine->script<core::InspectModelRequest>().failWith(
        "/tmp/x/config.json: model_type `mamba` is not supported.", core::Error::Code::Unsupported);
    engine->script<core::InspectDictionariesRequest>().failWith("/tmp/x: holds no dictionary.");
    page.open(QStringLiteral("/tmp/x"), ui::Opener::Ask::Always);
    ASSERT_TRUE(await([&] { return bar()->isVisible(); }));
    EXPECT_EQ(
        bar()->text(), QStringLiteral("/tmp/x/config.json: model_type `mamba` is not supported."));
    EXPECT_FALSE(page.window()->findChild<ui::OpenModelDialog*>());

    // Neither a model nor a dictionary: both reasons, and what was expected.
    engine->script<core::InspectModelRequest>().failWith(
        "/tmp/x/config.json: the file is not there.", core::Error::Code::NotFound);
    page.open(QStringLiteral("/tmp/x"), ui::Opener::Ask::Always);
    ASSERT_TRUE(await([&] { return bar()->text().contains(QStringLiteral("is not there")); }));
    EXPECT_TRUE(bar()->text().contains(QStringLiteral("/tmp/x: holds no dictionary.")));
    EXPECT_TRUE(bar()->text().contains(QStringLiteral("Expected: a Hugging Face folder")));
    EXPECT_TRUE(engine->script<core::OpenModelRequest>().calls.empty());
}

TEST_F(ModelsPageTest, ADictionaryIsAddedToTheOpenModelAndRefusedWithoutOne)
{
    showPage();
    engine->script<core::InspectModelRequest>().failWith(
        "no config.json", core::Error::Code::NotFound);
    page.open(QStringLiteral("/saes/x"), ui::Opener::Ask::Always);
    ASSERT_TRUE(await([&] { return bar()->isVisible(); }));
    EXPECT_TRUE(bar()->text().contains(QStringLiteral("model"))) << bar()->text().toStdString();
    EXPECT_TRUE(engine->script<core::AddDictionariesRequest>().calls.empty());

    openSample();
    page.open(QStringLiteral("/saes/x"), ui::Opener::Ask::Always);
    ASSERT_TRUE(await([&] {
        return engine->script<core::AddDictionariesRequest>().calls.size() == 1
            && !session.isBusy();
    }));
    EXPECT_EQ(engine->script<core::AddDictionariesRequest>().calls[0].path, "/saes/x");
    EXPECT_EQ(settings.recentDictionaries(QStringLiteral("builtin")),
        QStringList{QStringLiteral("/saes/x")});

    engine->script<core::AddDictionariesRequest>().failWith(
        "/saes/y: d_in is 768, d_model of featurescope-small is 192.");
    page.open(QStringLiteral("/saes/y"), ui::Opener::Ask::Always);
    ASSERT_TRUE(await([&] { return bar()->isVisible(); }));
    EXPECT_TRUE(bar()->text().contains(QStringLiteral("d_in is 768")));
}

TEST_F(ModelsPageTest, TheSelfCheckRunsByItselfShowsAndStops)
{
    showPage();
    auto* verdict = find<ui::Notice>(page, "selfCheckVerdict");
    auto* figures = find<QLabel>(page, "selfCheckFigures");
    auto* button = find<QPushButton>(page, "selfCheckButton");
    openSample();
    ASSERT_TRUE(await([&] { return verdict->kind() == ui::Notice::Kind::Good; }));
    EXPECT_EQ(engine->script<core::SelfCheckRequest>().calls.size(), 1u);
    for (const char* part : {"3.10e-05", "2.75", "64 of 64", "1.10e-09"})
        EXPECT_TRUE(figures->text().contains(QLatin1String(part)))
            << part << " in " << figures->text().toStdString();

    engine->script<core::SelfCheckRequest>().answer = [](const core::SelfCheckRequest&) {
        core::SelfCheck check = tests::sampleCheck();
        check.isGood = false;
        check.topAgreement = 0.5;
        check.verdict = "Half of the top tokens differ.";
        return check;
    };
    engine->hold();
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_EQ(engine->script<core::SelfCheckRequest>().calls.size(), 2u);
    EXPECT_TRUE(session.isBusy(ui::kTag<core::SelfCheckRequest>));
    QTest::mouseClick(button, Qt::LeftButton); // stops what runs
    EXPECT_EQ(engine->cancelled, std::vector<std::string>{"self-check"});
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return verdict->kind() == ui::Notice::Kind::Warning; }));
    EXPECT_TRUE(verdict->text().contains(QStringLiteral("Half of the top tokens differ.")));
    EXPECT_TRUE(figures->text().contains(QStringLiteral("32 of 64")));

    engine->script<core::SelfCheckRequest>().failWith("", core::Error::Code::Cancelled);
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_TRUE(await([&] { return verdict->text().contains(QStringLiteral("Stopped")); }));
    engine->script<core::SelfCheckRequest>().failWith(
        "not enough memory for the float32 reference.");
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_TRUE(
        await([&] { return verdict->text().contains(QStringLiteral("not enough memory")); }));
}

TEST_F(ModelsPageTest, TheSelfCheckCanBeTurnedOff)
{
    settings.setValue(ui::SettingKey::SelfCheck, false);
    openSample();
    settle();
    EXPECT_TRUE(engine->script<core::SelfCheckRequest>().calls.empty());
    EXPECT_TRUE(
        find<ui::Notice>(page, "selfCheckVerdict")->text().contains(QStringLiteral("Not checked")));
}

TEST_F(ModelsPageTest, DictionaryWarningsArePlainToSee)
{
    engine->script<core::OpenModelRequest>().answer = [](const core::OpenModelRequest&) {
        core::EngineState state = tests::sampleState();
        state.dictionaries[1].baseModel = "google/gemma-2-2b";
        state.dictionaries[1].warning = "Made for google/gemma-2-2b; the open model is another.";
        state.dictionaries[2].kind = core::DictionaryKind::CrossLayerTranscoder;
        return state;
    };
    openSample();
    showPage();
    auto* table = find<QTableView>(page, "dictionaryTable");
    auto* warnings = find<ui::Notice>(page, "dictionaryWarnings");
    EXPECT_TRUE(warnings->isVisible());
    EXPECT_TRUE(warnings->text().contains(
        QStringLiteral("saes/layer_1: Made for google/gemma-2-2b; the open model is another.")));
    const QAbstractItemModel* model = table->model();
    const auto cell = [&](int row, const char* title, int role = Qt::DisplayRole) {
        for (int column = 0; column < model->columnCount(); ++column) {
            if (model->headerData(column, Qt::Horizontal).toString() == QLatin1String(title))
                return model->index(row, column).data(role);
        }
        ADD_FAILURE() << "no column " << title;
        return QVariant();
    };
    EXPECT_FALSE(cell(1, "Dictionary", Qt::DecorationRole).isNull());
    EXPECT_FALSE(cell(1, "Made for", Qt::DecorationRole).isNull());
    EXPECT_TRUE(cell(0, "Made for", Qt::DecorationRole).isNull());
    EXPECT_EQ(cell(1, "Made for").toString(), QStringLiteral("google/gemma-2-2b"));
    EXPECT_EQ(cell(2, "Kind").toString(), QStringLiteral("cross-layer transcoder"));
    EXPECT_EQ(cell(2, "d_sae").toString(), QStringLiteral("2,048"));
    table->selectRow(0); // only of the chosen ones
    EXPECT_FALSE(warnings->isVisible());
    table->selectRow(1);
    EXPECT_TRUE(warnings->isVisible());
    QAbstractItemModelTester tester(
        table->model(), QAbstractItemModelTester::FailureReportingMode::Fatal);
}

TEST_F(ModelsPageTest, EveryDictionaryIsEvaluatedOnOwnTextWithChartAndWarning)
{
    openSample();
    showPage();
    engine->script<core::EvaluateRequest>().answer = [](const core::EvaluateRequest& call) {
        core::DictionaryQuality quality = tests::sampleQuality(call.dictionary);
        if (call.dictionary == "saes/layer_1")
            quality.warning = "It explains less than half of the variance.";
        return quality;
    };
    auto* button = find<QPushButton>(page, "evaluateButton");
    EXPECT_FALSE(button->isEnabled());
    QTest::keyClicks(find<QPlainTextEdit>(page, "qualityText"), QStringLiteral("my own text"));
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_TRUE(await([&] {
        return engine->script<core::EvaluateRequest>().calls.size() == 4 && !session.isBusy();
    }));
    EXPECT_EQ(engine->script<core::EvaluateRequest>().calls[3].dictionary, "saes/layer_3");
    EXPECT_EQ(engine->script<core::EvaluateRequest>().calls[3].text, "my own text");
    auto* table = find<QTableView>(page, "qualityTable");
    ASSERT_EQ(table->model()->rowCount(), 4);
    // The one that warns is the one that is shown.
    EXPECT_EQ(table->currentIndex().row(), 1);
    EXPECT_EQ(find<ui::Notice>(page, "qualityWarning")->text(),
        QStringLiteral("saes/layer_1: It explains less than half of the variance."));
    auto* chart = find<ui::DensityChart>(page, "densityChart");
    EXPECT_EQ(chart->toTable().count(QLatin1Char('\n')), 14);
    EXPECT_EQ(
        chart->describeBin(0), QStringLiteral("density below 1.0e-06 (or never): 1,454 features"));
    EXPECT_EQ(chart->describeBin(12), QStringLiteral("density 0.32 to 1.0: 14 features"));
    table->setCurrentIndex(table->model()->index(0, 0));
    EXPECT_FALSE(find<ui::Notice>(page, "qualityWarning")->isVisible());
    EXPECT_EQ(table->model()->index(0, 4).data().toString(), QStringLiteral("98.0 %"));

    // Only the chosen ones, and a stop leaves what is done.
    find<QTableView>(page, "dictionaryTable")->selectRow(2);
    engine->hold();
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_EQ(engine->script<core::EvaluateRequest>().calls.size(), 5u);
    EXPECT_EQ(engine->script<core::EvaluateRequest>().calls[4].dictionary, "saes/layer_2");
    QTest::mouseClick(button, Qt::LeftButton);
    EXPECT_EQ(engine->cancelled, std::vector<std::string>{"evaluate"});
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_EQ(engine->script<core::EvaluateRequest>().calls.size(), 5u);
}

TEST_F(ModelsPageTest, RecentModelsShowWhatIsGone)
{
    const QString here = folder.path();
    settings.addRecentModel(QStringLiteral("/models/gone & forgotten"));
    settings.addRecentModel(here);
    showPage();
    auto* menu = find<QPushButton>(page, "recentButton")->findChild<ui::RecentMenu*>();
    ASSERT_TRUE(menu);
    Q_EMIT menu->aboutToShow();
    ASSERT_EQ(menu->actions().size(), 2);
    EXPECT_TRUE(menu->actions()[0]->isEnabled());
    EXPECT_TRUE(menu->actions()[0]->text().startsWith(QStringLiteral("&1")));
    EXPECT_FALSE(menu->actions()[1]->isEnabled());
    EXPECT_TRUE(menu->actions()[1]->text().contains(QStringLiteral("not there any more")));
    menu->actions()[0]->trigger();
    ui::OpenModelDialog* shown = dialog();
    ASSERT_TRUE(shown);
    EXPECT_EQ(engine->script<core::InspectModelRequest>().calls[0].model.path, here.toStdString());
}

TEST_F(ModelsPageTest, DictionariesOfAModelAreOpenedAgainOneAfterTheOther)
{
    engine->script<core::OpenModelRequest>().answer = [](const core::OpenModelRequest& request) {
        core::EngineState state = tests::sampleState();
        state.model.path = request.path;
        state.dictionaries.clear();
        return state;
    };
    QTemporaryDir other;
    settings.addRecentDictionary(QStringLiteral("builtin"), folder.path());
    settings.addRecentDictionary(QStringLiteral("builtin"), QStringLiteral("/gone"));
    settings.addRecentDictionary(QStringLiteral("builtin"), other.path());
    showPage();
    openSample();
    auto* reopen = find<QPushButton>(page, "reopenLastButton");
    ASSERT_TRUE(reopen->isVisible());
    engine->script<core::AddDictionariesRequest>().answer
        = [this](const core::AddDictionariesRequest& request) -> core::Result<core::EngineState> {
        if (request.path == folder.path().toStdString())
            return core::fail(core::Error::Code::InvalidFile, "cut short");
        return tests::sampleState();
    };
    QTest::mouseClick(reopen, Qt::LeftButton);
    ASSERT_TRUE(await([&] {
        return engine->script<core::AddDictionariesRequest>().calls.size() == 2
            && !session.isBusy();
    }));
    EXPECT_EQ(
        engine->script<core::AddDictionariesRequest>().calls[0].path, other.path().toStdString());
    EXPECT_EQ(
        engine->script<core::AddDictionariesRequest>().calls[1].path, folder.path().toStdString());
    ASSERT_TRUE(await([&] { return bar()->isVisible(); }));
    EXPECT_TRUE(bar()->text().contains(QStringLiteral("cut short")));
    EXPECT_EQ(session.state().dictionaries.size(), 4u);
}

TEST_F(ModelsPageTest, WhatOfAFolderWasNotOpenedIsListedWithTheReason)
{
    openSample();
    showPage();
    auto* table = find<QTableView>(page, "refusedTable");
    EXPECT_FALSE(table->isVisible());
    engine->script<core::AddDictionariesRequest>().answer
        = [](const core::AddDictionariesRequest&) {
              core::EngineState state = tests::sampleState();
              state.refused = {{"all/wide", "/all/wide", "all/wide: its d_in is 24, not 16."},
                  {"all/cut", "/all/cut", "/all/cut/x.safetensors: may be cut short."}};
              return state;
          };
    session.addDictionaries(QStringLiteral("/all"));
    ASSERT_TRUE(await([&] { return table->isVisible(); }));
    ASSERT_EQ(table->model()->rowCount(), 2);
    EXPECT_EQ(table->model()->index(0, 0).data(), QStringLiteral("all/wide"));
    EXPECT_EQ(table->model()->index(1, 1).data(),
        QStringLiteral("/all/cut/x.safetensors: may be cut short."));
    ASSERT_TRUE(await([&] { return bar()->isVisible(); }));
    EXPECT_EQ(bar()->kind(), ui::MessageBar::Kind::Warning);
    for (const char* part : {"/all", "its d_in is 24", "cut short"})
        EXPECT_TRUE(bar()->text().contains(QLatin1String(part))) << part;
    // Opened again, whole this time.
    engine->script<core::AddDictionariesRequest>().answer
        = [](const core::AddDictionariesRequest&) { return tests::sampleState(); };
    session.addDictionaries(QStringLiteral("/all"));
    ASSERT_TRUE(await([&] { return !table->isVisible() && !bar()->isVisible(); }));
}

TEST_F(ModelsPageTest, TheKeyboardClosesAndCopiesDictionaries)
{
    openSample();
    showPage();
    auto* table = find<QTableView>(page, "dictionaryTable");
    page.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&page));
    table->setFocus();
    table->selectRow(1);
    QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
    EXPECT_TRUE(QGuiApplication::clipboard()->text().contains(QStringLiteral(
        "saes/layer_3\tSAE\tjumprelu\t3\tnot measured\tblocks.3.hook_resid_post\t192\t2,048")));
    QTest::keyClick(table, Qt::Key_Delete);
    ASSERT_TRUE(await([&] { return session.state().dictionaries.size() == 3; }));
    ASSERT_EQ(engine->script<core::CloseDictionaryRequest>().calls.size(), 1u);
    EXPECT_EQ(engine->script<core::CloseDictionaryRequest>().calls[0].dictionary, "saes/layer_1");
}

TEST_F(ModelsPageTest, WhatTheHubBroughtIsOpenedLikeAnythingElse)
{
    showPage();
    QTest::mouseClick(find<QPushButton>(page, "downloadButton"), Qt::LeftButton);
    auto* hub = page.window()->findChild<ui::HubDialog*>();
    ASSERT_TRUE(hub);
    EXPECT_TRUE(hub->isVisible());
    Q_EMIT hub->modelReady(QStringLiteral("/downloads/gpt2"));
    ui::OpenModelDialog* shown = dialog();
    ASSERT_TRUE(shown);
    EXPECT_EQ(
        engine->script<core::InspectModelRequest>().calls.back().model.path, "/downloads/gpt2");
}

TEST_F(ModelsPageTest, AnEntryOfTheCatalogueOpensAsModelAndThenItsDictionaries)
{
    showPage();
    QTest::mouseClick(find<QPushButton>(page, "downloadButton"), Qt::LeftButton);
    auto* hub = page.window()->findChild<ui::HubDialog*>();
    ASSERT_TRUE(hub);
    auto* table = find<QTableView>(*hub, "catalogueTable");
    const auto memory = [&] {
        return table->model()
            ->index(0, ui::CatalogueModel::Memory)
            .data(Qt::ToolTipRole)
            .toString();
    };
    EXPECT_TRUE(await([&] { return memory().endsWith(QLatin1String("of 2.0 GB free")); }))
        << memory().toStdString();
    Q_EMIT hub->entryReady(QStringLiteral("/downloads/gpt2"),
        {QStringLiteral("/downloads/saes/6"), QStringLiteral("/downloads/saes/8")});
    ui::OpenModelDialog* shown = dialog();
    ASSERT_TRUE(shown);
    EXPECT_TRUE(engine->script<core::OpenModelRequest>().calls.empty());
    QTest::mouseClick(find<QPushButton>(*shown, "openButton"), Qt::LeftButton);
    const auto& added = engine->script<core::AddDictionariesRequest>().calls;
    ASSERT_TRUE(await([&] { return added.size() == 2 && !session.isBusy(); }));
    EXPECT_EQ(engine->script<core::OpenModelRequest>().calls.back().path, "/downloads/gpt2");
    EXPECT_EQ(added[0].path, "/downloads/saes/6");
    EXPECT_EQ(added[1].path, "/downloads/saes/8");
}

TEST_F(ModelsPageTest, AHarvestRunsShowsAndStops)
{
    openSample();
    showPage();
    auto* button = find<QPushButton>(page, "harvestButton");
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    engine->hold();
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_EQ(engine->script<core::HarvestRequest>().calls.size(), 1u);
    EXPECT_EQ(engine->script<core::HarvestRequest>().calls[0].tokens, 200'000);
    EXPECT_EQ(engine->script<core::HarvestRequest>().calls[0].dictionaries.size(), 4u);
    QTest::mouseClick(button, Qt::LeftButton);
    EXPECT_EQ(engine->cancelled, std::vector<std::string>{"harvest"});
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return bar()->isVisible(); }));
    EXPECT_EQ(bar()->kind(), ui::MessageBar::Kind::Info);
}

TEST(MemoryCostModelTest, TheWishedWayIsTakenWhenItFits)
{
    const ui::MemoryCostModel model({way("cpu", "float32", 400, true),
        way("cpu", "bfloat16", 200, true), way("cuda:0", "float32", 400, true),
        way("cuda:1", "float32", 400, false), way("cuda:0", "bfloat16", 200, false)});
    const auto best = [&](const char* device, const char* dtype) {
        return model.bestRow(QLatin1String(device), QLatin1String(dtype));
    };
    EXPECT_EQ(best("auto", "float32"), 2); // a card with room first
    EXPECT_EQ(best("cpu", "float32"), 0);
    EXPECT_EQ(best("cuda", "float32"), 2);
    EXPECT_EQ(best("auto", "bfloat16"), 1); // the card has no room for it
    EXPECT_EQ(best("cuda:1", "float32"), 0); // does not fit: the first that does
    EXPECT_EQ(best("cpu", "int8"), 0);
    EXPECT_EQ(model.fittingRow(QStringLiteral("cuda:1"), QStringLiteral("float32")), -1);
    EXPECT_EQ(model.fittingRow(QStringLiteral("cpu"), QStringLiteral("bfloat16")), 1);
    EXPECT_EQ(ui::MemoryCostModel({way("cpu", "float32", 400, false)})
                  .bestRow(QStringLiteral("auto"), QStringLiteral("float32")),
        -1);
}

} // namespace
