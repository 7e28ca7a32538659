#include "ui/steer/sweep/sweep_panel.h"

#include "core/api/feature_rows.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"
#include "ui/shared/table_tools.h"
#include "ui/steer/sweep/sweep_cell_delegate.h"
#include "ui/steer/sweep/sweep_file.h"
#include "ui/steer/sweep/sweep_form.h"
#include "ui/steer/sweep/sweep_grid_model.h"
#include "ui/steer/sweep/sweep_legend.h"
#include "ui/steer/sweep/sweep_text.h"
#include "ui/steer/sweep/written_text.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <utility>

#include <QAction>
#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr QLatin1String kSweepRowsTag("sweep-rows");
constexpr int kLinesPerCell = 4;
constexpr int kNarrowestCell = 22; // in widths of an average character

bool isSameSource(const core::GenerateRequest& a, const core::GenerateRequest& b)
{
    return a.prompt == b.prompt && a.isChat == b.isChat && a.interventions == b.interventions;
}

} // namespace

SweepPanel::SweepPanel(Session* session, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_messages(new MessageBar(this))
    , m_what(new QLabel(this))
    , m_form(new SweepForm(session, settings, this))
    , m_stack(new QStackedWidget(this))
    , m_empty(new EmptyState(tr("How strongly, and in which way?"), {}, this))
    , m_whatSteers(m_empty->addAction(tr("Wha&t steers? …")))
    , m_model(new SweepGridModel(this))
{
    m_what->setObjectName(QStringLiteral("sweepSource"));
    m_what->setTextFormat(Qt::PlainText);
    wrapLines(m_what);
    makeSubtle(m_what);
    m_whatSteers->setObjectName(QStringLiteral("sweepWhatSteers"));
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeResult());
    auto* column = new QVBoxLayout(this);
    setPagePadding(column, this);
    column->addWidget(m_what);
    column->addWidget(m_form);
    column->addWidget(m_stack, 1);
    m_messages->lieOver(m_stack);
    m_messages->showErrorsOf(m_session, {kTag<core::SweepRequest>});
    connect(m_form, &SweepForm::runRequested, this, &SweepPanel::run);
    connect(m_form, &SweepForm::edited, this, // it spoke of other settings
        [this] { m_messages->dismiss(kTag<core::SweepRequest>); });
    connect(m_whatSteers, &QPushButton::clicked, this, &SweepPanel::whatSteersRequested);
    connect(m_session, &Session::modelOpened, this, &SweepPanel::clear);
    connect(m_session, &Session::featureChanged, this, [this](const core::FeatureRow& row) {
        m_known[row.feature] = row;
        updateSource();
    });
    updateSource();
    showCell();
}

QWidget* SweepPanel::makeResult()
{
    auto* box = new QWidget(this);
    m_stale = new Notice(box);
    m_stale->setObjectName(QStringLiteral("sweepStale"));
    m_summary = new Notice(box);
    m_summary->setObjectName(QStringLiteral("sweepSummary"));
    auto* upper = new QWidget(box);
    makeGrid(upper);
    m_legend = new SweepLegend(upper);
    auto* marks = new QLabel(marksMeaning(), upper);
    wrapLines(marks);
    makeSubtle(marks);
    auto* gridColumn = new QVBoxLayout(upper);
    gridColumn->setContentsMargins(0, 0, 0, 0);
    gridColumn->setSpacing(gap(this));
    gridColumn->addWidget(m_grid, 1);
    gridColumn->addWidget(m_legend);
    gridColumn->addWidget(marks);
    auto* splitter = new QSplitter(Qt::Vertical, box);
    splitter->addWidget(upper);
    splitter->addWidget(makeTexts(splitter));
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_stale);
    column->addWidget(m_summary);
    column->addWidget(splitter, 1);
    column->addLayout(makeButtons(box));
    return box;
}

void SweepPanel::makeGrid(QWidget* parent)
{
    m_grid = new QTableView(parent);
    m_grid->setObjectName(QStringLiteral("sweepGrid"));
    m_grid->setAccessibleName(tr("Texts: ways of steering down, strengths across"));
    m_grid->setModel(m_model);
    m_grid->setItemDelegate(new SweepCellDelegate(m_grid));
    m_grid->setShowGrid(false);
    m_grid->setSelectionMode(QAbstractItemView::SingleSelection);
    m_grid->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_grid->setTabKeyNavigation(false);
    m_grid->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_grid->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_grid->setMinimumHeight(em(this) * (kLinesPerCell + 3));
    m_grid->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Ignored);
    QHeaderView* across = m_grid->horizontalHeader();
    across->setMinimumSectionSize(ex(this) * kNarrowestCell);
    across->setSectionResizeMode(QHeaderView::Stretch);
    across->setHighlightSections(false);
    QHeaderView* down = m_grid->verticalHeader();
    down->setHighlightSections(false); // bold names would need more room than there is
    down->setMinimumSectionSize(em(this) * kLinesPerCell + 2 * sweepCellPadding(font()));
    down->setSectionResizeMode(QHeaderView::Stretch); // where there is room, more of each text
    down->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    auto* copy = new QAction(icon(Icon::Copy), tr("Copy as table"), m_grid);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    m_grid->addAction(copy);
    m_grid->setContextMenuPolicy(Qt::ActionsContextMenu);
    connect(copy, &QAction::triggered, this, &SweepPanel::copy);
    connect(m_grid->selectionModel(), &QItemSelectionModel::currentChanged, this,
        &SweepPanel::showCell);
    connect(m_grid, &QTableView::activated, this, &SweepPanel::take);
}

