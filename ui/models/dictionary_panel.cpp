#include "ui/models/dictionary_panel.h"

#include "ui/models/dictionary_table_model.h"
#include "ui/models/opener.h"
#include "ui/models/recent_menu.h"
#include "ui/models/refused_model.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/notice.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QAction>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {

const QString kColumns = QStringLiteral("dictionaryTableColumns");
constexpr int kWarningsShown = 3;
constexpr int kRefusedShown = 4; // rows; the others are scrolled to

/// `quality` null: not measured.
QString detailsOf(const core::DictionaryInfo& info, const core::DictionaryQuality* quality)
{
    QStringList parts{toQString(info.path)};
    if (info.bytes > 0)
        parts << formatBytes(info.bytes);
    if (!info.normalization.empty())
        parts << DictionaryPanel::tr("normalization: %1").arg(toQString(info.normalization));
    for (const std::string& fact : info.facts)
        parts << toQString(fact);
    if (quality)
        parts << DictionaryPanel::tr("measured: %1").arg(qualityInWords(*quality));
    return parts.join(QStringLiteral(" · "));
}

} // namespace

DictionaryPanel::DictionaryPanel(
    Session* session, Selection* selection, Settings* settings, Opener* opener, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_selection(selection)
    , m_settings(settings)
    , m_opener(opener)
    , m_model(new DictionaryTableModel(this))
    , m_details(new QLabel(this))
    , m_warnings(new Notice(this))
{
    m_details->setWordWrap(true);
    m_details->setTextFormat(Qt::PlainText);
    m_details->setTextInteractionFlags(Qt::TextSelectableByMouse);
    makeSubtle(m_details);
    m_warnings->setObjectName(QStringLiteral("dictionaryWarnings"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    layout->addWidget(makeButtons());
    layout->addWidget(makeTable(), 1);
    layout->addWidget(makeRefused());
    layout->addWidget(m_details);
    layout->addWidget(m_warnings);
    connect(session, &Session::stateChanged, this, &DictionaryPanel::refresh);
    connect(session, &Session::busyChanged, this, &DictionaryPanel::updateButtons);
    connect(session, &Session::modelOpened, m_model, &DictionaryTableModel::forgetQualities);
    refresh();
}

DictionaryPanel::~DictionaryPanel()
{
    if (m_hasWidths)
        m_settings->setWindowState(kColumns, m_table->horizontalHeader()->saveState());
}

QWidget* DictionaryPanel::makeButtons()
{
    auto* box = new QWidget(this);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    auto* title = new QLabel(tr("Dictionaries"), box);
    makeHeading(title, 2);
    row->addWidget(title);
    row->addStretch(1);
    const auto add = [&](Icon which, const QString& text, const QString& note) {
        auto* button = new QPushButton(icon(which), text, box);
        button->setToolTip(note);
        row->addWidget(button);
        return button;
    };
    m_addFolder = add(Icon::Add, tr("&Add folder …"),
        tr("An SAE or transcoder folder of any known format, or a folder of several. Or drag it "
           "onto the window."));
    m_addFolder->setObjectName(QStringLiteral("addFolderButton"));
    connect(m_addFolder, &QPushButton::clicked, this, &DictionaryPanel::addFolder);
    m_addFiles = add(Icon::Add, tr("Add &file …"),
        tr("Single files: safetensors, npz, or a zip pickle (ae.pt), whose code is never run"));
    connect(m_addFiles, &QPushButton::clicked, this, &DictionaryPanel::addFiles);
    m_recent = add(Icon::Recent, tr("R&eopen"), tr("Dictionaries used with this model before"));
    m_recent->setObjectName(QStringLiteral("recentDictionariesButton"));
    auto* menu = new RecentMenu(
        {},
        [this] { return m_settings->recentDictionaries(toQString(m_session->openedAs().path)); },
        m_recent);
    menu->offerAll(tr("&All of them"));
    connect(menu, &RecentMenu::chosen, m_opener, &Opener::addDictionaries);
    m_recent->setMenu(menu);
    m_compare = add(Icon::Swap, tr("Co&mpare …"), {});
    m_compare->setObjectName(QStringLiteral("compareDictionariesButton"));
    connect(m_compare, &QPushButton::clicked, this, &DictionaryPanel::compareChosen);
    m_close = add(Icon::Remove, tr("&Close"),
        tr("Close the chosen dictionaries (Del); files stay as they are"));
    connect(m_close, &QPushButton::clicked, this, &DictionaryPanel::closeChosen);
    return box;
}

QWidget* DictionaryPanel::makeTable()
{
    m_stack = new QStackedWidget(this);
    m_empty = new EmptyState(tr("No dictionary is open"), {}, m_stack);
    m_reopenLast = m_empty->addAction({});
    m_reopenLast->setObjectName(QStringLiteral("reopenLastButton"));
    connect(m_reopenLast, &QPushButton::clicked, this, [this] {
        QStringList present;
        for (const QString& path :
            m_settings->recentDictionaries(toQString(m_session->openedAs().path))) {
            if (QFileInfo::exists(path))
                present << path;
        }
        m_opener->addDictionaries(present);
    });
    m_table = new QTableView(m_stack);
    m_table->setObjectName(QStringLiteral("dictionaryTable"));
    m_table->setAccessibleName(tr("Open dictionaries"));
    setUpTable(m_table, m_model);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_hasWidths = m_table->horizontalHeader()->restoreState(m_settings->windowState(kColumns));
    addTableActions();
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        updateButtons();
        updateNotes();
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& index) {
            if (const core::DictionaryInfo* info = m_model->at(index.row()))
                m_selection->setDictionary(info->name);
        });
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_table);
    return m_stack;
}

