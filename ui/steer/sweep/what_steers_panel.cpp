#include "ui/steer/sweep/what_steers_panel.h"

#include "ui/session/settings.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"
#include "ui/shared/table_tools.h"
#include "ui/steer/sweep/steering_candidate_model.h"
#include "ui/steer/sweep/sweep_rows.h"
#include "ui/steer/sweep/sweep_text.h"
#include "ui/steer/sweep/written_text.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <utility>

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr int kMostTriedHits = 200, kMostTriedTexts = 16, kMostTriedTokens = 1024;
constexpr double kSteeringTemperature = 0.6; // the guard chooses among beginnings that differ
} // namespace

WhatSteersPanel::WhatSteersPanel(Session* session, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_settings(settings)
    , m_messages(new MessageBar(this))
    , m_stack(new QStackedWidget(this))
    , m_empty(new EmptyState(tr("Which features make the model write about something?"),
          tr("Many features fire on a concept; few make the model write about it. Write the words "
             "above and press Rank: the best hits of the search are clamped at each strength, with "
             "the guard, and the features whose texts stay whole and go to the topic come first."),
          this))
    , m_model(new SteeringCandidateModel(this))
{
    m_stack->addWidget(m_empty);
    auto* form = makeForm();
    m_stack->addWidget(makeResult());
    auto* column = new QVBoxLayout(this);
    setPagePadding(column, this);
    column->addWidget(form);
    column->addWidget(m_stack, 1);
    m_messages->lieOver(m_stack);
    m_messages->showErrorsOf(m_session, {kTag<core::WhatSteersRequest>});
    connect(m_session, &Session::busyChanged, this, &WhatSteersPanel::updateState);
    connect(m_session, &Session::stateChanged, this, &WhatSteersPanel::updateState);
    connect(m_session, &Session::modelOpened, this, &WhatSteersPanel::clear);
    updateState();
}

QWidget* WhatSteersPanel::makeForm()
{
    auto* box = new QWidget(this);
    auto* first = new QHBoxLayout;
    auto* second = new QHBoxLayout;
    const auto add = [&](QHBoxLayout* row, const QString& title, QWidget* field,
                         const QString& note, int stretch) {
        field->setToolTip(note);
        field->setAccessibleName(title);
        auto* label = new QLabel(title, box);
        label->setBuddy(field);
        row->addWidget(label);
        row->addWidget(field, stretch);
    };
    const auto whole = [&](const QString& title, int most, int value, const QString& note) {
        auto* spin = new QSpinBox(box);
        spin->setRange(1, most);
        spin->setValue(value);
        add(second, title, spin, note, 0);
        return spin;
    };
    m_concept = new QLineEdit(box);
    m_concept->setObjectName(QStringLiteral("steersConcept"));
    m_concept->setPlaceholderText(tr("A concept: golden gate, harbor, French …"));
    m_concept->setClearButtonEnabled(true);
    add(first, tr("Concept"), m_concept, tr("Searched for as on the Features page"), 1);
    m_run = new QPushButton(icon(Icon::Play), tr("&Rank"), box);
    m_run->setObjectName(QStringLiteral("steersRun"));
    m_run->setToolTip(tr("Try the best hits and rank them by what they make the model write "
                         "(Enter in the field)"));
    m_stop = new QPushButton(icon(Icon::Stop), tr("S&top"), box);
    m_stop->setObjectName(QStringLiteral("steersStop"));
    m_stop->setToolTip(tr("Stop; the ranking that is shown stays"));
    first->addWidget(m_run);
    first->addWidget(m_stop);
    m_strengths = new QLineEdit(m_settings->value(SettingKey::SteeringStrengths).toString(), box);
    m_strengths->setObjectName(QStringLiteral("steersStrengths"));
    m_strengths->setMinimumWidth(ex(this) * 12);
    add(second, tr("Strengths"), m_strengths,
        tr("Times each feature's largest activation, parted by commas"), 1);
    const core::WhatSteersRequest usual;
    m_most = whole(
        tr("Hits"), kMostTriedHits, usual.most, tr("How many of the search's hits are tried"));
    m_samples = whole(tr("Samples"), kMostTriedTexts, usual.samples,
        tr("Texts per feature and strength; figures are their means"));
    m_maxTokens = whole(tr("Tokens"), kMostTriedTokens, SweepChoice().maxTokens,
        tr("Length of each text, tokens at most"));
    m_state = new QLabel(box);
    m_state->setObjectName(QStringLiteral("steersState"));
    makeSubtle(m_state);
    wrapLines(m_state);
    m_progress = new JobProgress(tr("Progress of the ranking"), box);
    m_progress->follow(m_session, kTag<core::WhatSteersRequest>);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(first);
    column->addLayout(second);
    m_line = new QStackedWidget(box);
    m_line->addWidget(m_state);
    m_line->addWidget(m_progress);
    column->addWidget(m_line);
    connect(m_run, &QPushButton::clicked, this, &WhatSteersPanel::run);
    connect(m_stop, &QPushButton::clicked, this,
        [this] { m_session->cancel(kTag<core::WhatSteersRequest>); });
    for (QLineEdit* field : {m_concept, m_strengths}) {
        connect(field, &QLineEdit::returnPressed, m_run, &QPushButton::click);
        connect(field, &QLineEdit::textChanged, this, &WhatSteersPanel::updateState);
    }
    connect(m_strengths, &QLineEdit::textChanged, this, [this](const QString& text) {
        if (strengthsOf(text))
            m_settings->setValue(SettingKey::SteeringStrengths, text);
    });
    return box;
}

QWidget* WhatSteersPanel::makeResult()
{
    auto* box = new QWidget(this);
    m_summary = new Notice(box);
    m_summary->setObjectName(QStringLiteral("steersSummary"));
    m_table = new QTableView(box);
    m_table->setObjectName(QStringLiteral("steersTable"));
    m_table->setAccessibleName(tr("Features, best first"));
    setUpTable(m_table, m_model);
    m_table->setItemDelegateForColumn(SteeringCandidateModel::OnTopic, new BarDelegate(m_table));
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->setMinimumHeight(em(this) * 6);
    addCopyAction(m_table);
    auto* texts = new QSplitter(Qt::Horizontal, box);
    m_text = new WrittenTextView(tr("Text of the chosen feature"), texts);
    m_text->setObjectName(QStringLiteral("steersText"));
    m_normal = new WrittenTextView(tr("Normal text"), texts);
    texts->addWidget(m_text);
    texts->addWidget(m_normal);
    texts->setStretchFactor(0, 2);
    texts->setStretchFactor(1, 1);
    texts->setChildrenCollapsible(false);
    auto* splitter = new QSplitter(Qt::Vertical, box);
    splitter->addWidget(m_table);
    splitter->addWidget(texts);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    m_take = new QPushButton(icon(Icon::Steer), tr("Steer &with this"), box);
    m_take->setObjectName(QStringLiteral("steersTake"));
    m_take->setToolTip(tr("Take the chosen features to the Steer page, each at its strength, with "
                          "the guard (Enter or a double click; Ctrl chooses several); undo brings "
                          "back what was there"));
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(m_take);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_summary);
    column->addWidget(splitter, 1);
    column->addLayout(buttons);
    connect(m_take, &QPushButton::clicked, this, &WhatSteersPanel::take);
    connect(m_table, &QTableView::activated, this, &WhatSteersPanel::take);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
        &WhatSteersPanel::showRow);
    return box;
}

