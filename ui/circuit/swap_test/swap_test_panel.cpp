#include "ui/circuit/swap_test/swap_test_panel.h"

#include "core/api/swap_test.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/swap_test/concept_finder.h"
#include "ui/circuit/swap_test/pair_maker.h"
#include "ui/circuit/swap_test/swap_pairs.h"
#include "ui/circuit/swap_test/swap_test_model.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"
#include "ui/shared/pair_delegate.h"
#include "ui/shared/snapshot_command.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QSaveFile>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

SwapTestPanel::SwapTestPanel(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_session(document->session())
    , m_model(new SwapTestModel(this))
    , m_messages(new MessageBar(this))
{
    auto* tabs = new QTabWidget(this);
    tabs->setObjectName(QStringLiteral("swapTestTabs"));
    tabs->setDocumentMode(true);
    tabs->addTab(makeTest(), tr("Swap test"));
    tabs->addTab(new ConceptFinder(document, tabs), tr("Features of a concept"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gap(this), 0, gap(this), gap(this));
    column->setSpacing(gap(this));
    column->addWidget(tabs, 1);
    m_messages->lieOver(m_table);
    connectSession();
    updateSummary();
    updateButtons();
}

QWidget* SwapTestPanel::makeTest()
{
    auto* box = new QWidget(this);
    m_maker = new PairMaker(box);
    m_maker->setObjectName(QStringLiteral("pairMaker"));
    m_maker->hide();
    m_empty = new EmptyState(tr("Does the answer follow the features?"),
        tr("Each pair is a prompt and a donor: the same sentence about something else. The "
           "donor's features take the place of the prompt's; if they carry the meaning, the "
           "model gives the donor's answer. Add pairs, paste or open a list, or make them from a "
           "sentence with a gap."),
        box);
    auto* example = m_empty->addAction(tr("Add e&xample pairs"));
    example->setObjectName(QStringLiteral("swapExample"));
    connect(example, &QPushButton::clicked, this, [this] {
        add(tr("Add example pairs"),
            makeSwapPairs(QStringLiteral("The capital of the state containing {} is"),
                {QStringLiteral("Dallas"), QStringLiteral("Oakland"), QStringLiteral("Miami")}));
    });
    m_rate = new QLabel(box);
    m_rate->setObjectName(QStringLiteral("swapRate"));
    m_rate->setTextInteractionFlags(Qt::TextSelectableByMouse);
    makeHeading(m_rate, 1);
    m_note = new Notice(box);
    m_note->setObjectName(QStringLiteral("swapNote"));
    m_table = new QTableView(box);
    m_table->setObjectName(QStringLiteral("swapPairs"));
    m_table->setAccessibleName(tr("Pairs of the swap test"));
    setUpTable(m_table, m_model);
    m_table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
    m_table->setTabKeyNavigation(false);
    m_table->installEventFilter(this);
    QHeaderView* header = m_table->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setSectionResizeMode(SwapTestModel::Prompt, QHeaderView::Stretch);
    header->setSectionResizeMode(SwapTestModel::Donor, QHeaderView::Stretch);
    for (int column = SwapTestModel::Answer; column < SwapTestModel::ColumnCount; ++column)
        header->resizeSection(column, ex(this) * (column == SwapTestModel::Answer ? 13 : 21));
    m_table->setItemDelegateForColumn(
        SwapTestModel::Prompt, new PairDelegate(SwapTestModel::Donor, m_table));
    m_table->setItemDelegateForColumn(
        SwapTestModel::Donor, new PairDelegate(SwapTestModel::Prompt, m_table));
    addCopyAction(m_table);
    auto* outcome = new QHBoxLayout;
    outcome->setSpacing(2 * pad(this));
    outcome->addWidget(m_rate);
    outcome->addWidget(m_note, 1);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, gap(this), 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(makeList());
    column->addWidget(m_maker);
    column->addLayout(outcome);
    column->addWidget(m_empty, 1);
    column->addWidget(m_table, 1);
    connect(m_maker, &PairMaker::made, this, [this](const std::vector<core::SwapPair>& pairs) {
        add(tr("Make %1 pairs").arg(pairs.size()), pairs);
    });
    connect(
        m_model, &SwapTestModel::editRequested, this, [this](int row, const core::SwapPair& pair) {
            auto pairs = m_model->pairs();
            pairs[static_cast<std::size_t>(row)] = pair;
            change(tr("Edit pair %1").arg(row + 1), std::move(pairs));
        });
    connect(m_table, &QTableView::activated, this, &SwapTestPanel::emitChosen);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        &SwapTestPanel::updateButtons);
    connect(m_model, &SwapTestModel::modelReset, this, &SwapTestPanel::updateSummary);
    connect(m_model, &SwapTestModel::dataChanged, this, &SwapTestPanel::updateSummary);
    return box;
}

QWidget* SwapTestPanel::makeList()
{
    auto* box = new QWidget(this);
    const auto button = [&](const char* name, std::optional<Icon> which, const QString& text,
                            const QString& tip) {
        auto* made = which ? new QPushButton(icon(*which), text, box) : new QPushButton(text, box);
        made->setObjectName(QLatin1String(name));
        made->setToolTip(tip);
        return made;
    };
    auto* more
        = button("swapAdd", Icon::Add, tr("&Add"), tr("Add an empty pair and write into it"));
    m_remove
        = button("swapRemove", Icon::Remove, tr("Re&move"), tr("Remove the chosen pairs (Delete)"));
    auto* make = button("swapMake", Icon::Swap, tr("Ma&ke pairs"),
        tr("Make all ordered pairs from a sentence with a gap and what may fill it"));
    make->setCheckable(true);
    auto* fromClipboard = button("swapPaste", {}, tr("Paste"),
        tr("Add pairs from the clipboard: lines of prompt, donor and expected answer parted by "
           "tabs or commas, or JSON (Ctrl+V in the list)"));
    auto* open = button("swapOpen", Icon::Open, tr("&Open …"),
        tr("Replace the list by pairs from a JSON file, as featurescope-cli swap-test reads it"));
    m_save = button("swapSave", Icon::Save, tr("Sa&ve …"),
        tr("Save the pairs as a JSON file for featurescope-cli swap-test"));
    m_show = button("swapShow", {}, tr("Sho&w the swap"),
        tr("Look at the chosen pair alone: which features go off and on (Enter)"));
    auto* row = new QHBoxLayout;
    auto* rows = new QVBoxLayout(box); // two, so that the panel fits a small window
    rows->setContentsMargins(0, 0, 0, 0);
    rows->addLayout(row);
    rows->addWidget(makeRun());
    for (QWidget* widget :
        {static_cast<QWidget*>(more), static_cast<QWidget*>(m_remove), static_cast<QWidget*>(make),
            static_cast<QWidget*>(fromClipboard), static_cast<QWidget*>(open),
            static_cast<QWidget*>(m_save), static_cast<QWidget*>(m_show)})
        row->addWidget(widget);
    row->addStretch(1);
    connect(more, &QPushButton::clicked, this, &SwapTestPanel::addEmpty);
    connect(m_remove, &QPushButton::clicked, this, &SwapTestPanel::removeChosen);
    connect(make, &QPushButton::toggled, m_maker, &QWidget::setVisible);
    connect(fromClipboard, &QPushButton::clicked, this, &SwapTestPanel::paste);
    connect(open, &QPushButton::clicked, this, &SwapTestPanel::openFile);
    connect(m_save, &QPushButton::clicked, this, &SwapTestPanel::saveFile);
    connect(m_show, &QPushButton::clicked, this, &SwapTestPanel::emitChosen);
    return box;
}

QWidget* SwapTestPanel::makeRun()
{
    auto* box = new QWidget(this);
    m_method = new QComboBox(box);
    m_method->setObjectName(QStringLiteral("swapMethod"));
    m_method->setAccessibleName(tr("Method of the swap"));
    const QString difference = tr("Difference: every feature that differs between the two prompts "
                                  "takes the donor's value.");
    const QString byConcept = tr("Concept: only the features of the prompt's concept go off and "
                                 "those of the donor's go on; they are found from the other texts "
                                 "of the list, so the list needs several.");
    m_method->addItem(tr("Difference"), static_cast<int>(core::SwapMethod::Difference));
    m_method->addItem(tr("Concept"), static_cast<int>(core::SwapMethod::Concept));
    m_method->setItemData(0, difference, Qt::ToolTipRole);
    m_method->setItemData(1, byConcept, Qt::ToolTipRole);
    m_method->setToolTip(difference + QLatin1Char('\n') + byConcept);
    m_leastScore = new QSpinBox(box);
    m_leastScore->setObjectName(QStringLiteral("swapLeastScore"));
    m_leastScore->setAccessibleName(tr("Least share of texts that a feature must tell apart"));
    m_leastScore->setRange(50, 100);
    m_leastScore->setSingleStep(5);
    m_leastScore->setValue(static_cast<int>(std::lround(100 * core::SwapTestRequest().leastScore)));
    m_leastScore->setPrefix(tr("≥ "));
    m_leastScore->setSuffix(tr(" %"));
    m_leastScore->setToolTip(tr("Only features that tell at least this share of a concept's texts "
                                "from the others are swapped; 50 % is chance"));
    m_leastScore->hide();
    m_run = new QPushButton(box);
    m_run->setObjectName(QStringLiteral("swapRun"));
    auto* progress = new JobProgress(tr("Progress of the swap test"), box);
    progress->follow(m_session, kTag<core::SwapTestRequest>);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(progress, 1);
    row->addStretch(0);
    row->addWidget(m_method);
    row->addWidget(m_leastScore);
    row->addWidget(m_run);
    connect(m_method, &QComboBox::currentIndexChanged, this, &SwapTestPanel::updateSummary);
    connect(m_leastScore, &QSpinBox::valueChanged, this, &SwapTestPanel::updateSummary);
    connect(m_method, &QComboBox::currentIndexChanged, this, &SwapTestPanel::changed);
    connect(m_leastScore, &QSpinBox::valueChanged, this, &SwapTestPanel::changed);
    connect(m_run, &QPushButton::clicked, this, [this] {
        if (m_session->isBusy(kTag<core::SwapTestRequest>))
            m_session->cancel(kTag<core::SwapTestRequest>);
        else
            run();
    });
    return box;
}

void SwapTestPanel::connectSession()
{
    connect(m_session, &Session::modelOpened, this, [this] {
        m_result.reset();
        m_messages->clear();
        m_model->clearResults();
        updateSummary();
    });
    m_messages->showErrorsOf(m_session, {kTag<core::SwapTestRequest>});
    connect(m_document, &CircuitDocument::statusChanged, this, &SwapTestPanel::updateButtons);
}

core::SwapTestRequest SwapTestPanel::request() const
{
    core::SwapTestRequest request;
    request.pairs = m_model->pairs();
    request.method = static_cast<core::SwapMethod>(m_method->currentData().toInt());
    request.leastScore = leastScore();
    return request;
}

void SwapTestPanel::save(core::SavedSession& session) const
{
    session.swapTest = request();
}

void SwapTestPanel::restore(const core::SavedSession& session)
{
    const core::SwapTestRequest& saved = session.swapTest;
    m_result.reset();
    m_model->setPairs(saved.pairs);
    m_model->clearResults(); // they are not saved
    m_method->setCurrentIndex(m_method->findData(static_cast<int>(saved.method)));
    m_leastScore->setValue(static_cast<int>(std::lround(100 * saved.leastScore)));
    updateSummary();
}

void SwapTestPanel::run()
{
    if (!problem().isEmpty())
        return;
    core::SwapTestRequest request = this->request();
    std::erase_if(request.pairs, [](const core::SwapPair& pair) { return !isComplete(pair); });
    m_messages->clear();
    m_session->ask(this, std::move(request),
        [this](const Shared<core::SwapTestResult>& result) { receive(result); });
}

void SwapTestPanel::receive(const Shared<core::SwapTestResult>& result)
{
    m_result = result;
    m_model->clearResults();
    m_model->setResults(*result);
    updateSummary();
    Q_EMIT resultShown();
}

void SwapTestPanel::change(const QString& what, std::vector<core::SwapPair> pairs)
{
    const QPointer<SwapTestPanel> self(this); // the stack may outlive the page
    m_session->undoStack()->push(new SnapshotCommand<SwapTestModel::Pairs>(
        what, m_model->pairs(), std::move(pairs), -1, [self](const SwapTestModel::Pairs& list) {
            if (!self)
                return;
            self->m_model->setPairs(list);
            Q_EMIT self->changed();
        }));
}

void SwapTestPanel::add(const QString& what, const std::vector<core::SwapPair>& pairs)
{
    auto all = m_model->pairs();
    std::erase_if(all, isEmpty);
    for (const core::SwapPair& pair : pairs)
        if (std::none_of(all.begin(), all.end(),
                [&](const core::SwapPair& other) { return isSame(pair, other); }))
            all.push_back(pair);
    const auto added = static_cast<int>(all.size()) - m_model->rowCount();
    if (added <= 0)
        return m_messages->showMessage(
            MessageBar::Kind::Info, tr("All of these pairs are in the list already."));
    m_messages->clear();
    change(what, std::move(all));
}

void SwapTestPanel::addEmpty()
{
    auto all = m_model->pairs();
    all.push_back({all.empty() ? m_document->prompt().toStdString() : std::string(), {}, {}});
    const bool hasPrompt = !all.back().prompt.empty();
    change(tr("Add a pair"), std::move(all));
    const QModelIndex cell = m_model->index(
        m_model->rowCount() - 1, hasPrompt ? SwapTestModel::Donor : SwapTestModel::Prompt);
    m_table->setCurrentIndex(cell);
    m_table->edit(cell);
}

void SwapTestPanel::removeChosen()
{
    std::set<int> rows;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
        rows.insert(index.row());
    if (rows.empty())
        return;
    auto all = m_model->pairs();
    for (auto row = rows.rbegin(); row != rows.rend(); ++row)
        all.erase(all.begin() + *row);
    change(rows.size() == 1 ? tr("Remove a pair") : tr("Remove %1 pairs").arg(rows.size()),
        std::move(all));
    if (m_model->rowCount() > 0)
        m_table->selectRow(std::min(*rows.begin(), m_model->rowCount() - 1));
}

void SwapTestPanel::emitChosen()
{
    const int row = m_table->currentIndex().row();
    if (row < 0)
        return;
    const core::SwapPair& pair = m_model->pairs()[static_cast<std::size_t>(row)];
    if (isComplete(pair))
        Q_EMIT swapChosen(toQString(pair.prompt), toQString(pair.donor));
}

bool SwapTestPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_table && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->matches(QKeySequence::Paste)) {
            paste();
            return true;
        }
        if (key->key() == Qt::Key_Delete) {
            removeChosen();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void SwapTestPanel::paste()
{
    const auto pairs = parseSwapPairs(QGuiApplication::clipboard()->text());
    if (!pairs)
        return m_messages->showError(toQString(pairs.error().message));
    add(tr("Paste %1 pairs").arg(pairs->size()), *pairs);
}

core::Result<void> SwapTestPanel::loadPairs(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return core::fail(core::Error::Code::Io,
            tr("%1 cannot be read (%2). Choose another file.")
                .arg(path, file.errorString())
                .toStdString());
    auto pairs = parseSwapPairs(QString::fromUtf8(file.readAll()));
    if (!pairs)
        return core::fail(pairs.error().code, path.toStdString() + ": " + pairs.error().message);
    change(tr("Open %1 pairs").arg(pairs->size()), std::move(*pairs));
    return {};
}

core::Result<void> SwapTestPanel::savePairs(const QString& path) const
{
    std::vector<core::SwapPair> pairs;
    std::copy_if(
        m_model->pairs().begin(), m_model->pairs().end(), std::back_inserter(pairs), isComplete);
    const QByteArray bytes = swapPairsJson(pairs);
    QSaveFile file(path); // writes beside it and renames
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return core::fail(core::Error::Code::Io,
            tr("%1 cannot be written (%2). Choose another folder.")
                .arg(path, file.errorString())
                .toStdString());
    return {};
}

void SwapTestPanel::openFile()
{
    const QString path = QFileDialog::getOpenFileName(
        this, tr("Pairs of the swap test"), {}, tr("Pairs (*.json);;All files (*)"));
    if (path.isEmpty())
        return;
    if (const auto loaded = loadPairs(path); !loaded)
        m_messages->showError(toQString(loaded.error().message));
    else
        m_messages->clear();
}

void SwapTestPanel::saveFile()
{
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Save the pairs"), QStringLiteral("pairs.json"), tr("Pairs (*.json)"));
    if (path.isEmpty())
        return;
    if (const auto saved = savePairs(path); !saved)
        m_messages->showError(toQString(saved.error().message));
    else
        m_messages->showMessage(MessageBar::Kind::Info, tr("Saved as %1").arg(path));
}

double SwapTestPanel::leastScore() const
{
    return m_leastScore->value() / 100.0;
}

QString SwapTestPanel::problem() const
{
    if (!m_session->hasModel())
        return tr("Open a model first.");
    bool hasComplete = false;
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const core::SwapPair& pair = m_model->pairs()[static_cast<std::size_t>(row)];
        if (!isComplete(pair) && !isEmpty(pair))
            return tr("Pair %1 lacks its prompt or its donor.").arg(row + 1);
        hasComplete = hasComplete || isComplete(pair);
    }
    return hasComplete ? QString() : tr("Add a pair of prompts first.");
}

