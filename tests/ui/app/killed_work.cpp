#include "killed_work.h"

#include "app/gui/engine_loader.h"
#include "app/gui/main_window.h"
#include "app/gui/session_keeper.h"
#include "core/api/feature_card.h"
#include "core/api/feature_rows.h"
#include "tests/ui/support/engine_options.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/circuit_page.h"
#include "ui/features/features_page.h"
#include "ui/prompt/prompt_page.h"
#include "ui/steer/steer_page.h"
#include "ui/style/text.h"

#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>
#include <random>

#include <QApplication>
#include <QDoubleSpinBox>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineEdit>
#include <QStandardPaths>

namespace tests {

namespace {

constexpr int kLabels = 6, kCards = 24;
const std::string kUnharvested = "saes/layer_1", kHarvested = "saes/layer_0";

/// What gets labels: also features whose statistics a harvest replaces.
core::FeatureRef labelledFeature(int i)
{
    return {i % 2 == 0 ? kHarvested : kUnharvested, core::FeatureId(i)};
}

/// A person's; what a machine suggests changes with each harvest.
QString labelOf(const core::FeatureRow& row)
{
    return row.label.source == core::LabelSource::Person ? ui::toQString(row.label.text)
                                                         : QString();
}

/// How a card contradicts itself, and so is of two harvests; empty where it is of one. Its figures
/// come from three tables: tokens, density and maximum, counts and examples.
QString tornBy(const core::FeatureCard& card)
{
    const double counted = std::accumulate(card.histogram.begin(), card.histogram.end(), 0.0),
                 firing = card.row.density * static_cast<double>(card.harvestedTokens);
    if (std::abs(counted - firing) > 0.5)
        return QStringLiteral("%1 firings are counted, %2 were harvested").arg(counted).arg(firing);
    if (card.intervals.empty() || card.intervals.front().examples.empty())
        return firing > 0 ? QStringLiteral("it fires and has no examples") : QString();
    const core::FeatureExample& strongest = card.intervals.front().examples.front();
    const float peak = strongest.activations.at(static_cast<std::size_t>(strongest.peak));
    if (std::abs(peak - card.row.maxActivation) > 1e-3f * card.row.maxActivation)
        return QStringLiteral("the strongest example has %1, the maximum is %2")
            .arg(peak)
            .arg(card.row.maxActivation);
    return {};
}

void tell(const QString& line)
{
    std::printf("%s\n", qPrintable(line));
    std::fflush(stdout);
}

class Worker : public QObject {
public:
    Worker(const QString& folder, unsigned seed)
        : m_settings(folder)
        , m_random(seed)
        , m_seed(seed)
    {
        const core::Engine::Options options = tests::engineOptions(folder.toStdString());
        m_loader = std::make_unique<app::EngineLoader>(options);
        m_window = std::make_unique<app::MainWindow>(&m_settings);
        ui::Session* const session = m_window->session();
        connect(m_loader.get(), &app::EngineLoader::loaded, session, &ui::Session::attachEngine);
        connect(m_loader.get(), &app::EngineLoader::failed, session, &ui::Session::failEngine);
        connect(m_window->keeper(), &app::SessionKeeper::restored, this, &Worker::begin);
        connect(m_window->keeper(), &app::SessionKeeper::autosaved, this, [this] {
            if (m_window->keeper()->isKept())
                tell(QStringLiteral("kept %1").arg(m_done));
            goOn();
        });
        connect(session, &ui::Session::featureChanged, this, [this](const core::FeatureRow& row) {
            tell(QStringLiteral("labelled %1 %2").arg(row.feature.feature.value).arg(labelOf(row)));
            goOn();
        });
        connect(session, &ui::Session::progressChanged, this,
            [](const QString& tag, const core::Progress& progress) {
                if (tag == ui::kTag<core::HarvestRequest> && !progress.isWaiting)
                    tell(QStringLiteral("amid %1/%2 %3")
                             .arg(progress.done)
                             .arg(progress.total)
                             .arg(ui::toQString(progress.what)));
            });
        connect(session, &ui::Session::harvested, this,
            [this](const ui::Shared<core::HarvestSummary>& summary) {
                tell(QStringLiteral("harvested %1").arg(summary->tokens));
                goOn();
            });
        connect(session, &ui::Session::errorOccurred, this,
            [this](const QString& tag, const QString& message) {
                tell(QStringLiteral("refused %1: %2").arg(tag, message));
                goOn();
            });
        m_window->resize(1200, 800);
        m_window->show();
        m_loader->start();
        m_window->open(QStringLiteral("builtin"));
    }

private:
    int random(int below) { return static_cast<int>(m_random() % static_cast<unsigned>(below)); }