void WhatSteersPanel::setPrompt(const QString& prompt, bool isChat)
{
    m_promptText = prompt;
    m_isChat = isChat;
    updateState();
}

void WhatSteersPanel::setConcept(const QString& words)
{
    m_concept->setText(words);
    m_concept->setFocus();
}

QString WhatSteersPanel::problem() const
{
    if (!m_session->hasModel())
        return tr("Open a model first (Models page).");
    if (m_session->state().dictionaries.empty())
        return tr("Add a dictionary on the Models page: features live in dictionaries.");
    if (m_concept->text().trimmed().isEmpty())
        return tr("Write the words of a concept.");
    if (!strengthsOf(m_strengths->text()))
        return strengthsWanted();
    return {};
}

void WhatSteersPanel::run()
{
    if (const QString wrong = problem(); !wrong.isEmpty())
        return m_messages->showMessage(
            MessageBar::Kind::Error, wrong, kTag<core::WhatSteersRequest>);
    m_messages->clear();
    core::WhatSteersRequest request;
    request.query = m_concept->text().trimmed().toStdString();
    request.most = m_most->value();
    request.samples = m_samples->value();
    request.prompt = m_promptText.toStdString();
    request.isChat = m_isChat;
    request.multiples = *strengthsOf(m_strengths->text());
    request.settings.maxTokens = m_maxTokens->value();
    request.settings.temperature = kSteeringTemperature;
    request.settings.guard = core::FluencyGuard();
    m_session->ask(
        this, request, [this](const Shared<core::WhatSteers>& answer) { receive(answer); });
}

