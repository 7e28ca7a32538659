#include "ui/models/quality_panel.h"

#include "ui/models/density_chart.h"
#include "ui/models/quality_model.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/notice.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QFile>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QTableView>
#include <QTextStream>
#include <QVBoxLayout>

namespace ui {

namespace {
// About 50,000 tokens: steady figures, and still minutes on a processor.
constexpr qint64 kLongestText = 200'000;
constexpr QLatin1String kEvaluateTag = kTag<core::EvaluateRequest>;
} // namespace

QualityPanel::QualityPanel(Session* session, Chosen chosen, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_chosen(std::move(chosen))
    , m_model(new QualityModel(this))
    , m_warning(new Notice(this))
{
    m_warning->setObjectName(QStringLiteral("qualityWarning"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    layout->addWidget(makeText());
    layout->addWidget(makeResults(), 1);
    layout->addWidget(m_warning);
    connect(session, &Session::busyChanged, this, &QualityPanel::updateButtons);
    connect(session, &Session::stateChanged, this, &QualityPanel::updateButtons);
    connect(session, &Session::modelOpened, this, [this] {
        m_toEvaluate.clear();
        m_model->setRows({});
        showRow();
    });
    connect(session, &Session::progressChanged, this,
        [this](const QString& tag, const core::Progress& progress) {
            if (tag == kEvaluateTag && m_session->isBusy(kEvaluateTag))
                showProgress(m_progress, progress);
        });
    showRow();
    updateButtons();
}

QWidget* QualityPanel::makeText()
{
    auto* box = new QWidget(this);
    auto* title = new QLabel(tr("Quality on your own te&xt"), box);
    makeHeading(title, 2);
    m_what = new QLabel(box);
    makeSubtle(m_what);
    m_progress = new QProgressBar(box);
    m_progress->setAccessibleName(tr("Evaluation progress"));
    m_progress->setFixedWidth(ex(this) * 20);
    m_progress->setFixedHeight(em(this));
    auto* head = new QHBoxLayout;
    head->addWidget(title);
    head->addStretch(1);
    head->addWidget(m_what);
    head->addWidget(m_progress);
    m_text = new QPlainTextEdit(box);
    m_text->setObjectName(QStringLiteral("qualityText"));
    m_text->setAccessibleName(tr("Text to measure the dictionaries on"));
    m_text->setTabChangesFocus(true);
    m_text->setPlaceholderText(
        tr("Paste a text of the kind you care about; a few hundred words give steadier figures"));
    m_text->setFixedHeight(em(this) * 2 + 2 * pad(this));
    title->setBuddy(m_text);
    auto* file = new QPushButton(icon(Icon::Open), tr("F&ile …"), box);
    file->setToolTip(tr("Take the text from a file, at most %1 characters of it")
                         .arg(formatCount(kLongestText)));
    m_evaluate = new QPushButton(box);
    m_evaluate->setObjectName(QStringLiteral("evaluateButton"));
    auto* buttons = new QVBoxLayout;
    buttons->addWidget(file);
    buttons->addWidget(m_evaluate);
    auto* row = new QHBoxLayout;
    row->addWidget(m_text, 1);
    row->addLayout(buttons);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(head);
    column->addLayout(row);
    connect(file, &QPushButton::clicked, this, &QualityPanel::readFile);
    connect(m_evaluate, &QPushButton::clicked, this, [this] {
        if (m_session->isBusy(kEvaluateTag)) {
            m_toEvaluate.clear();
            m_session->cancel(kEvaluateTag);
        } else {
            start();
        }
    });
    connect(m_text, &QPlainTextEdit::textChanged, this, &QualityPanel::updateButtons);
    return box;
}

QWidget* QualityPanel::makeResults()
{
    m_results = new QWidget(this);
    m_table = new QTableView(m_results);
    m_table->setObjectName(QStringLiteral("qualityTable"));
    m_table->setAccessibleName(tr("Quality of the dictionaries"));
    setUpTable(m_table, m_model);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    addCopyAction(m_table);
    m_chart = new DensityChart(m_results);
    m_chart->setObjectName(QStringLiteral("densityChart"));
    m_table->setMinimumHeight(m_chart->sizeHint().height());
    m_chart->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Expanding);
    auto* row = new QHBoxLayout(m_results);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_table, 5);
    row->addWidget(m_chart, 3);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        &QualityPanel::showRow);
    return m_results;
}

void QualityPanel::showRow()
{
    const core::DictionaryQuality* quality = m_model->at(m_table->currentIndex().row());
    const bool hasResults = m_model->rowCount() > 0;
    m_results->setVisible(hasResults);
    setSizePolicy(
        QSizePolicy::Preferred, hasResults ? QSizePolicy::Expanding : QSizePolicy::Maximum);
    m_chart->setHistogram(quality ? quality->densityHistogram : std::vector<double>());
    const bool isWarned = quality && !quality->warning.empty();
    const QString said
        = quality ? withNote(toQString(quality->warning), quality->note).trimmed() : QString();
    m_warning->say(isWarned ? Notice::Kind::Warning : Notice::Kind::Info,
        said.isEmpty() ? said : QStringLiteral("%1: %2").arg(toQString(quality->dictionary), said));
}

void QualityPanel::evaluate(const QString& text)
{
    m_text->setPlainText(text);
    start();
}

void QualityPanel::evaluateChosen()
{
    if (m_text->document()->isEmpty())
        m_text->setFocus();
    else
        start();
}

QString QualityPanel::text() const
{
    return m_text->toPlainText();
}

void QualityPanel::start()
{
    Q_EMIT started();
    m_measuredText = m_text->toPlainText();
    m_model->setRows({});
    showRow();
    m_toEvaluate.clear();
    for (const std::string& name : m_chosen())
        m_toEvaluate << toQString(name);
    m_total = static_cast<int>(m_toEvaluate.size());
    evaluateNext();
}

void QualityPanel::evaluateNext()
{
    if (m_toEvaluate.isEmpty())
        return;
    const QString name = m_toEvaluate.takeFirst();
    m_what->setText(tr("%1 of %2: %3").arg(m_total - m_toEvaluate.size()).arg(m_total).arg(name));
    m_progress->setRange(0, 0);
    m_session->ask(
        this, core::EvaluateRequest{name.toStdString(), m_measuredText.toStdString()},
        [this](const Shared<core::DictionaryQuality>& quality) {
            addRow(*quality);
            evaluateNext();
        },
        [this](const core::Error& error) {
            m_toEvaluate.clear();
            Q_EMIT failed(toQString(error.message));
        });
}

void QualityPanel::addRow(const core::DictionaryQuality& quality)
{
    m_model->addRow(quality);
    Q_EMIT measured(quality);
    fitColumnsToText(m_table);
    // The newest is shown, unless one that warns is on the screen.
    if (m_warning->kind() != Notice::Kind::Warning)
        m_table->setCurrentIndex(m_model->index(m_model->rowCount() - 1, 0));
    showRow();
}

void QualityPanel::readFile()
{
    const QString path = QFileDialog::getOpenFileName(
        this, tr("Text to measure on"), {}, tr("Text (*.txt *.md);;All files (*)"));
    if (path.isEmpty())
        return;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        Q_EMIT failed(
            tr("%1 cannot be read (%2). Choose another file.").arg(path, file.errorString()));
        return;
    }
    m_text->setPlainText(QTextStream(&file).read(kLongestText));
}

void QualityPanel::updateButtons()
{
    const bool isRunning = m_session->isBusy(kEvaluateTag);
    const bool canStart
        = !m_session->state().dictionaries.empty() && !m_text->document()->isEmpty();
    m_evaluate->setText(isRunning ? tr("&Stop") : tr("&Evaluate"));
    m_evaluate->setIcon(icon(isRunning ? Icon::Stop : Icon::Play));
    m_evaluate->setToolTip(isRunning
            ? tr("Stop measuring; what is done stays")
            : tr("Measure the chosen dictionaries (all, if none is chosen) on this text"));
    m_evaluate->setEnabled(isRunning || canStart);
    m_progress->setVisible(isRunning);
    m_what->setVisible(isRunning);
}

} // namespace ui
