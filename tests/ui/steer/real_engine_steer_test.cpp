// The Steer page on the real engine and the built-in model: what a fake could not get wrong.
#include "app/gui/engine_loader.h"
#include "core/api/generate.h"
#include "tests/ui/support/engine_options.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"
#include "ui/session/settings.h"
#include "ui/steer/intervention_row.h"
#include "ui/steer/steer_page.h"
#include "ui/steer/stream_pane.h"
#include "ui/steer/text_columns.h"
#include "ui/steer/token_lanes.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include <QApplication>
#include <QCheckBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <gtest/gtest.h>

namespace {

using Stream = ui::TextColumns::Stream;

/// Fires on bridges and parks of San Francisco.
const core::FeatureRef kBridge{"saes/layer_1", core::FeatureId(857)};

class RealEngineSteerTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        const core::Engine::Options options = tests::engineOptions(folder.path().toStdString());
        loader = std::make_unique<app::EngineLoader>(options);
        settings.setValue(ui::SettingKey::SteerPace, QStringLiteral("fast"));
        session = std::make_unique<ui::Session>();
        page = std::make_unique<ui::SteerPage>(session.get(), &selection, &settings);
        QObject::connect(session.get(), &ui::Session::errorOccurred, page.get(),
            [this](const QString&, const QString& message) { errors << message; });
        QObject::connect(
            loader.get(), &app::EngineLoader::loaded, session.get(), &ui::Session::attachEngine);
        loader->start();
        page->resize(1300, 850);
        page->show();
    }
    void TearDown() override
    {
        page.reset();
        session.reset();
    }
    void open(const QString& model)
    {
        session->openModel(model);
        ASSERT_TRUE(await([this] { return session->hasModel() && isIdle(); })) << problem();
    }
    bool await(const std::function<bool()>& isDone)
    {
        return QTest::qWaitFor([&] { return !errors.isEmpty() || isDone(); }, 120'000)
            && errors.isEmpty();
    }
    std::string problem() const { return errors.join(QLatin1Char('\n')).toStdString(); }
    bool isIdle() const { return !session->isBusy(); }
    void steerTheBridge(double strength, int tokens)
    {
        open(QStringLiteral("builtin"));
        page->setPrompt(QStringLiteral("Q: What can I do in Boston?\nA:"));
        page->addFeature(kBridge);
        page->row(0)->findChild<QDoubleSpinBox*>()->setValue(strength);
        find<QSpinBox>("maxTokens")->setValue(tokens);
        ASSERT_TRUE(await([this] { return isIdle(); })) << problem();
    }
    void write(const std::function<void()>& start)
    {
        const auto before = page->generation();
        start();
        ASSERT_TRUE(await([&] { return page->generation() != before && isIdle(); })) << problem();
    }
    template <typename T> T* find(const char* name)
    {
        return page->findChild<T*>(QLatin1String(name));
    }
    void picture(const char* name)
    {
        QApplication::processEvents();
        const QString pictures = qEnvironmentVariable("FEATURESCOPE_PICTURES");
        if (!pictures.isEmpty()) {
            EXPECT_TRUE(page->grab().save(
                QDir(pictures).filePath(QLatin1String(name) + QStringLiteral(".png"))));
        }
    }
    ui::StreamPane* steered() { return page->texts()->pane(Stream::Steered); }
    static std::vector<core::TokenId> idsOf(const core::StreamText& text)
    {
        std::vector<core::TokenId> ids;
        for (const core::TokenInfo& token : text.tokens)
            ids.push_back(token.id);
        return ids;
    }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    ui::Selection selection;
    QStringList errors;
    std::unique_ptr<app::EngineLoader> loader;
    std::unique_ptr<ui::Session> session;
    std::unique_ptr<ui::SteerPage> page;
};

TEST_F(RealEngineSteerTest, TheGuardHoldsTenTimesTheMaximumToItsBudget)
{
    steerTheBridge(10, 40);
    write([this] { page->generate(); });
    const core::Generation& written = *page->generation();
    ASSERT_FALSE(written.steered.tokens.empty());
    EXPECT_EQ(steered()->text().toStdString(), written.steered.text);
    EXPECT_EQ(steered()->lanes()->count(), static_cast<int>(written.steered.tokens.size()));
    const auto& figures = written.steered.figures;
    EXPECT_TRUE(std::all_of(figures.begin(), figures.end(),
        [](const auto& one) { return one.lambda >= 0 && one.lambda <= 1; }));
    EXPECT_TRUE(std::any_of(figures.begin(), figures.end(), [](const auto& one) {
        return one.lambda < 1;
    })) << "so strong a change is held back somewhere";
    const core::KlAccount& account = written.steered.account;
    EXPECT_LE(account.spent, account.allowed + account.beyond + 1e-3);
    EXPECT_TRUE(steered()->figures().contains(QStringLiteral("of at most")))
        << steered()->figures().toStdString();
    picture("steer-guarded");
}

