#include "ui/circuit/swap_test/concept_finder.h"

#include "ui/circuit/circuit_document.h"
#include "ui/circuit/swap_test/concept_feature_model.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStackedLayout>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {

std::vector<std::string> linesOf(const QPlainTextEdit* box)
{
    std::vector<std::string> lines;
    for (const QString& line : box->toPlainText().split(QLatin1Char('\n')))
        if (!line.trimmed().isEmpty())
            lines.push_back(line.toStdString());
    return lines;
}

} // namespace

ConceptFinder::ConceptFinder(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_session(document->session())
    , m_messages(new MessageBar(this))
    , m_model(new ConceptFeatureModel(this))
{
    auto* row = new QHBoxLayout;
    row->setSpacing(pad(this));
    row->addWidget(makePrompts(), 2);
    row->addWidget(makeResults(), 3);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gap(this), gap(this), gap(this), gap(this));
    column->setSpacing(gap(this));
    column->addLayout(row, 1);
    connect(m_session, &Session::modelOpened, this, [this] {
        m_found.reset();
        m_model->setRows({});
        m_messages->clear();
        m_stack->setCurrentIndex(0);
    });
    m_messages->showErrorsOf(m_session, {kTag<core::ConceptRequest>});
    connect(document, &CircuitDocument::statusChanged, this, &ConceptFinder::updateButtons);
    updateButtons();
}

QWidget* ConceptFinder::makePrompts()
{
    auto* box = new QWidget(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    const auto prompts
        = [&](const char* name, const QString& title, const QString& what, const QString& example) {
              auto* label = new QLabel(title, box);
              auto* made = new QPlainTextEdit(box);
              made->setObjectName(QLatin1String(name));
              made->setAccessibleName(what);
              made->setPlaceholderText(example);
              made->setTabChangesFocus(true);
              made->setLineWrapMode(QPlainTextEdit::NoWrap); // a line is a prompt
              label->setBuddy(made);
              column->addWidget(label);
              column->addWidget(made, 1);
              connect(made, &QPlainTextEdit::textChanged, this, [this] {
                  updateButtons();
                  updateNote();
              });
              return made;
          };
    m_with = prompts("conceptWith", tr("Prompts &with the concept, one a line"),
        tr("Prompts with the concept"),
        tr("The capital of the state containing Dallas is\nThe city of Houston lies in"));
    m_without = prompts("conceptWithout", tr("Prompts with&out it, otherwise alike"),
        tr("Prompts without the concept"),
        tr("The capital of the state containing Oakland is\nThe city of Miami lies in"));
    m_find = new QPushButton(box);
    m_find->setObjectName(QStringLiteral("conceptFind"));
    auto* progress = new JobProgress(tr("Progress of finding the concept"), box);
    progress->follow(m_session, kTag<core::ConceptRequest>);
    auto* row = new QHBoxLayout;
    row->addWidget(m_find);
    row->addWidget(progress, 1);
    row->addStretch(0);
    column->addLayout(row);
    connect(m_find, &QPushButton::clicked, this, [this] {
        if (m_session->isBusy(kTag<core::ConceptRequest>))
            m_session->cancel(kTag<core::ConceptRequest>);
        else
            find();
    });
    return box;
}

QWidget* ConceptFinder::makeResults()
{
    auto* box = new QWidget(this);
    m_stack = new QStackedLayout(box);
    m_empty = new EmptyState(tr("Which features stand for a concept?"),
        tr("Write a few prompts with the concept and a few that differ in nothing else. Features "
           "that fire on the first and not on the second stand for it."),
        box);
    auto* results = new QWidget(box);
    m_summary = new QLabel(results);
    m_summary->setObjectName(QStringLiteral("conceptSummary"));
    m_summary->setWordWrap(true);
    makeSubtle(m_summary);
    m_note = new Notice(results);
    m_note->setObjectName(QStringLiteral("conceptNote"));
    m_table = new QTableView(results);
    m_table->setObjectName(QStringLiteral("conceptFeatures"));
    m_table->setAccessibleName(tr("Features of the concept"));
    setUpTable(m_table, m_model);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_table->setItemDelegateForColumn(ConceptFeatureModel::Score, new BarDelegate(m_table));
    addCopyAction(m_table);
    auto* column = new QVBoxLayout(results);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_summary);
    column->addWidget(m_note);
    column->addWidget(m_table, 1);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(results);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& index) {
            if (const core::ConceptFeature* feature = m_model->at(index.row()))
                m_document->selection()->setFeature(feature->row.feature);
        });
    return box;
}

core::ConceptRequest ConceptFinder::request() const
{
    core::ConceptRequest request;
    request.with = linesOf(m_with);
    request.without = linesOf(m_without);
    return request;
}

void ConceptFinder::find()
{
    if (!m_find->isEnabled())
        return;
    m_messages->clear();
    m_session->ask(this, request(),
        [this](const Shared<core::ConceptFeatures>& features) { receive(features); });
}

void ConceptFinder::receive(const Shared<core::ConceptFeatures>& features)
{
    m_found = features;
    m_model->setRows(features->features);
    fitColumnsToText(m_table);
    m_table->setVisible(!features->features.empty());
    const auto with = countOf(features->request.with), without = countOf(features->request.without);
    const QString summary = features->features.empty()
        ? tr("No feature fires on the %1 prompts with the concept and not on the %2 without "
             "it. Write more prompts, or some that are more alike.")
              .arg(with)
              .arg(without)
        : tr("The %1 features that best tell %2 prompts with the concept from %3 without it.")
              .arg(features->features.size())
              .arg(with)
              .arg(without);
    m_summary->setText(withNote(summary, features->note));
    m_stack->setCurrentIndex(1);
    updateNote();
}

void ConceptFinder::updateNote()
{
    if (!m_found)
        return m_note->clear();
    const core::ConceptRequest now = request();
    m_note->say(Notice::Kind::Warning,
        now.with == m_found->request.with && now.without == m_found->request.without
            ? QString()
            : tr("The prompts were changed since. Press Find to renew the table."));
}

void ConceptFinder::updateButtons()
{
    const bool isRunning = m_session->isBusy(kTag<core::ConceptRequest>);
    const bool hasPrompts = !linesOf(m_with).empty() && !linesOf(m_without).empty();
    m_find->setText(isRunning ? tr("&Stop") : tr("&Find"));
    m_find->setIcon(icon(isRunning ? Icon::Stop : Icon::Search));
    m_find->setEnabled(isRunning || (m_session->hasModel() && hasPrompts));
    m_find->setToolTip(isRunning     ? tr("Stop; the table stays as it is")
            : !m_session->hasModel() ? tr("Open a model first.")
            : hasPrompts             ? tr("Find the features that tell these prompts apart")
                         : tr("Write at least one prompt with the concept and one without it."));
}

} // namespace ui