    /// What a person made, in an order and form that can be compared.
    QString state() const
    {
        const core::SavedSession session = m_window->keeper()->gather();
        QJsonArray changes, pins;
        for (const core::Intervention& one : session.steer.interventions)
            changes << QStringLiteral("%1:%2 %3 %4")
                           .arg(ui::toQString(one.feature.dictionary))
                           .arg(one.feature.feature.value)
                           .arg(static_cast<int>(one.mode))
                           .arg(one.value);
        for (const core::SavedMarks& marks : session.circuit.marks)
            for (const core::NodeKey& key : marks.pinned)
                pins << QStringLiteral("%1 %2:%3:%4")
                            .arg(ui::toQString(marks.prompt))
                            .arg(key.layer.value)
                            .arg(key.position.value)
                            .arg(key.feature.value);
        const QJsonObject json{{QStringLiteral("prompt"), ui::toQString(session.prompt)},
            {QStringLiteral("steer"), ui::toQString(session.steer.prompt)},
            {QStringLiteral("temperature"), session.steer.settings.temperature},
            {QStringLiteral("changes"), changes}, {QStringLiteral("pins"), pins},
            {QStringLiteral("donor"), ui::toQString(session.circuit.donor)},
            {QStringLiteral("answer"), ui::toQString(session.patching.answer)},
            {QStringLiteral("search"), ui::toQString(session.search.text)}};
        return QString::fromUtf8(QJsonDocument(json).toJson(QJsonDocument::Compact));
    }

    void begin()
    {
        tell(QStringLiteral("is ") + state());
        const core::DictionaryInfo* const info = m_window->session()->dictionary(kHarvested);
        tell(QStringLiteral("harvest %1").arg(info ? info->harvestedTokens : -1));
        for (int i = 0; i < kCards; ++i)
            m_window->session()->ask(
                this, QLatin1String(),
                core::FeatureCardRequest{{kHarvested, core::FeatureId(37 * i)}},
                [i](const ui::Shared<core::FeatureCard>& card) {
                    if (const QString torn = tornBy(*card); !torn.isEmpty())
                        tell(QStringLiteral("torn feature %1: %2").arg(37 * i).arg(torn));
                },
                [i](const core::Error& error) {
                    tell(QStringLiteral("torn feature %1: %2")
                             .arg(37 * i)
                             .arg(ui::toQString(error.message)));
                });
        core::FeatureRowsRequest rows;
        for (int i = 0; i < kLabels; ++i)
            rows.features.push_back(labelledFeature(i));
        m_window->session()->ask(this, QLatin1String("killed-work"), rows,
            [this](const ui::Shared<std::vector<core::FeatureRow>>& known) {
                for (const core::FeatureRow& row : *known)
                    tell(QStringLiteral("label %1 %2")
                             .arg(row.feature.feature.value)
                             .arg(labelOf(row)));
                m_window->showPage(app::MainWindow::Page::Circuit);
                ui::CircuitDocument* const circuit = m_window->circuitPage()->document();
                connect(circuit, &ui::CircuitDocument::graphChanged, this, &Worker::goOn);
                m_isWaiting = true;
                if (circuit->graph()) // it came back by itself, the page being shown
                    goOn();
                else
                    circuit->trace(circuit->prompt());
            });
    }

