#include "tour.h"

#include "card_dock.h"

#include "ui/features/feature_card.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/features_page.h"
#include "ui/models/comparison/comparison_dialog.h"
#include "ui/models/models_page.h"
#include "ui/models/open_model_dialog.h"
#include "ui/models/quality_panel.h"
#include "ui/prompt/architecture_diagram.h"
#include "ui/prompt/prompt_page.h"
#include "ui/shared/notice.h"
#include "ui/shared/token_strip.h"
#include "ui/steer/intervention_row.h"
#include "ui/steer/steer_page.h"
#include "ui/style/text.h"

#include <cstdio>

#include <QAbstractEventDispatcher>
#include <QApplication>
#include <QDir>
#include <QDoubleSpinBox>
#include <QEventLoop>
#include <QLineEdit>
#include <QPixmap>
#include <QPushButton>
#include <QTableView>
#include <QTimer>

namespace app {

namespace {

constexpr int kPatienceMs = 600'000; // also on a machine that is busy with something else
constexpr double kClamp = 10.0; // times the feature's maximum
const QString kBridgePrompt
    = QStringLiteral("The Golden Gate Bridge is a famous bridge in San Francisco.");
const QString kQualityText = QStringLiteral(
    "The Golden Gate Bridge is a famous bridge in San Francisco. The capital of the state "
    "containing Dallas is Austin. Q: What can I do in Paris? A: You should picnic on the lawn.");
const QString kConcept = QStringLiteral("golden gate");
const QString kQuestion = QStringLiteral("Q: What can I do in Paris?\nA:");
const QString kLabel = QStringLiteral("Golden Gate Bridge");

} // namespace

Tour::Tour(MainWindow& window, ui::Settings& settings, QString folder)
    : m_window(window)
    , m_settings(settings)
    , m_folder(std::move(folder))
{
}

QString Tour::run(QSize size)
{
    if (!QDir().mkpath(m_folder))
        return QStringLiteral("the folder %1 cannot be made").arg(m_folder);
    m_window.resize(size);
    for (const Step step :
        {&Tour::start, &Tour::models, &Tour::inspection, &Tour::dictionariesCompared, &Tour::prompt,
            &Tour::features, &Tour::steer, &Tour::sweep, &Tour::whatSteers, &Tour::circuit,
            &Tour::subgraph, &Tour::interventions, &Tour::swap, &Tour::compare, &Tour::patching,
            &Tour::featuresOnText, &Tour::featureMap, &Tour::comparedFeatures, &Tour::training}) {
        if (!(this->*step)())
            return m_problem;
    }
    return {};
}

bool Tour::fail(const QString& problem)
{
    m_problem = problem;
    return false;
}

bool Tour::await(const QString& what, const std::function<bool()>& isDone)
{
    ui::Session* session = m_window.session();
    QEventLoop loop;
    QString error;
    // Looks whenever the event loop is about to rest.
    QObject::connect(
        QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::aboutToBlock, &loop, [&] {
            if (isDone())
                loop.quit();
        });
    QObject::connect(
        session, &ui::Session::errorOccurred, &loop, [&](const QString&, const QString& message) {
            error = message;
            loop.quit();
        });
    QTimer patience;
    patience.setSingleShot(true);
    QObject::connect(&patience, &QTimer::timeout, &loop, &QEventLoop::quit);
    patience.start(kPatienceMs);
    if (!isDone())
        loop.exec();
    if (!error.isEmpty())
        return fail(QStringLiteral("%1: %2").arg(what, error));
    if (!isDone())
        return fail(QStringLiteral("%1: nothing came for %2 s").arg(what).arg(kPatienceMs / 1000));
    return true;
}

bool Tour::savePicture(const QString& name, double scale, QWidget* of)
{
    QApplication::processEvents();
    QWidget* drawn = of ? of : &m_window;
    QPixmap picture((QSizeF(drawn->size()) * scale).toSize());
    picture.setDevicePixelRatio(scale);
    drawn->render(&picture);
    const QString path = QDir(m_folder).filePath(name + QStringLiteral(".png"));
    if (!picture.save(path))
        return fail(QStringLiteral("%1 cannot be written").arg(path));
    std::printf("%s\n", qPrintable(path));
    std::fflush(stdout);
    return true;
}

bool Tour::takePictures(const QString& name, bool isScaled, QWidget* of)
{
    const QString light = QStringLiteral("light"), dark = QStringLiteral("dark");
    if (!savePicture(name + QLatin1Char('-') + light, 1.0, of))
        return false;
    if (isScaled && !savePicture(name + QStringLiteral("-scale-1.5"), 1.5, of))
        return false;
    m_settings.setValue(ui::SettingKey::Theme, dark);
    const bool isSaved = savePicture(name + QLatin1Char('-') + dark, 1.0, of);
    m_settings.setValue(ui::SettingKey::Theme, light);
    return isSaved;
}

bool Tour::start()
{
    m_window.showPage(MainWindow::Page::Start);
    return takePictures(QStringLiteral("start"));
}

bool Tour::models()
{
    m_window.showPage(MainWindow::Page::Models);
    m_window.open(QStringLiteral("builtin"));
    return await(QStringLiteral("Models: opening the built-in model"),
               [&] { return m_window.session()->hasModel() && !m_window.session()->isBusy(); })
        && (!m_window.session()->state().dictionaries.empty()
            || fail(QStringLiteral("Models: the built-in model came without dictionaries")))
        && isTrusted() && takePictures(QStringLiteral("models"));
}

bool Tour::isTrusted()
{
    // The self-check went by itself and found nothing; the dictionaries are measured on a text.
    ui::ModelsPage* page = m_window.modelsPage();
    const auto* verdict = page->findChild<ui::Notice*>(QStringLiteral("selfCheckVerdict"));
    if (verdict->kind() != ui::Notice::Kind::Good)
        return fail(QStringLiteral("Models: the self-check says “%1”").arg(verdict->text()));
    page->quality()->evaluate(kQualityText);
    const auto* table = page->findChild<QTableView*>(QStringLiteral("qualityTable"));
    const auto dictionaries = static_cast<int>(m_window.session()->state().dictionaries.size());
    return await(QStringLiteral("Models: measuring the dictionaries on a text"), [&] {
        return table->model()->rowCount() == dictionaries && !m_window.session()->isBusy();
    });
}

bool Tour::inspection()
{
    m_window.modelsPage()->open(
        ui::toQString(m_window.session()->state().model.path), ui::Opener::Ask::Always);
    ui::OpenModelDialog* dialog = nullptr;
    const auto isShown = [&] {
        dialog = m_window.findChild<ui::OpenModelDialog*>();
        return dialog && !m_window.session()->isBusy();
    };
    if (!await(QStringLiteral("Models: inspecting a folder"), isShown))
        return false;
    if (!dialog->choice())
        return fail(QStringLiteral("Models: the inspection names no way to open the model"));
    const bool isTaken = takePictures(QStringLiteral("open-model"), false, dialog);
    dialog->reject();
    return isTaken;
}

bool Tour::dictionariesCompared()
{
    // SAEs of neighbouring layers: what one has that the other has not.
    ui::ModelsPage* page = m_window.modelsPage();
    auto* table = page->findChild<QTableView*>(QStringLiteral("dictionaryTable"));
    table->clearSelection();
    for (const int row : {0, 2}) // a transcoder stands between
        table->selectionModel()->select(
            table->model()->index(row, 0), QItemSelectionModel::Select | QItemSelectionModel::Rows);
    page->findChild<QPushButton*>(QStringLiteral("compareDictionariesButton"))->click();
    auto* dialog = page->findChild<ui::ComparisonDialog*>();
    if (!dialog)
        return fail(QStringLiteral("Models: two chosen dictionaries cannot be compared"));
    const auto isIdle = [&] { return !m_window.session()->isBusy(); };
    if (!await(QStringLiteral("Models: comparing two dictionaries"), isIdle))
        return false;
    dialog->findChild<QPushButton*>(QStringLiteral("comparisonMeasure"))->click();
    const bool isTaken = await(QStringLiteral("Models: measuring both on a text"), isIdle)
        && takePictures(QStringLiteral("dictionaries-compared"), false, dialog);
    dialog->reject();
    table->clearSelection();
    return isTaken;
}

bool Tour::prompt()
{
    m_window.showPage(MainWindow::Page::Prompt);
    ui::PromptPage* page = m_window.promptPage();
    page->setPrompt(kBridgePrompt);
    const auto isAnalysed = [&] { return page->analysis() && !m_window.session()->isBusy(); };
    if (!await(QStringLiteral("Prompt: analysing"), isAnalysed))
        return false;
    // The strongest feature of the shown dictionary, as a click in the first row of the heat map
    // would.
    for (const core::DictionaryAnalysis& dictionary : page->analysis()->dictionaries) {
        if (dictionary.dictionary == page->dictionaryName() && !dictionary.features.empty())
            m_window.selection()->setFeature(dictionary.features.front().row.feature);
    }
    const auto hasCard
        = [&] { return m_window.featureCard()->card() && !m_window.session()->isBusy(); };
    if (!m_window.selection()->feature())
        return fail(QStringLiteral("Prompt: no feature fires on “%1”").arg(kBridgePrompt));
    if (!await(QStringLiteral("Prompt: the card of the strongest feature"), hasCard))
        return false;
    if (!takePictures(QStringLiteral("prompt"), true))
        return false;
    page->showArchitecture(true);
    auto* diagram = page->findChild<ui::ArchitectureDiagram*>();
    return await(QStringLiteral("Prompt: the architecture diagram"), [&] {
        return diagram->shownFeatures() > 0 && !m_window.session()->isBusy();
    }) && takePictures(QStringLiteral("architecture"));
}

bool Tour::features()
{
    m_window.showPage(MainWindow::Page::Features);
    ui::FeaturesPage* page = m_window.featuresPage();
    page->search(kConcept);
    if (!await(QStringLiteral("Features: searching “%1”").arg(kConcept), [&] {
            const auto& list = page->model()->list();
            return list->query.text == kConcept.toStdString() && !m_window.session()->isBusy();
        }))
        return false;
    if (page->model()->rowCount() == 0)
        return fail(QStringLiteral("Features: nothing matches “%1”").arg(kConcept));
    // The best match among the SAEs: their features act on the residual stream, which steers best.
    int row = 0;
    for (int at = page->model()->rowCount() - 1; at >= 0; --at) {
        const core::DictionaryInfo* dictionary
            = m_window.session()->dictionary(page->model()->featureAt(at).dictionary);
        if (dictionary && dictionary->kind == core::DictionaryKind::Sae)
            row = at;
    }
    page->chooseRow(row);
    const core::FeatureRef first = page->model()->featureAt(row);
    const auto hasCard = [&] {
        const auto& card = m_window.featureCard()->card();
        return card && card->row.feature == first && page->model()->rowAt(row)
            && !m_window.session()->isBusy();
    };
    if (!await(QStringLiteral("Features: the card of the best match"), hasCard))
        return false;
    if (m_window.cardDock()->isDrawer())
        m_window.cardDock()->open();
    auto* label = m_window.featureCard()->findChild<QLineEdit*>(QStringLiteral("labelText"));
    label->setFocus();
    label->setText(kLabel);
    Q_EMIT label->textEdited(kLabel);
    Q_EMIT label->editingFinished();
    auto* trial = m_window.featureCard()->findChild<QLineEdit*>(QStringLiteral("trialText"));
    trial->setText(QStringLiteral("Fog rolls over the bridge. I had soup for lunch."));
    Q_EMIT trial->returnPressed();
    auto* strip = m_window.featureCard()->findChild<ui::TokenStrip*>(QStringLiteral("trialStrip"));
    const bool isDone = await(QStringLiteral("Features: labelling and trying a text"), [&] {
        return m_window.featureCard()->card()->row.label.text == kLabel.toStdString()
            && strip->isVisible() && !m_window.session()->isBusy();
    }) && takePictures(QStringLiteral("features"), true);
    if (m_window.cardDock()->isDrawer()) // it would lie over the pages that come
        m_window.cardDock()->hide();
    return isDone;
}

bool Tour::steer()
{
    ui::SteerPage* page = m_window.steerPage();
    const auto chosen = m_window.selection()->feature();
    m_window.steer(*chosen);
    if (!await(QStringLiteral("Steer: reading the feature's maximum"),
            [&] { return !m_window.session()->isBusy(); }))
        return false;
    page->row(0)->findChild<QDoubleSpinBox*>()->setValue(kClamp);
    page->setPrompt(kQuestion);
    page->generate();
    if (!await(QStringLiteral("Steer: writing the normal and the steered answer"),
            [&] { return page->generation() && !m_window.session()->isBusy(); }))
        return false;
    if (page->generation()->steered.text.empty())
        return fail(QStringLiteral("Steer: the steered answer is empty"));
    return takePictures(QStringLiteral("steer"));
}

} // namespace app