TEST_F(RealEngineSteerTest, WithoutTheGuardAChangeIsAsStrongAsItWasSet)
{
    steerTheBridge(10, 20);
    find<QCheckBox>("guardSwitch")->click();
    write([this] { page->generate(); });
    const core::StreamText& text = page->generation()->steered;
    EXPECT_TRUE(std::all_of(text.figures.begin(), text.figures.end(),
        [](const auto& one) { return one.lambda == 1 && one.spent == 0; }));
    EXPECT_GT(text.onTopicShare, page->generation()->normal.onTopicShare);
}

TEST_F(RealEngineSteerTest, WritesOnFromATokenAndFromAnotherInItsPlace)
{
    steerTheBridge(2, 24);
    write([this] { page->generate(); });
    const auto before = idsOf(page->generation()->steered);
    ASSERT_GT(before.size(), 6u);
    Q_EMIT steered()->lanes()->chosen(3);
    page->row(0)->findChild<QDoubleSpinBox*>()->setValue(0);
    write([this] { find<QPushButton>("writeOnButton")->click(); });
    const auto kept = idsOf(page->generation()->steered);
    ASSERT_GE(kept.size(), 4u);
    EXPECT_TRUE(std::equal(kept.begin(), kept.begin() + 4, before.begin()));
    const auto normal = idsOf(page->generation()->normal);

    picture("steer-written-on");
    Q_EMIT steered()->lanes()->chosen(2);
    auto* instead = find<QLineEdit>("insteadText");
    instead->setText(QStringLiteral(" fog"));
    write([&] { QTest::keyClick(instead, Qt::Key_Return); });
    const core::StreamText& replaced = page->generation()->steered;
    EXPECT_TRUE(std::equal(before.begin(), before.begin() + 2, idsOf(replaced).begin()));
    EXPECT_TRUE(steered()->text().contains(QStringLiteral(" fog")))
        << steered()->text().toStdString();
    EXPECT_EQ(idsOf(page->generation()->normal), normal) << "the other text stays as it was";
}

TEST_F(RealEngineSteerTest, StepsTokenByTokenAndGoesOn)
{
    steerTheBridge(2, 12);
    auto* step = find<QToolButton>("stepButton");
    const auto count = [&] { return static_cast<int>(steered()->ids().size()); };
    step->click();
    ASSERT_TRUE(await([&] { return count() == 1; })) << problem();
    for (int tokens = 2; tokens <= 4; ++tokens) {
        step->click();
        ASSERT_TRUE(await([&] { return count() == tokens; })) << problem();
        EXPECT_FALSE(isIdle());
    }
    // A change made while it waits acts on what follows.
    page->row(0)->findChild<QDoubleSpinBox*>()->setValue(0);
    write([this] { find<QToolButton>("pauseButton")->click(); });
    const auto& figures = page->generation()->steered.figures;
    ASSERT_GT(figures.size(), 5u);
    EXPECT_GT(figures[1].deltaNormRatio, figures.back().deltaNormRatio);
}

TEST_F(RealEngineSteerTest, AConversationGoesOnWithItsTemplate)
{
    // The built-in model, given a template.
    const std::filesystem::path copy = folder.filePath(QStringLiteral("chatty")).toStdString();
    std::filesystem::copy(std::filesystem::path(FEATURESCOPE_RESOURCES) / "builtin" / "model", copy,
        std::filesystem::copy_options::recursive);
    std::ofstream(copy / "chat_template.jinja")
        << "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n"
           "{% endfor %}assistant:";
    open(QString::fromStdString(copy.string()));
    EXPECT_TRUE(find<QCheckBox>("chatSwitch")->isChecked());
    find<QSpinBox>("maxTokens")->setValue(8);
    page->setPrompt(QStringLiteral("What can I do in Boston?"));
    write([this] { page->generate(); });
    find<QPushButton>("replyButton")->click();
    ASSERT_EQ(page->request().earlier.size(), 2u);
    page->setPrompt(QStringLiteral("And in Paris?"));
    write([this] { page->generate(); });
    EXPECT_EQ(page->generation()->request.earlier.size(), 2u);
    EXPECT_TRUE(page->generation()->isComplete);
    picture("steer-conversation");
}

} // namespace