    /// Will something be acknowledged? An undo with nothing to undo changes nothing.
    bool isAnythingUnderWay() const
    {
        const ui::Session* const session = m_window->session();
        return !m_window->keeper()->isKept() || session->isBusy(ui::kTag<core::LabelEdit>)
            || session->isBusy(ui::kTag<core::HarvestRequest>);
    }

    /// Something was acknowledged.
    void goOn()
    {
        if (std::exchange(m_isWaiting, false))
            QMetaObject::invokeMethod(this, &Worker::work, Qt::QueuedConnection);
    }

    void work()
    {
        act();
        // Several things between two acknowledgements, or one.
        if (random(2) == 0 || !isAnythingUnderWay())
            QMetaObject::invokeMethod(this, &Worker::work, Qt::QueuedConnection);
        else
            m_isWaiting = true;
    }

    void act()
    {
        const QString text = QStringLiteral("the text %1 of %2").arg(++m_count).arg(m_seed);
        ui::Session* const session = m_window->session();
        ui::CircuitDocument* const circuit = m_window->circuitPage()->document();
        switch (random(10)) {
        case 0: {
            core::LabelEdit edit;
            edit.feature = labelledFeature(random(kLabels));
            edit.label.text = text.toStdString();
            tell(QStringLiteral("labelling %1 %2").arg(edit.feature.feature.value).arg(text));
            return session->setLabel(edit);
        }
        case 1: {
            if (session->isBusy(ui::kTag<core::HarvestRequest>))
                return;
            core::HarvestRequest harvest;
            harvest.dictionaries = {kHarvested};
            // Mostly on text that is there, or nearly all of it would be the model writing its own.
            if (random(5) != 0) {
                harvest.corpusPath = FEATURESCOPE_SOURCE_DIR "/docs/formats.md";
                harvest.tokens = 2000 + random(6000);
            } else {
                harvest.tokens = 300 + random(1000);
            }
            tell(QStringLiteral("harvesting %1").arg(harvest.tokens));
            return session->harvest(harvest);
        }
        case 2:
            m_window->promptPage()->setPrompt(text);
            break;
        case 3:
            m_window->steerPage()->setPrompt(text);
            break;
        case 4:
            m_window->steerPage()->addFeature({"saes/layer_2", core::FeatureId(random(500))});
            break;
        case 5:
            session->undoStack()->undo();
            break;
        case 6:
            for (auto* spin : m_window->steerPage()->findChildren<QDoubleSpinBox*>())
                if (spin->isEnabled() && random(4) == 0)
                    spin->setValue(spin->minimum()
                        + (spin->maximum() - spin->minimum()) * random(100) / 100.0);
            break;
        case 7:
            m_window->featuresPage()->search(text);
            break;
        case 8:
            m_window->findChild<QLineEdit*>(QStringLiteral("patchAnswer"))->setText(text);
            circuit->setDonor(text);
            break;
        default:
            if (circuit->graph())
                circuit->togglePin(random(static_cast<int>(circuit->graph()->nodes.size())));
            break;
        }
        ++m_done;
        tell(QStringLiteral("did %1 %2").arg(m_done).arg(state()));
    }

    ui::Settings m_settings;
    std::unique_ptr<app::EngineLoader> m_loader;
    std::unique_ptr<app::MainWindow> m_window;
    std::mt19937 m_random;
    unsigned m_seed;
    int m_count = 0, m_done = 0;
    bool m_isWaiting = false;
};

} // namespace

int workUntilKilled(int argc, char** argv)
{
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("featurescope-tests"));
    QStandardPaths::setTestModeEnabled(true);
    const QStringList arguments = QApplication::arguments();
    Worker worker(arguments.value(2), arguments.value(3).toUInt());
    return QApplication::exec();
}

} // namespace tests