void DictionaryPanel::addTableActions()
{
    auto* evaluate = new QAction(icon(Icon::Play), tr("Evaluate on the text below"), m_table);
    m_table->addAction(evaluate);
    connect(evaluate, &QAction::triggered, this, &DictionaryPanel::evaluateAsked);
    m_compareAction = new QAction(icon(Icon::Swap), tr("Compare these two …"), m_table);
    m_table->addAction(m_compareAction);
    connect(m_compareAction, &QAction::triggered, this, &DictionaryPanel::compareChosen);
    addCopyAction(m_table);
    auto* close = new QAction(icon(Icon::Remove), tr("Close"), m_table);
    close->setShortcut(QKeySequence::Delete);
    close->setShortcutContext(Qt::WidgetShortcut); // elsewhere Del deletes something else
    m_table->addAction(close);
    connect(close, &QAction::triggered, this, &DictionaryPanel::closeChosen);
}

QWidget* DictionaryPanel::makeRefused()
{
    m_refusedBox = new QWidget(this);
    m_refused = new RefusedModel(this);
    m_refusedTable = new QTableView(m_refusedBox);
    m_refusedTable->setObjectName(QStringLiteral("refusedTable"));
    m_refusedTable->setAccessibleName(tr("Dictionaries that could not be opened"));
    setUpTable(m_refusedTable, m_refused);
    m_refusedTable->horizontalHeader()->setStretchLastSection(true);
    addCopyAction(m_refusedTable);
    auto* title = new QLabel(tr("Not opened"), m_refusedBox);
    title->setBuddy(m_refusedTable);
    makeHeading(title, 2);
    auto* column = new QVBoxLayout(m_refusedBox);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(title);
    column->addWidget(m_refusedTable);
    return m_refusedBox;
}

void DictionaryPanel::closeChosen()
{
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
        m_session->closeDictionary(m_model->at(index.row())->name);
}

void DictionaryPanel::compareChosen()
{
    const std::vector<std::string> two = chosen();
    if (two.size() == 2)
        Q_EMIT compareAsked(two[0], two[1]);
}

void DictionaryPanel::showQuality(const core::DictionaryQuality& quality)
{
    m_model->setQuality(quality);
    // Wider than "not measured"; a person's own width is widened only where it would cut it off.
    QHeaderView* header = m_table->horizontalHeader();
    constexpr int kQuality = DictionaryTableModel::Quality;
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const int needed = m_table->fontMetrics().horizontalAdvance(
                               m_model->index(row, kQuality).data(Qt::DisplayRole).toString())
            + pad(this);
        if (header->sectionSize(kQuality) < needed)
            header->resizeSection(kQuality, needed);
    }
    updateNotes();
}

