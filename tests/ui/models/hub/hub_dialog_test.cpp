#include "ui/models/hub/hub_dialog.h"

#include "tests/ui/models/hub/fake_hub.h"
#include "ui/models/hub/hub_file_model.h"
#include "ui/shared/message_bar.h"
#include "ui/style/text.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>

namespace {

using tests::HttpAnswer;
using tests::HttpRequest;
using ui::HubDialog;

class HubDialogTest : public tests::HubTest {
protected:
    HubDialogTest()
    {
        qputenv("HF_ENDPOINT", hub.url().toEncoded());
        qputenv("HF_HOME", preferences.path().toUtf8());
        hub.addFile(QStringLiteral("README.md"), "# Tiny\n");
        hub.addFile(QStringLiteral("config.json"), "{\"model_type\": \"gpt2\"}");
        hub.addLargeFile(QStringLiteral("model.safetensors"), noise(300'000));
        hub.addLargeFile(QStringLiteral("pytorch_model.bin"), noise(300'000, 2));
        hub.addLargeFile(QStringLiteral("saes/layer_0/sae.safetensors"), noise(10'000, 3));
        hub.addFile(QStringLiteral("saes/layer_0/cfg.json"), "{\"k\": 4}");
        hub.addLargeFile(QStringLiteral("saes/layer_1/sae.safetensors"), noise(10'000, 4));
        hub.addFile(QStringLiteral("saes/layer_1/cfg.json"), "{\"k\": 8}");
        open();
    }
    ~HubDialogTest() override
    {
        qunsetenv("HF_ENDPOINT");
        qunsetenv("HF_HOME");
    }

    void open()
    {
        dialog.reset();
        settings = std::make_unique<ui::Settings>(preferences.path());
        settings->setValue(ui::SettingKey::HubFolder, folder.path());
        dialog = std::make_unique<HubDialog>(*settings, nullptr, std::vector{entry});
        dialog->show();
        find<QTabWidget>("hubTabs")->setCurrentIndex(1);
    }
    template <typename Widget> Widget* find(const char* name) const
    {
        auto* widget = dialog->findChild<Widget*>(QLatin1String(name));
        EXPECT_NE(widget, nullptr) << name;
        return widget;
    }
    void click(const char* name) const
    {
        auto* button = find<QAbstractButton>(name);
        ASSERT_TRUE(button->isEnabled()) << name;
        QTest::mouseClick(button, Qt::LeftButton);
    }
    void type(const char* name, const QString& text) const
    {
        auto* field = find<QLineEdit>(name);
        field->selectAll();
        QTest::keyClicks(field, text);
    }
    QAbstractItemModel* files() const { return find<QTableView>("hubFiles")->model(); }
    QString message() const { return dialog->findChild<ui::MessageBar*>()->text(); }
    QString summary() const { return find<QLabel>("hubSummary")->text(); }
    QStringList ticked() const
    {
        QStringList names;
        for (int row = 0; row < files()->rowCount(); ++row) {
            const QModelIndex index = files()->index(row, 0);
            if (index.data(Qt::CheckStateRole) == Qt::Checked)
                names << index.data().toString();
        }
        return names;
    }
    void list(const QString& name = QStringLiteral("lab/tiny"))
    {
        type("hubName", name);
        QTest::keyClick(find<QLineEdit>("hubName"), Qt::Key_Return);
        ASSERT_TRUE(await([this] { return files()->rowCount() > 0; })) << message().toStdString();
    }
    /// The weights stop coming after 100,000 of their 300,000 bytes, and the connection stays.
    void holdTheModelAfterAThird()
    {
        hub.before = [this](const HttpRequest& request) -> std::optional<HttpAnswer> {
            if (!request.path().startsWith("/bucket/"))
                return {};
            return HttpAnswer{
                .body = hub.content(QStringLiteral("model.safetensors")).left(100'000),
                .announced = 300'000,
                .isHeld = true};
        };
    }
    QString target(const char* path) const
    {
        return place(QStringLiteral("lab/tiny/") + QLatin1String(path));
    }

    ui::CatalogueEntry entry{.name = QStringLiteral("Tiny"),
        .about = QStringLiteral("A model with one SAE."),
        .licence = QStringLiteral("MIT"),
        .with = QStringLiteral("an SAE"),
        .parameters = 75'000,
        .parts = {{.repository = QStringLiteral("lab/tiny"), .bytes = 300'022},
            {.kind = ui::HubKind::Dictionary,
                .repository = QStringLiteral("lab/tiny"),
                .only = QStringLiteral("saes/layer_1"),
                .bytes = 10'008}}};
    QTemporaryDir preferences;
    std::unique_ptr<ui::Settings> settings;
    std::unique_ptr<HubDialog> dialog;
};

TEST_F(HubDialogTest, AModelIsListedChosenDownloadedAndAnnounced)
{
    QSignalSpy ready(dialog.get(), &HubDialog::modelReady);
    EXPECT_FALSE(find<QPushButton>("hubList")->isEnabled()) << "without a name";
    EXPECT_FALSE(find<QPushButton>("hubDownload")->isEnabled());
    list();
    EXPECT_EQ(files()->rowCount(), 8);
    EXPECT_EQ(ticked(),
        (QStringList{QStringLiteral("config.json"), QStringLiteral("model.safetensors")}));
    EXPECT_EQ(files()->index(1, 1).data().toString(), ui::formatBytes(300'000));
    EXPECT_TRUE(await([this] { return summary().contains(QLatin1String("are free there")); }));
    EXPECT_TRUE(
        summary().startsWith(QStringLiteral("2 of the 8 files of lab/tiny, %1, at commit 01234567")
                                 .arg(ui::formatBytes(300'022))))
        << summary().toStdString();
    EXPECT_EQ(filesThere(), QStringList()) << "nothing is fetched before it is asked for";
    click("hubDownload");
    ASSERT_TRUE(await([&] { return ready.count() == 1; })) << message().toStdString();
    EXPECT_EQ(ready[0][0].toString(), place(QStringLiteral("lab/tiny")));
    EXPECT_EQ(filesThere(),
        (QStringList{
            QStringLiteral("lab/tiny/config.json"), QStringLiteral("lab/tiny/model.safetensors")}));
    EXPECT_EQ(
        bytesAt(target("model.safetensors")), hub.content(QStringLiteral("model.safetensors")));
    EXPECT_EQ(bytesAt(target("config.json")), hub.content(QStringLiteral("config.json")));
    EXPECT_TRUE(find<QPushButton>("hubDownload")->isEnabled());
    EXPECT_TRUE(files()->index(1, 2).data().toString().startsWith(QLatin1String("done")));
}

TEST_F(HubDialogTest, DictionariesAreNarrowedByAPatternAndAnnounced)
{
    QSignalSpy ready(dialog.get(), &HubDialog::dictionariesReady);
    for (auto* button : dialog->findChildren<QRadioButton*>()) {
        if (button->text().contains(QLatin1String("Dictionary")))
            QTest::mouseClick(button, Qt::LeftButton);
    }
    list();
    EXPECT_EQ(ticked(), QStringList());
    EXPECT_TRUE(message().contains(QLatin1String("3 folders hold weights")))
        << message().toStdString();
    EXPECT_FALSE(find<QPushButton>("hubDownload")->isEnabled());
    type("hubPatterns", QStringLiteral("saes/layer_1"));
    EXPECT_EQ(ticked(),
        (QStringList{QStringLiteral("saes/layer_1/cfg.json"),
            QStringLiteral("saes/layer_1/sae.safetensors")}));
    EXPECT_EQ(message(), QString());
    click("hubDownload");
    ASSERT_TRUE(await([&] { return ready.count() == 1; })) << message().toStdString();
    EXPECT_EQ(ready[0][0].toString(), target("saes/layer_1"));
    EXPECT_EQ(bytesAt(target("saes/layer_1/cfg.json")), QByteArray("{\"k\": 8}"));
    EXPECT_EQ(bytesAt(target("saes/layer_1/sae.safetensors")), noise(10'000, 4));
    EXPECT_EQ(filesThere().size(), 2);
}

TEST_F(HubDialogTest, AnEntryOfTheCatalogueComesWholeAndIsAnnouncedOnce)
{
    QSignalSpy ready(dialog.get(), &HubDialog::entryReady);
    QSignalSpy alone(dialog.get(), &HubDialog::modelReady);
    find<QTabWidget>("hubTabs")->setCurrentIndex(0);
    EXPECT_EQ(find<QLabel>("catalogueAbout")->text(), QStringLiteral("A model with one SAE."));
    click("catalogueGet");
    EXPECT_FALSE(find<QPushButton>("catalogueGet")->isEnabled()) << "one at a time";
    ASSERT_TRUE(await([&] { return ready.count() == 1; })) << message().toStdString();
    EXPECT_EQ(ready[0][0].toString(), place(QStringLiteral("lab/tiny")));
    EXPECT_EQ(ready[0][1].toStringList(), QStringList{target("saes/layer_1")});
    EXPECT_EQ(alone.count(), 0);
    EXPECT_EQ(filesThere(),
        (QStringList{QStringLiteral("lab/tiny/config.json"),
            QStringLiteral("lab/tiny/model.safetensors"),
            QStringLiteral("lab/tiny/saes/layer_1/cfg.json"),
            QStringLiteral("lab/tiny/saes/layer_1/sae.safetensors")}));
    EXPECT_EQ(
        bytesAt(target("model.safetensors")), hub.content(QStringLiteral("model.safetensors")));
    EXPECT_TRUE(find<QPushButton>("catalogueGet")->isEnabled());
    // A repository that is named afterwards is by itself again; the fields are as the last part's.
    QSignalSpy dictionaries(dialog.get(), &HubDialog::dictionariesReady);
    list();
    click("hubDownload");
    ASSERT_TRUE(await([&] { return dictionaries.count() == 1; })) << message().toStdString();
    EXPECT_EQ(ready.count(), 1);
}

TEST_F(HubDialogTest, AnEntryWhoseRepositoryChangedOrIsGoneIsSaidAndEnds)
{
    entry.parts[1].only = QStringLiteral("saes/layer_9");
    open();
    QSignalSpy ready(dialog.get(), &HubDialog::entryReady);
    find<QTabWidget>("hubTabs")->setCurrentIndex(0);
    click("catalogueGet");
    ASSERT_TRUE(await([this] { return message().contains(QLatin1String("catalogue")); }));
    EXPECT_TRUE(message().contains(QLatin1String("lab/tiny"))) << message().toStdString();
    EXPECT_TRUE(find<QPushButton>("catalogueGet")->isEnabled());

    entry.parts[0].repository = QStringLiteral("lab/none");
    open();
    find<QTabWidget>("hubTabs")->setCurrentIndex(0);
    click("catalogueGet");
    ASSERT_TRUE(
        await([this] { return message().contains(QLatin1String("no repository lab/none")); }));
    EXPECT_TRUE(find<QPushButton>("catalogueGet")->isEnabled());
    EXPECT_EQ(ready.count(), 0);
}

TEST_F(HubDialogTest, AnEntryThatWasCancelledGoesOnWhereItStopped)
{
    holdTheModelAfterAThird();
    QSignalSpy ready(dialog.get(), &HubDialog::entryReady);
    find<QTabWidget>("hubTabs")->setCurrentIndex(0);
    click("catalogueGet");
    ASSERT_TRUE(
        await([this] { return QFileInfo(target("model.safetensors.part")).size() == 100'000; }));
    click("hubCancel");
    ASSERT_TRUE(await([this] { return find<QPushButton>("catalogueGet")->isEnabled(); }));
    EXPECT_TRUE(find<QLabel>("hubProgress")->text().contains(QLatin1String("goes on")));
    hub.before = nullptr;
    click("catalogueGet");
    ASSERT_TRUE(await([&] { return ready.count() == 1; })) << message().toStdString();
    EXPECT_EQ(
        bytesAt(target("model.safetensors")), hub.content(QStringLiteral("model.safetensors")));
}

TEST_F(HubDialogTest, APageAddressFillsTheFields)
{
    list(QStringLiteral("http://any.host/lab/tiny/tree/main/saes"));
    EXPECT_EQ(find<QLineEdit>("hubName")->text(), QStringLiteral("lab/tiny"));
    EXPECT_EQ(find<QLineEdit>("hubPatterns")->text(), QStringLiteral("saes"));
}

TEST_F(HubDialogTest, TicksAreSetByKeysAndAddressesCanBeCopied)
{
    list();
    auto* table = find<QTableView>("hubFiles");
    const int row = 2; // Behind the two that come.
    ASSERT_EQ(files()->index(row, 0).data().toString(), QStringLiteral("README.md"));
    table->selectRow(row);
    table->setFocus();
    dialog->activateWindow(); // Keys of actions are heard in the active window only.
    ASSERT_TRUE(await([&] { return table->hasFocus() && dialog->isActiveWindow(); }));
    QTest::keyClick(table, Qt::Key_Plus);
    EXPECT_TRUE(ticked().contains(QStringLiteral("README.md")));
    QTest::keyClick(table, Qt::Key_Minus);
    EXPECT_FALSE(ticked().contains(QStringLiteral("README.md")));
    table->setCurrentIndex(files()->index(row, 0));
    QTest::keyClick(table, Qt::Key_Space);
    EXPECT_TRUE(ticked().contains(QStringLiteral("README.md")));
    table->actions().at(2)->trigger();
    const QStringList copied = QGuiApplication::clipboard()->text().split(QLatin1Char('\n'));
    ASSERT_EQ(copied.size(), 3);
    EXPECT_EQ(copied[2],
        hub.url().toString() + QStringLiteral("/lab/tiny/resolve/")
            + QLatin1String(tests::FakeHub::kCommit) + QStringLiteral("/README.md"));
}

TEST_F(HubDialogTest, CancelLeavesPartsAndDownloadingAgainGoesOn)
{
    list();
    holdTheModelAfterAThird();
    QSignalSpy ready(dialog.get(), &HubDialog::modelReady);
    click("hubDownload");
    ASSERT_TRUE(await([this] {
        return files()->index(1, 2).data().toString().startsWith(ui::formatBytes(100'000));
    }));
    EXPECT_FALSE(find<QLineEdit>("hubName")->isEnabled());
    EXPECT_FALSE(files()->flags(files()->index(0, 0)).testFlag(Qt::ItemIsUserCheckable));
    EXPECT_TRUE(
        find<QLabel>("hubProgress")
            ->text()
            .startsWith(
                QStringLiteral("%1 of %2").arg(ui::formatBytes(100'022), ui::formatBytes(300'022))))
        << find<QLabel>("hubProgress")->text().toStdString();
    dialog->close();
    EXPECT_FALSE(hub.storage().isAbandoned()) << "a closed window goes on";
    dialog->show();
    click("hubCancel");
    ASSERT_TRUE(await([this] { return find<QLineEdit>("hubName")->isEnabled(); }));
    EXPECT_TRUE(find<QLabel>("hubProgress")->text().contains(QLatin1String("goes on")));
    EXPECT_EQ(QFileInfo(target("model.safetensors.part")).size(), 100'000);
    hub.before = nullptr;
    click("hubDownload");
    ASSERT_TRUE(await([&] { return ready.count() == 1; })) << message().toStdString();
    EXPECT_EQ(hub.storage().requests().back().header("range"), QByteArray("bytes=100000-"));
    EXPECT_EQ(
        bytesAt(target("model.safetensors")), hub.content(QStringLiteral("model.safetensors")));
}

TEST_F(HubDialogTest, MistakesAndRefusalsAreSaidInTheBar)
{
    type("hubName", QStringLiteral("not a name"));
    click("hubList");
    EXPECT_TRUE(message().contains(QLatin1String("owner/name"))) << message().toStdString();
    type("hubName", QStringLiteral("lab/none"));
    click("hubList");
    ASSERT_TRUE(
        await([this] { return message().contains(QLatin1String("no repository lab/none")); }));
    EXPECT_TRUE(find<QPushButton>("hubList")->isEnabled());
    type("hubName", QStringLiteral("lab/tiny"));
    type("hubRevision", QStringLiteral("v9"));
    click("hubList");
    ASSERT_TRUE(await([this] { return message().contains(QLatin1String("no revision")); }));
    type("hubAddress", QStringLiteral("nonsense"));
    click("hubList");
    EXPECT_TRUE(message().contains(QLatin1String("hub's address"))) << message().toStdString();
}

TEST_F(HubDialogTest, TheConnectionIsRememberedAndTheTokenFileIsPrivate)
{
    EXPECT_FALSE(find<QLineEdit>("hubToken")->isVisible());
    click("hubConnection");
    ASSERT_TRUE(find<QLineEdit>("hubToken")->isVisible());
    EXPECT_EQ(find<QLineEdit>("hubToken")->echoMode(), QLineEdit::Password);
    type("hubToken", QStringLiteral("hf_typed"));
    type("hubAddress", hub.url().toString());
    qputenv("HF_ENDPOINT", "http://127.0.0.1:9");
    list();
    EXPECT_EQ(hub.hub().requests().at(0).header("authorization"), QByteArray("Bearer hf_typed"));
    open();
    EXPECT_EQ(find<QLineEdit>("hubToken")->text(), QStringLiteral("hf_typed"));
    EXPECT_EQ(find<QLineEdit>("hubAddress")->text(), hub.url().toString());
    EXPECT_EQ(find<QLineEdit>("hubFolder")->text(), folder.path());
    const auto permissions
        = QFile::permissions(preferences.filePath(QStringLiteral("preferences.ini")));
    EXPECT_FALSE(permissions & (QFile::ReadGroup | QFile::ReadOther));
}

TEST_F(HubDialogTest, DestroyedInTheMiddleItEndsTheDownload)
{
    list();
    hub.before = [&](const HttpRequest& request) -> std::optional<HttpAnswer> {
        if (!request.path().startsWith("/bucket/"))
            return {};
        return HttpAnswer{.body = "x", .announced = 300'000, .isHeld = true};
    };
    click("hubDownload");
    ASSERT_TRUE(await([&] { return hub.storage().requests().size() == 1; }));
    dialog.reset();
    EXPECT_TRUE(await([&] { return hub.storage().isAbandoned(); }));
}

TEST(HubFileModelTest, KeepsTheRulesOfItemModels)
{
    ui::HubFileModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    std::vector<ui::HubFile> files;
    for (int i = 0; i < 1000; ++i)
        files.push_back({QStringLiteral("file %1").arg(i), i});
    std::vector<bool> odd(files.size());
    for (std::size_t i = 1; i < odd.size(); i += 2)
        odd[i] = true;
    model.setFiles(files, std::vector<bool>(files.size(), true), odd);
    EXPECT_EQ(model.rowCount(), 1000);
    EXPECT_EQ(model.chosenFiles().size(), 500u);
    EXPECT_EQ(model.chosenBytes(), 250'000);
    model.setLocked(true);
    model.showProgress({{1, ui::FileState::Done, 3}, {5000, ui::FileState::Done, 1}});
    EXPECT_EQ(model.index(1, 2).data().toString(), QStringLiteral("done, checksum right"));
    EXPECT_FALSE(model.setData(model.index(0, 0), Qt::Checked, Qt::CheckStateRole));
    model.setFiles(files, odd, odd);
    EXPECT_EQ(model.rowCount(), 500);
}

} // namespace