QWidget* SweepPanel::makeTexts(QWidget* parent)
{
    auto* texts = new QSplitter(Qt::Horizontal, parent);
    m_cell = new WrittenTextView(tr("Text of the chosen cell"), texts);
    m_cell->setObjectName(QStringLiteral("sweepCell"));
    m_normal = new WrittenTextView(tr("Normal text"), texts);
    m_normal->setObjectName(QStringLiteral("sweepNormal"));
    texts->addWidget(m_cell);
    texts->addWidget(m_normal);
    texts->setStretchFactor(0, 2);
    texts->setStretchFactor(1, 1);
    texts->setChildrenCollapsible(false);
    return texts;
}

QLayout* SweepPanel::makeButtons(QWidget* parent)
{
    auto* copy = new QPushButton(icon(Icon::Copy), tr("&Copy"), parent);
    copy->setObjectName(QStringLiteral("sweepCopy"));
    copy->setToolTip(tr("Copy all texts and figures as a table (Ctrl+C in the grid)"));
    auto* save = new QPushButton(icon(Icon::Save), tr("Sa&ve …"), parent);
    save->setObjectName(QStringLiteral("sweepSave"));
    save->setToolTip(tr("Save the grid as PNG or SVG picture, or all texts and figures as CSV"));
    m_take = new QPushButton(icon(Icon::Steer), tr("Steer &with this"), parent);
    m_take->setObjectName(QStringLiteral("sweepTake"));
    m_take->setToolTip(tr("Take the cell's changes, strength, guard and sampling to the Steer page "
                          "(Enter or a double click); undo brings back what was there"));
    auto* row = new QHBoxLayout;
    row->addWidget(copy);
    row->addWidget(save);
    row->addStretch(1);
    row->addWidget(m_take);
    connect(copy, &QPushButton::clicked, this, &SweepPanel::copy);
    connect(save, &QPushButton::clicked, this, &SweepPanel::saveAs);
    connect(m_take, &QPushButton::clicked, this, &SweepPanel::take);
    return row;
}

void SweepPanel::setSource(const core::GenerateRequest& source)
{
    m_source = source;
    askNames();
    updateSource();
}

void SweepPanel::askNames()
{
    std::vector<core::FeatureRef> unknown;
    for (const core::Intervention& one : m_source.interventions)
        if (!m_known.contains(one.feature))
            unknown.push_back(one.feature);
    if (unknown.empty() || !m_session->hasModel())
        return;
    m_session->ask(
        this, kSweepRowsTag, core::FeatureRowsRequest{std::move(unknown)},
        [this](const Shared<std::vector<core::FeatureRow>>& rows) {
            for (const core::FeatureRow& row : *rows)
                m_known[row.feature] = row;
            updateSource();
        },
        [](const core::Error&) {}); // numbers do as names
}

QString SweepPanel::nameOf(const core::FeatureRef& feature) const
{
    const auto known = m_known.find(feature);
    return known == m_known.end() ? featureName(feature) : numberedTitle(known->second);
}

QString SweepPanel::namesOf(const core::GenerateRequest& source) const
{
    QStringList names;
    for (const core::Intervention& one : source.interventions)
        if (one.isEnabled)
            names << nameOf(one.feature);
    return names.join(QStringLiteral(", "));
}

void SweepPanel::updateSource()
{
    const auto isOn = [](const core::Intervention& one) { return one.isEnabled; };
    const auto changes = static_cast<int>(
        std::count_if(m_source.interventions.begin(), m_source.interventions.end(), isOn));
    m_form->setChanges(changes);
    m_what->setText(changes == 0
            ? tr("What each way of steering writes at each strength.")
            : tr("Changes: %1. Prompt: %2").arg(namesOf(m_source), inOneLine(m_source.prompt)));
    m_whatSteers->setVisible(changes == 0);
    m_empty->setHint(changes == 0
            ? tr("A sweep tries the changes of the Steer page at several strengths, in several "
                 "ways, and finds the one that is most on topic while its text stays whole. Add a "
                 "feature on the Steer page first, or look for features that steer.")
            : tr("Press Run sweep: every cell of the grid becomes a text. The cell that is most on "
                 "topic while its text stays whole is framed, and can be taken to the Steer "
                 "page."));
    const bool isStale = sweep() && !isSameSource(m_source, m_swept);
    m_stale->say(Notice::Kind::Warning,
        isStale
            ? tr("The prompt or the changes of the Steer page are others now. This is the sweep "
                 "of before; run it again to renew it.")
            : QString());
}

