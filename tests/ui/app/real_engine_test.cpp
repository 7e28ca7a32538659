#include "app/gui/engine_loader.h"
#include "app/gui/main_window.h"

#include "core/api/patch.h"
#include "tests/support/fixtures.h"
#include "tests/ui/support/engine_options.h"
#include "ui/circuit/canvas/subgraph_view.h"
#include "ui/circuit/circuit_page.h"
#include "ui/circuit/patching/patch_maps.h"
#include "ui/circuit/patching/patch_panel.h"
#include "ui/features/feature_card.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/features_page.h"
#include "ui/models/open_model_dialog.h"
#include "ui/models/opener.h"
#include "ui/prompt/architecture_diagram.h"
#include "ui/prompt/prompt_page.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/notice.h"
#include "ui/steer/steer_page.h"

#include <algorithm>
#include <array>
#include <list>

#include <QApplication>
#include <QCheckBox>
#include <QDir>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QUndoStack>

#include <gtest/gtest.h>

namespace {

/// The real window on the real engine, loaded as the program loads it, with a model and
/// dictionaries made by other people's code.
class RealEngineTest : public ::testing::Test {
protected:
    void startWindow()
    {
        const core::Engine::Options options = tests::engineOptions(folder.path().toStdString());
        loader = std::make_unique<app::EngineLoader>(options);
        window = std::make_unique<app::MainWindow>(&settings);
        QObject::connect(window->session(), &ui::Session::errorOccurred, window.get(),
            [this](const QString&, const QString& message) { errors << message; });
        QObject::connect(window->findChild<ui::Opener*>(), &ui::Opener::failed, window.get(),
            [this](const QString& message) { errors << message; });
        QObject::connect(loader.get(), &app::EngineLoader::loaded, window->session(),
            &ui::Session::attachEngine);
        QObject::connect(
            loader.get(), &app::EngineLoader::failed, window->session(), &ui::Session::failEngine);
        loader->start();
        window->resize(1440, 900);
        window->show();
    }
    void start(const char* model)
    {
        startWindow();
        openFromDialog(path(model));
        ASSERT_TRUE(await([this] { return window->session()->hasModel() && isIdle(); }))
            << problem();
    }
    /// As a person: the folder, what it is and costs, Open.
    void openFromDialog(const QString& folder)
    {
        window->open(folder);
        ui::OpenModelDialog* dialog = nullptr;
        ASSERT_TRUE(await([&] {
            dialog = window->findChild<ui::OpenModelDialog*>();
            return dialog != nullptr;
        })) << problem();
        dialog->findChild<QPushButton*>(QStringLiteral("openButton"))->click();
    }
    static QString path(const char* fixture)
    {
        return QString::fromStdString(tests::sharedFixture(fixture).string());
    }
    /// Also ends when an error is shown; the caller asserts.
    bool await(const std::function<bool()>& isDone)
    {
        return QTest::qWaitFor([&] { return !errors.isEmpty() || isDone(); }, 120'000)
            && errors.isEmpty();
    }
    std::string problem() const { return errors.join(QLatin1Char('\n')).toStdString(); }
    bool isIdle() const { return !window->session()->isBusy(); }
    void picture(const QString& name)
    {
        QApplication::processEvents();
        const QString pictures = qEnvironmentVariable("FEATURESCOPE_PICTURES");
        if (!pictures.isEmpty()) {
            ASSERT_TRUE(
                window->grab().save(QDir(pictures).filePath(name + QStringLiteral(".png"))));
        }
    }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    QStringList errors;
    std::unique_ptr<app::EngineLoader> loader;
    std::unique_ptr<app::MainWindow> window;
};

TEST_F(RealEngineTest, FromAPromptToASteeredText)
{
    REQUIRE_SHARED_FIXTURE("oracles/models/gpt2-tiny");
    start("oracles/models/gpt2-tiny");
    ui::Session* session = window->session();
    session->addDictionaries(path("oracles/saes/standard"));
    ASSERT_TRUE(await([&] { return session->state().dictionaries.size() == 1; })) << problem();
    EXPECT_EQ(session->state().dictionaries[0].d_sae, 192);
    picture(QStringLiteral("real-models"));

    window->showPage(app::MainWindow::Page::Prompt);
    window->promptPage()->setPrompt(QStringLiteral("The quick brown fox jumps over the lazy dog"));
    ASSERT_TRUE(await([&] { return window->promptPage()->analysis() != nullptr; })) << problem();
    const auto analysis = window->promptPage()->analysis();
    ASSERT_EQ(analysis->dictionaries.size(), 1u);
    ASSERT_FALSE(analysis->dictionaries[0].features.empty());
    const core::FeatureRef strongest = analysis->dictionaries[0].features[0].row.feature;
    window->selection()->setFeature(strongest);
    ASSERT_TRUE(await([&] { return window->featureCard()->card() && isIdle(); })) << problem();
    EXPECT_EQ(window->featureCard()->card()->row.feature, strongest);
    picture(QStringLiteral("real-prompt"));
    window->promptPage()->showArchitecture(true);
    auto* diagram = window->findChild<ui::ArchitectureDiagram*>();
    ASSERT_TRUE(await([&] { return diagram->shownFeatures() > 0; })) << problem();
    picture(QStringLiteral("real-architecture"));

    core::HarvestRequest harvest;
    harvest.tokens = 2000;
    session->harvest(harvest);
    ASSERT_TRUE(await([&] { return session->state().dictionaries[0].isHarvested && isIdle(); }))
        << problem();

    window->showPage(app::MainWindow::Page::Features);
    window->featuresPage()->search(QString());
    ui::FeatureTableModel* model = window->featuresPage()->model();
    ASSERT_TRUE(await([&] { return model->rowCount() > 0 && model->rowAt(0) && isIdle(); }))
        << problem();
    EXPECT_GT(model->rowAt(0)->density, 0.0);
    window->featuresPage()->chooseRow(0);
    const core::FeatureRef first = model->featureAt(0);
    ASSERT_TRUE(await([&] {
        return window->featureCard()->card()->row.feature == first && isIdle();
    })) << problem();
    EXPECT_GT(window->featureCard()->card()->harvestedTokens, 0);
    const core::Label before = window->featureCard()->card()->row.label;
    auto* label = window->findChild<QLineEdit*>(QStringLiteral("labelText"));
    label->selectAll();
    QTest::keyClicks(label, QStringLiteral("first of all"));
    QTest::keyClick(label, Qt::Key_Return);
    ASSERT_TRUE(await([&] { return model->rowAt(0)->label.text == "first of all"; })) << problem();
    picture(QStringLiteral("real-features"));
    session->undoStack()->undo();
    ASSERT_TRUE(await([&] { return model->rowAt(0)->label == before; })) << problem();

    window->steer(first);
    window->steerPage()->setPrompt(QStringLiteral("The quick"));
    window->steerPage()->generate();
    ASSERT_TRUE(await([&] { return window->steerPage()->generation() && isIdle(); })) << problem();
    EXPECT_FALSE(window->steerPage()->generation()->steered.tokens.empty());
    picture(QStringLiteral("real-steer"));
}

/// Of config.json, read by hand.
struct OracleModel {
    const char* name;
    const char* family;
    int n_layers, d_model;
};
constexpr std::array<OracleModel, 8> kModels{
    {{"gemma2-tiny", "gemma2", 4, 48}, {"gemma3-tiny", "gemma3_text", 7, 48},
        {"gpt2-tiny", "gpt2", 3, 48}, {"gpt_neox-tiny", "gpt_neox", 3, 64},
        {"llama-tiny", "llama", 3, 48}, {"mistral-tiny", "mistral", 3, 48},
        {"qwen2-tiny", "qwen2", 4, 48}, {"qwen3-tiny", "qwen3", 3, 48}}};

TEST_F(RealEngineTest, AStudyBehindOthersSaysWhatItWaitsForUntilItBegins)
{
    REQUIRE_SHARED_FIXTURE("oracles/models/gpt2-tiny");
    start("oracles/models/gpt2-tiny");
    core::PatchRequest before;
    before.clean = "The quick brown fox! It jumps over the lazy dog and runs over the field";
    before.corrupt = "The quick brown fox? It jumps over the lazy dog and runs over the field";
    before.answer = "!";
    before.other = "?";
    before.sites = {core::PatchSite::ResidPre, core::PatchSite::AttnOut, core::PatchSite::MlpOut,
        core::PatchSite::Head};
    // Long enough to be seen, without counting on how fast this machine is.
    std::list<std::string> tags;
    int answered = 0;
    const auto askBefore = [&] {
        tags.push_back("before-" + std::to_string(tags.size()));
        window->session()->ask(window.get(),
            QLatin1String(tags.back().data(), static_cast<qsizetype>(tags.back().size())), before,
            [&](const auto&) { ++answered; });
    };
    for (int i = 0; i < 40; ++i)
        askBefore();
    window->showPage(app::MainWindow::Page::Circuit);
    window->circuitPage()->showView(ui::CircuitPage::View::Patching);
    ui::PatchPanel* panel = window->circuitPage()->patching();
    panel->setPrompts(QString::fromStdString(before.clean), QString::fromStdString(before.corrupt));
    panel
        ->findChild<QCheckBox*>(
            QStringLiteral("patchSite_") + ui::patchSiteName(core::PatchSite::Feature))
        ->setChecked(false); // no transcoders are open
    panel->findChild<QLineEdit*>(QStringLiteral("patchAnswer"))->setText(QStringLiteral("!"));
    panel->findChild<QLineEdit*>(QStringLiteral("patchOther"))->setText(QStringLiteral("?"));
    panel->run();
    auto* progress = window->findChild<ui::JobProgress*>(QStringLiteral("patchProgress"));
    ASSERT_TRUE(await([&] {
        return progress->text().startsWith(QStringLiteral("Waits for: Patching, "));
    })) << problem();
    EXPECT_TRUE(progress->isVisible());
    EXPECT_LT(answered, 40);
    picture(QStringLiteral("real-waiting"));
    QStringList after;
    QObject::connect(
        window->session(), &ui::Session::progressChanged, window.get(), [&](const QString& tag) {
            if (tag == QLatin1String("patch") && answered == 40)
                after << progress->text();
        });
    ASSERT_TRUE(await([&] { return panel->hasResult() && isIdle(); })) << problem();
    EXPECT_EQ(answered, 40);
    EXPECT_TRUE(after.filter(QStringLiteral("Waits for")).isEmpty())
        << after.join(QLatin1Char('\n')).toStdString(); // the words went when it began
    EXPECT_FALSE(progress->isVisible());
}

TEST_F(RealEngineTest, TheAnswerIsExplainedInAFewBoxesThatTheModelWasAskedAbout)
{
    startWindow();
    window->open(QStringLiteral("builtin"));
    ASSERT_TRUE(await([&] { return window->session()->hasModel() && isIdle(); })) << problem();
    ui::CircuitPage* page = window->circuitPage();
    window->showPage(app::MainWindow::Page::Circuit);
    for (const char* city : {"Dallas", "Oakland"}) {
        page->document()->trace(
            QStringLiteral("The capital of the state containing %1 is").arg(QLatin1String(city)));
        ASSERT_TRUE(await([&] {
            return page->hasGraph()
                && page->document()->graph()->prompt.find(city) != std::string::npos && isIdle();
        })) << problem();
        page->showView(ui::CircuitPage::View::Subgraph);
        auto* button = page->findChild<QPushButton*>(QStringLiteral("explainSubgraph"));
        ASSERT_TRUE(button->isEnabled()) << button->toolTip().toStdString();
        button->click();
        ASSERT_TRUE(await([&] { return !page->document()->story().isEmpty(); })) << problem();
        const core::Story& story = page->document()->story();
        const auto& subgraph = page->findChild<ui::SubgraphView*>()->subgraph();
        EXPECT_LE(subgraph.boxes.size(), 7u);
        EXPECT_TRUE(std::any_of(subgraph.boxes.begin(), subgraph.boxes.end(),
            [&](const ui::SubgraphBox& box) {
                return box.kind == core::NodeKind::Token && box.title.contains(QLatin1String(city));
            }))
            << city << " is among the boxes";
        EXPECT_FALSE(story.lines.empty());
        EXPECT_NE(story.title.find(story.answer), std::string::npos);
        // Of every line there is an arrow, and no other.
        EXPECT_EQ(subgraph.arrows.size(), story.lines.size());
        window->session()->undoStack()->undo();
        EXPECT_TRUE(page->document()->story().isEmpty());
        window->session()->undoStack()->redo();
        picture(QStringLiteral("real-explain-") + QLatin1String(city));
    }
}

TEST_F(RealEngineTest, EveryOracleModelOpensFromTheDialogAndChecksItself)
{
    for (const OracleModel& model : kModels)
        REQUIRE_SHARED_FIXTURE(std::string("oracles/models/") + model.name);
    startWindow();
    auto* verdict = window->findChild<ui::Notice*>(QStringLiteral("selfCheckVerdict"));
    for (const OracleModel& model : kModels) {
        const std::string place = std::string("oracles/models/") + model.name;
        openFromDialog(path(place.c_str()));
        ASSERT_TRUE(await([&] {
            return window->session()->openedAs().path == tests::sharedFixture(place) && isIdle();
        })) << model.name
            << ": " << problem();
        const core::ModelInfo& info = window->session()->state().model;
        EXPECT_EQ(info.modelType, model.family);
        EXPECT_EQ(info.n_layers, model.n_layers) << model.name;
        EXPECT_EQ(info.d_model, model.d_model) << model.name;
        EXPECT_EQ(info.d_vocab, 320) << model.name;
        ASSERT_TRUE(await([&] { return verdict->kind() != ui::Notice::Kind::Info; })) << problem();
        EXPECT_EQ(verdict->kind(), ui::Notice::Kind::Good)
            << model.name << ": " << verdict->text().toStdString();
    }
    EXPECT_EQ(settings.value(ui::SettingKey::RecentModels).toStringList().size(), 8);
}

TEST_F(RealEngineTest, EveryOracleDictionaryOpensAsIfDropped)
{
    REQUIRE_SHARED_FIXTURE("oracles/saes/standard");
    start("oracles/models/gpt2-tiny");
    const QDir saes(path("oracles/saes"));
    const QStringList names = saes.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
    ASSERT_EQ(names.size(), 15);
    QStringList refused;
    for (const QString& name : names) {
        const std::size_t before = window->session()->state().dictionaries.size();
        errors.clear();
        window->open(saes.filePath(name));
        ASSERT_TRUE(QTest::qWaitFor(
            [&] {
                return (!errors.isEmpty()
                           || window->session()->state().dictionaries.size() == before + 1)
                    && isIdle();
            },
            120'000))
            << name.toStdString();
        if (!errors.isEmpty()) {
            refused << name;
            EXPECT_TRUE(errors[0].contains(QStringLiteral("d_out is 40"))) << problem();
            EXPECT_EQ(window->session()->state().dictionaries.size(), before);
            continue;
        }
        const core::DictionaryInfo& info = window->session()->state().dictionaries.back();
        EXPECT_EQ(info.d_in, 48) << name.toStdString();
        EXPECT_EQ(info.d_sae, 192) << name.toStdString();
        EXPECT_EQ(info.kind, core::DictionaryKind::Sae) << name.toStdString();
    }
    // Their cfg.json says d_out 40; no model here is that wide.
    EXPECT_EQ(
        refused, (QStringList{QStringLiteral("skip_transcoder"), QStringLiteral("transcoder")}));
    picture(QStringLiteral("real-dictionaries"));
}

TEST_F(RealEngineTest, AModelThatIsNotThereIsAMessageAndTheWindowLives)
{
    REQUIRE_SHARED_FIXTURE("oracles/models/gpt2-tiny");
    start("oracles/models/gpt2-tiny");
    const std::string name = window->session()->state().model.name;
    window->open(folder.path());
    ASSERT_TRUE(QTest::qWaitFor([this] { return !errors.isEmpty(); }, 10'000));
    EXPECT_TRUE(errors[0].contains(QStringLiteral("config.json"))) << problem();
    EXPECT_TRUE(window->session()->hasModel()); // the old one stays
    EXPECT_EQ(window->session()->state().model.name, name);
}

TEST_F(RealEngineTest, QuittingInTheMiddleOfAHarvestIsQuick)
{
    REQUIRE_SHARED_FIXTURE("oracles/models/gpt2-tiny");
    start("oracles/models/gpt2-tiny");
    window->session()->addDictionaries(path("oracles/saes/standard"));
    ASSERT_TRUE(await([&] { return !window->session()->state().dictionaries.empty(); }))
        << problem();
    QSignalSpy progress(window->session(), &ui::Session::progressChanged);
    core::HarvestRequest harvest;
    harvest.tokens = 50'000'000;
    window->session()->harvest(harvest);
    ASSERT_TRUE(await([&] { return progress.count() > 0; })) << problem();
    QElapsedTimer timer;
    timer.start();
    window->close();
    window.reset();
    EXPECT_LT(timer.elapsed(), 3000);
}

} // namespace
