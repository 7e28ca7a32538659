#include "ui/models/models_page.h"

#include "core/api/close_dictionary.h"
#include "ui/models/comparison/comparison_dialog.h"
#include "ui/models/dictionary_panel.h"
#include "ui/models/harvest_bar.h"
#include "ui/models/model_panel.h"
#include "ui/models/quality_panel.h"
#include "ui/shared/message_bar.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QVBoxLayout>

namespace ui {

ModelsPage::ModelsPage(Session* session, Selection* selection, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_opener(new Opener(session, settings, this))
    , m_messages(new MessageBar(this))
    , m_model(new ModelPanel(session, settings, m_opener, this))
    , m_dictionaries(new DictionaryPanel(session, selection, settings, m_opener, this))
    , m_quality(new QualityPanel(
          session, [this] { return m_dictionaries->chosen(); }, this))
{
    auto* harvest = new HarvestBar(
        session, [this] { return m_dictionaries->chosen(); }, this);
    auto* layout = new QVBoxLayout(this);
    setPagePadding(layout, this);
    layout->addWidget(m_model);
    layout->addSpacing(pad(this));
    layout->addWidget(m_dictionaries, 3);
    layout->addSpacing(pad(this));
    layout->addWidget(m_quality, 2);
    layout->addSpacing(pad(this));
    layout->addWidget(harvest);
    m_messages->lieOver(m_dictionaries);

    connect(m_opener, &Opener::failed, m_messages, &MessageBar::showError);
    connect(m_quality, &QualityPanel::failed, m_messages, &MessageBar::showError);
    connect(m_quality, &QualityPanel::started, m_messages, &MessageBar::clear);
    connect(m_quality, &QualityPanel::measured, m_dictionaries, &DictionaryPanel::showQuality);
    connect(
        m_dictionaries, &DictionaryPanel::evaluateAsked, m_quality, &QualityPanel::evaluateChosen);
    connect(m_dictionaries, &DictionaryPanel::compareAsked, this,
        [this, session, selection](const std::string& left, const std::string& right) {
            (new ComparisonDialog(session, selection, left, right, m_quality->text(), this))
                ->show();
        });
    connect(harvest, &HarvestBar::started, m_messages, &MessageBar::clear);
    connect(m_opener, &Opener::started, m_messages, &MessageBar::clear);
    connect(session, &Session::dictionariesAdded, this, [this, session](const QString& path) {
        if (session->state().refused.empty())
            return m_messages->dismiss(QStringLiteral("refused"));
        QStringList lines{//: %1 is a folder
            tr("Not everything in %1 was opened; the list below says what was not.").arg(path)};
        for (const core::RefusedDictionary& one : session->state().refused)
            lines << toQString(one.reason);
        constexpr qsizetype kShown = 4;
        if (lines.size() > kShown + 1) {
            const qsizetype more = lines.size() - 1 - kShown;
            lines = lines.mid(0, 1 + kShown);
            lines << tr("… and %1 more").arg(more);
        }
        m_messages->showMessage(
            MessageBar::Kind::Warning, lines.join(QLatin1Char('\n')), QStringLiteral("refused"));
    });
    connect(
        session, &Session::harvested, this, [this](const Shared<core::HarvestSummary>& summary) {
            m_messages->showMessage(MessageBar::Kind::Info,
                withNote(tr("Harvested %1 tokens in %2 s: %3 of %4 features fired.")
                             .arg(formatCount(summary->tokens), formatNumber(summary->seconds),
                                 formatCount(summary->featuresAlive),
                                 formatCount(summary->featuresTotal)),
                    summary->note));
        });
    connect(
        session, &Session::errorOccurred, this, [this](const QString& tag, const QString& message) {
            if (tag != kTag<core::OpenModelRequest>)
                return;
            // Of several dictionaries each may have its own reason.
            m_messages->showMessage(MessageBar::Kind::Error, message, message);
        });
    m_messages->showErrorsOf(
        session, {kEngineTag, kTag<core::CloseDictionaryRequest>, kTag<core::HarvestRequest>});
}

void ModelsPage::open(const QString& path, Opener::Ask ask)
{
    m_opener->open(path, ask);
}

void ModelsPage::chooseModelFolder()
{
    m_model->chooseFolder();
}

void ModelsPage::chooseModelFile()
{
    m_model->chooseFile();
}

void ModelsPage::chooseDictionaries()
{
    m_dictionaries->addFolder();
}

} // namespace ui