void WhatSteersPanel::receive(const Shared<core::WhatSteers>& answer)
{
    m_answer = answer;
    const bool isFirst = m_stack->currentIndex() == 0;
    m_model->setAnswer(*answer, m_session->state().dictionaries);
    m_stack->setCurrentIndex(1);
    if (isFirst) { // a person may have set the widths
        const int widths[]{28, 24, 9, 11, 20, 12, 40};
        for (int column = 0; column < m_model->columnCount(); ++column)
            m_table->horizontalHeader()->resizeSection(column, widths[column] * ex(this));
    }
    const QString words = toQString(answer->request.query);
    const QString normal = shareText(answer->normal.onTopic);
    const QString said = answer->steering > 0
        ? tr("%1 of %2 features make the model write about “%3”: their texts are whole and clearly "
             "more on topic than normal text (%4).")
              .arg(answer->steering)
              .arg(answer->ranked.size())
              .arg(words, normal)
        : tr("None of %1 features makes the model write about “%2”: no text is whole and clearly "
             "more on topic than normal text (%3). Try other words, more hits or other strengths.")
              .arg(answer->ranked.size())
              .arg(words, normal);
    m_summary->say(answer->steering > 0 ? Notice::Kind::Good : Notice::Kind::Warning,
        withNote(said, answer->note));
    m_normal->setWritten(tr("Normal text"), toQString(answer->normal.text),
        cellFigures(answer->normal, nullptr, answer->request.samples));
    if (m_model->rowCount() > 0)
        m_table->selectRow(0);
    m_table->setFocus();
    showRow();
}

void WhatSteersPanel::clear()
{
    m_answer.reset();
    m_model->setRows({});
    m_messages->clear();
    m_stack->setCurrentIndex(0);
    updateState();
}

void WhatSteersPanel::updateState()
{
    const QString wrong = problem();
    const bool isBusy = m_session->isBusy(kTag<core::WhatSteersRequest>);
    m_run->setEnabled(wrong.isEmpty());
    m_stop->setEnabled(isBusy);
    m_line->setCurrentIndex(isBusy ? 1 : 0);
    const QString how = m_isChat ? tr("Each text answers the Steer page's message: %1")
                                 : tr("Each text goes on from the Steer page's prompt: %1");
    m_state->setText(wrong.isEmpty() ? how.arg(inOneLine(m_promptText.toStdString())) : wrong);
}

std::vector<int> WhatSteersPanel::chosenRows() const
{
    std::vector<int> rows;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
        rows.push_back(index.row());
    std::sort(rows.begin(), rows.end());
    return rows;
}

void WhatSteersPanel::showRow()
{
    const std::vector<int> rows = chosenRows();
    m_take->setEnabled(!rows.empty());
    m_take->setText(
        rows.size() > 1 ? tr("Steer &with these %1").arg(rows.size()) : tr("Steer &with this"));
    const SteeringRow* row = rows.empty() ? nullptr : m_model->at(rows.front());
    if (!row || !m_answer)
        return m_text->clear(tr("No feature is chosen"));
    const core::SteeringCandidate& one = row->candidate;
    m_text->setWritten(
        //: %1 is a feature, %2 a strength
        tr("%1, clamp %2 ×, guard on").arg(numberedTitle(one.row)).arg(one.multiple),
        toQString(one.best.text),
        cellFigures(one.best, &m_answer->normal, m_answer->request.samples));
}

void WhatSteersPanel::take()
{
    std::vector<core::Intervention> changes;
    for (const int row : chosenRows()) {
        const core::SteeringCandidate& one = m_model->at(row)->candidate;
        core::Intervention clamp;
        clamp.feature = one.row.feature;
        clamp.value = one.multiple;
        clamp.isMultipleOfMax = true;
        changes.push_back(clamp);
    }
    if (!changes.empty())
        Q_EMIT chosen(changes, m_answer->request.settings);
}

} // namespace ui