void SwapTestPanel::updateSummary()
{
    const bool hasPairs = m_model->rowCount() > 0;
    m_table->setVisible(hasPairs);
    m_empty->setVisible(!hasPairs);
    const int measured = m_model->measuredCount(), swapped = m_model->swappedCount();
    m_rate->setVisible(measured > 0);
    if (measured > 0)
        //: "37 of 40 swapped (92.5 %)"
        m_rate->setText(tr("%1 of %2 swapped (%3)")
                            .arg(formatCount(swapped), formatCount(measured),
                                formatPercent(static_cast<double>(swapped) / measured)));
    const auto complete = static_cast<int>(
        std::count_if(m_model->pairs().begin(), m_model->pairs().end(), isComplete));
    const auto method = static_cast<core::SwapMethod>(m_method->currentData().toInt());
    const bool isConcept = method == core::SwapMethod::Concept;
    m_leastScore->setVisible(isConcept);
    const core::SwapTestRequest* made = m_result && measured > 0 ? &m_result->request : nullptr;
    const bool isOtherMethod
        = made && (made->method != method || (isConcept && made->leastScore != leastScore()));
    const QString methodName = !made ? QString()
        : made->method == core::SwapMethod::Concept
        //: %1 is a percentage
        ? tr("“Concept” of at least %1").arg(formatPercent(made->leastScore))
        : tr("“Difference”");
    if (measured > 0 && measured < complete)
        m_note->say(Notice::Kind::Warning,
            tr("%1 pairs were added or changed since and are not counted. Press Run to measure "
               "them.")
                .arg(complete - measured));
    else if (isOtherMethod)
        m_note->say(Notice::Kind::Warning,
            tr("Measured by the method %1. Press Run to measure anew.").arg(methodName));
    else if (made)
        m_note->say(Notice::Kind::Info,
            tr("Method %1, %2 s.").arg(methodName, formatNumber(m_result->seconds, 2)));
    else
        m_note->clear();
    updateButtons();
}

void SwapTestPanel::updateButtons()
{
    const bool isRunning = m_session->isBusy(kTag<core::SwapTestRequest>);
    const QString why = problem();
    m_run->setText(isRunning ? tr("&Stop") : tr("&Run"));
    m_run->setIcon(icon(isRunning ? Icon::Stop : Icon::Play));
    m_run->setEnabled(isRunning || why.isEmpty());
    m_run->setToolTip(isRunning ? tr("Stop; results of before stay")
            : why.isEmpty()     ? tr("Swap every pair and count the answers that follow")
                                : why);
    const int row = m_table->currentIndex().row();
    m_remove->setEnabled(row >= 0 && m_model->rowCount() > 0);
    m_show->setEnabled(row >= 0 && row < m_model->rowCount()
        && isComplete(m_model->pairs()[static_cast<std::size_t>(row)]));
    m_save->setEnabled(std::any_of(m_model->pairs().begin(), m_model->pairs().end(), isComplete));
}

} // namespace ui