void DictionaryPanel::addFolder()
{
    const QString path
        = QFileDialog::getExistingDirectory(this, tr("Add a dictionary, or a folder of several"));
    if (!path.isEmpty())
        m_opener->addDictionaries({path});
}

void DictionaryPanel::addFiles()
{
    const QStringList paths = QFileDialog::getOpenFileNames(this, tr("Add dictionaries"), {},
        tr("Dictionaries (*.safetensors *.npz *.pt *.pth *.bin);;All files (*)"));
    if (!paths.isEmpty())
        m_opener->addDictionaries(paths);
}

std::vector<std::string> DictionaryPanel::chosen() const
{
    std::vector<std::string> names;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
        names.push_back(m_model->at(index.row())->name);
    if (names.empty()) {
        for (const core::DictionaryInfo& info : m_session->state().dictionaries)
            names.push_back(info.name);
    }
    return names;
}

void DictionaryPanel::refresh()
{
    const core::EngineState& state = m_session->state();
    m_model->setRows(state.dictionaries);
    if (!state.dictionaries.empty() && !m_hasWidths) {
        fitColumnsToText(m_table);
        m_hasWidths = true;
    }
    m_refused->setRows(state.refused);
    fitHeightToRows(m_refusedTable, kRefusedShown);
    if (!state.refused.empty())
        fitColumnsToText(m_refusedTable);
    m_refusedBox->setVisible(!state.refused.empty());
    m_stack->setCurrentIndex(state.dictionaries.empty() ? 0 : 1);
    const auto remembered
        = m_settings->recentDictionaries(toQString(m_session->openedAs().path)).size();
    m_empty->setHint(m_session->hasModel()
            ? tr("Features live in dictionaries: add SAEs or transcoders made for this model, in "
                 "any known format, or drag them onto the window. The Train page makes new ones.")
            : tr("Features live in dictionaries. Open a model first, then the SAEs or transcoders "
                 "made for it."));
    //: %n is a number of folders or files
    m_reopenLast->setText(
        tr("Open the %n used with this model before", nullptr, static_cast<int>(remembered)));
    m_reopenLast->setVisible(m_session->hasModel() && remembered > 0);
    updateButtons();
    updateNotes();
}

void DictionaryPanel::updateButtons()
{
    const bool canAdd = m_session->hasModel() && !m_session->isBusy(kTag<core::OpenModelRequest>);
    m_addFolder->setEnabled(canAdd);
    m_addFiles->setEnabled(canAdd);
    m_recent->setEnabled(canAdd);
    m_reopenLast->setEnabled(canAdd);
    m_close->setEnabled(m_table->selectionModel()->hasSelection());
    const bool areTwo = chosen().size() == 2; // also where no more are open
    m_compare->setEnabled(areTwo);
    m_compareAction->setEnabled(areTwo);
    m_compare->setToolTip(areTwo
            ? tr("Feature by feature: what of one is in the other, and how good each is")
            : tr("Choose two dictionaries (Ctrl+click) to compare them feature by feature"));
}

void DictionaryPanel::updateNotes()
{
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    const core::DictionaryInfo* one = rows.size() == 1 ? m_model->at(rows[0].row()) : nullptr;
    m_details->setText(one ? detailsOf(*one, m_model->quality(one->name)) : QString());
    m_details->setVisible(one);
    QStringList lines;
    for (const std::string& name : chosen()) {
        const core::DictionaryInfo* info = m_session->dictionary(name);
        if (info && !info->warning.empty())
            lines << QStringLiteral("%1: %2").arg(toQString(name), toQString(info->warning));
    }
    const qsizetype hidden = lines.size() - kWarningsShown;
    if (hidden > 0) {
        lines = lines.mid(0, kWarningsShown);
        lines << tr("… and %1 more; choose a row to read its own").arg(hidden);
    }
    m_warnings->say(Notice::Kind::Warning, lines.join(QLatin1Char('\n')));
}

} // namespace ui