void SweepPanel::run()
{
    const std::optional<SweepChoice> choice = m_form->choice();
    if (!choice)
        return m_messages->showMessage(
            MessageBar::Kind::Error, m_form->problem(), kTag<core::SweepRequest>);
    m_messages->clear();
    const core::SweepRequest request = sweepRequest(
        m_source, *choice, [this](const core::FeatureRef& feature) { return nameOf(feature); },
        [this](const std::string& name) {
            const core::DictionaryInfo* dictionary = m_session->dictionary(name);
            return dictionary && dictionary->isHarvested;
        });
    m_session->ask(this, request,
        [this, source = m_source](const Shared<core::Sweep>& sweep) { receive(sweep, source); });
}

void SweepPanel::receive(const Shared<core::Sweep>& sweep, const core::GenerateRequest& source)
{
    m_swept = source;
    m_model->setSweep(sweep);
    m_summary->say(sweep->sweetSpot ? Notice::Kind::Good : Notice::Kind::Warning,
        withNote(sweetSpotSentence(*sweep), sweep->note));
    m_legend->setLargest(largestOnTopic(*sweep));
    m_normal->setWritten(tr("Normal text"), toQString(sweep->normal.text),
        cellFigures(sweep->normal, nullptr, sweep->request.samples));
    m_stack->setCurrentIndex(1);
    updateSource();
    const auto [row, column] = sweep->sweetSpot.value_or(std::pair(0, 0));
    chooseCell(row, column);
    // Into sight, once the grid knows how large it is.
    QMetaObject::invokeMethod(
        m_grid, [this] { m_grid->scrollTo(m_grid->currentIndex()); }, Qt::QueuedConnection);
}

void SweepPanel::clear()
{
    m_known.clear();
    m_model->setSweep(nullptr);
    m_messages->clear();
    m_stack->setCurrentIndex(0);
    updateSource();
    showCell();
}

const Shared<core::Sweep>& SweepPanel::sweep() const
{
    return m_model->sweep();
}

void SweepPanel::chooseCell(int row, int column)
{
    m_grid->setCurrentIndex(m_model->index(row, column));
}

void SweepPanel::showCell()
{
    const QModelIndex at = m_grid->currentIndex();
    m_take->setEnabled(at.isValid());
    if (!at.isValid())
        return m_cell->clear(tr("No cell is chosen"));
    const core::SweepCell& cell
        = sweep()->cells[static_cast<std::size_t>(at.row())][static_cast<std::size_t>(at.column())];
    QString figures = cellFigures(cell, &sweep()->normal, sweep()->request.samples);
    figures += QStringLiteral(" · ") + isoKlSentence(*sweep(), at.row());
    m_cell->setWritten(cellTitle(*sweep(), at.row(), at.column()), toQString(cell.text), figures);
}

void SweepPanel::take()
{
    const QModelIndex at = m_grid->currentIndex();
    if (!at.isValid())
        return;
    core::GenerateSettings settings = sweep()->request.settings;
    settings.guard = sweep()->request.rows[static_cast<std::size_t>(at.row())].guard;
    Q_EMIT cellChosen(changesAt(sweep()->request, at.row(), at.column()), settings);
}

void SweepPanel::copy()
{
    if (sweep())
        QGuiApplication::clipboard()->setText(sweepTable(*sweep()));
}

core::Result<void> SweepPanel::save(const QString& path) const
{
    if (!sweep())
        return core::fail(core::Error::Code::NotFound, "There is no sweep to save. Run one first.");
    const QString what = tr("Changes: %1. Model: %2.")
                             .arg(namesOf(m_swept), toQString(m_session->state().model.name));
    return saveSweep(*sweep(), what, path, lightPalette());
}

void SweepPanel::saveAs()
{
    const QString path
        = QFileDialog::getSaveFileName(this, tr("Save the sweep"), QStringLiteral("sweep.png"),
            tr("PNG picture (*.png);;SVG picture (*.svg);;CSV table (*.csv)"));
    if (path.isEmpty())
        return;
    if (const auto saved = save(path); !saved)
        m_messages->showError(toQString(saved.error().message));
    else
        m_messages->showMessage(MessageBar::Kind::Info, tr("Saved as %1").arg(path));
}

} // namespace ui
