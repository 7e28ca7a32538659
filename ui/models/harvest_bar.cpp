#include "ui/models/harvest_bar.h"

#include "ui/shared/job_progress.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>

namespace ui {

HarvestBar::HarvestBar(Session* session, Chosen chosen, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_chosen(std::move(chosen))
{
    auto* title = new QLabel(tr("&Harvest"), this);
    makeHeading(title, 2);
    m_tokens = new QSpinBox(this);
    title->setBuddy(m_tokens);
    m_tokens->setRange(1'000, 1'000'000'000);
    m_tokens->setSingleStep(50'000);
    m_tokens->setValue(200'000);
    m_tokens->setGroupSeparatorShown(true);
    m_tokens->setSuffix(tr(" tokens"));
    m_tokens->setToolTip(
        tr("How much text to run through the model for densities, histograms and examples"));
    m_corpus = new QLineEdit(this);
    m_corpus->setAccessibleName(tr("Text file to harvest on"));
    m_corpus->setPlaceholderText(tr("Text file (empty: the model writes its own text)"));
    auto* choose = new QPushButton(icon(Icon::Open), tr("File …"), this);
    connect(choose, &QPushButton::clicked, this, [this] {
        const QString path = QFileDialog::getOpenFileName(
            this, tr("Text to harvest on"), {}, tr("Text (*.txt);;All files (*)"));
        if (!path.isEmpty())
            m_corpus->setText(path);
    });
    m_progress = new QProgressBar(this);
    m_progress->setAccessibleName(tr("Harvest progress"));
    m_progress->setFixedWidth(ex(this) * 20);
    m_start = new QPushButton(this);
    m_start->setObjectName(QStringLiteral("harvestButton"));
    connect(m_start, &QPushButton::clicked, this, &HarvestBar::startOrStop);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(title);
    row->addWidget(m_tokens);
    row->addWidget(m_corpus, 1);
    row->addWidget(choose);
    row->addWidget(m_progress);
    row->addWidget(m_start);
    connect(session, &Session::busyChanged, this, &HarvestBar::updateButtons);
    connect(session, &Session::stateChanged, this, &HarvestBar::updateButtons);
    connect(session, &Session::progressChanged, this,
        [this](const QString& tag, const core::Progress& progress) {
            if (tag == kTag<core::HarvestRequest>)
                showProgress(m_progress, progress);
        });
    updateButtons();
}

void HarvestBar::startOrStop()
{
    if (m_session->isBusy(kTag<core::HarvestRequest>)) {
        m_session->cancel(kTag<core::HarvestRequest>);
        return;
    }
    Q_EMIT started();
    core::HarvestRequest request;
    request.dictionaries = m_chosen();
    request.corpusPath = m_corpus->text().trimmed().toStdString();
    request.tokens = m_tokens->value();
    m_session->harvest(request);
}

void HarvestBar::updateButtons()
{
    const bool isRunning = m_session->isBusy(kTag<core::HarvestRequest>);
    m_start->setEnabled(!m_session->state().dictionaries.empty());
    m_start->setText(isRunning ? tr("Stop &harvest") : tr("Start &harvest"));
    m_start->setIcon(icon(isRunning ? Icon::Stop : Icon::Play));
    m_progress->setVisible(isRunning);
    if (!isRunning)
        m_progress->setRange(0, 0);
}

} // namespace ui
