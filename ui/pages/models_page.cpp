#include "ui/pages/models_page.h"

#include "ui/item_models/dictionary_table_model.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/views/empty_state.h"
#include "ui/views/message_bar.h"
#include "ui/views/model_summary.h"
#include "ui/views/table_tools.h"

#include <algorithm>

#include <QAction>
#include <QClipboard>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {

const QString kBuiltin = QStringLiteral("builtin");

QLabel* heading(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    makeHeading(label, 2);
    return label;
}

} // namespace

ModelsPage::ModelsPage(Session* session, Selection* selection, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_selection(selection)
    , m_settings(settings)
    , m_messages(new MessageBar(this))
{
    setAcceptDrops(true);
    auto* layout = new QVBoxLayout(this);
    setPagePadding(layout, this);
    layout->addWidget(m_messages);
    auto* top = new QHBoxLayout;
    top->setSpacing(2 * pad(this));
    top->addWidget(makeSources());
    top->addWidget(makeModel(), 1);
    layout->addLayout(top);
    layout->addSpacing(pad(this));
    layout->addWidget(makeDictionaries(), 1);
    layout->addWidget(makeQuality());
    layout->addWidget(makeHarvest());

    connect(session, &Session::stateChanged, this, &ModelsPage::refresh);
    connect(session, &Session::busyChanged, this, &ModelsPage::updateButtons);
    connect(session, &Session::modelInspected, this, &ModelsPage::showInspected);
    connect(
        session, &Session::evaluated, this, [this](const Shared<core::DictionaryQuality>& quality) {
            m_dictionaries->setQuality(*quality);
            evaluateNext();
        });
    connect(
        session, &Session::harvested, this, [this](const Shared<core::HarvestSummary>& summary) {
            m_messages->showMessage(MessageBar::Kind::Info,
                tr("Harvested %1 tokens in %2 s: %3 of %4 features fired.")
                    .arg(formatCount(summary->tokens), formatNumber(summary->seconds),
                        formatCount(summary->featuresAlive), formatCount(summary->featuresTotal)));
        });
    connect(session, &Session::progressChanged, this,
        [this](const QString& tag, const core::Progress& progress) {
            if (tag != tags::kHarvest)
                return;
            m_harvestProgress->setRange(0, progress.total > 0 ? 1000 : 0);
            m_harvestProgress->setValue(
                progress.total > 0 ? static_cast<int>(1000 * progress.done / progress.total) : 0);
        });
    connect(
        session, &Session::errorOccurred, this, [this](const QString& tag, const QString& message) {
            for (const QLatin1String own : {tags::kEngine, tags::kInspect, tags::kOpen,
                     tags::kClose, tags::kEvaluate, tags::kHarvest}) {
                if (tag == own)
                    m_messages->showError(message);
            }
            if (tag == tags::kEvaluate)
                m_toEvaluate.clear();
            if (tag == tags::kInspect) {
                m_inspectedPath.clear();
                refresh();
            }
        });
    connect(settings, &Settings::changed, this, &ModelsPage::refreshRecent);
    refreshRecent();
    refresh();
}

QWidget* ModelsPage::makeSources()
{
    auto* sources = new QWidget(this);
    sources->setFixedWidth(ex(this) * 34);
    auto* layout = new QVBoxLayout(sources);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(heading(tr("Open a model"), sources));
    m_builtin = new QPushButton(icon(Icon::Models), tr("&Built-in model"), sources);
    m_builtin->setToolTip(
        tr("A small language model with its dictionaries, shipped with the program"));
    connect(m_builtin, &QPushButton::clicked, this, [this] { load(kBuiltin); });
    auto* folder = new QPushButton(icon(Icon::Open), tr("&Open folder …"), sources);
    folder->setToolTip(
        tr("A Hugging Face folder with config.json, safetensors files and tokenizer.json"));
    connect(folder, &QPushButton::clicked, this, &ModelsPage::chooseModelFolder);
    layout->addWidget(m_builtin);
    layout->addWidget(folder);
    auto* recentTitle = new QLabel(tr("Recent (or drag a folder into this page)"), sources);
    recentTitle->setWordWrap(true);
    makeSubtle(recentTitle);
    layout->addWidget(recentTitle);
    m_recent = new QListWidget(sources);
    m_recent->setAccessibleName(tr("Recent models"));
    m_recent->setTextElideMode(Qt::ElideLeft);
    m_recent->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_recent->setFixedHeight(em(this) * 5);
    const auto open
        = [this](QListWidgetItem* item) { inspect(item->data(Qt::UserRole).toString()); };
    connect(m_recent, &QListWidget::itemActivated, this, open);
    connect(m_recent, &QListWidget::itemClicked, this, open);
    layout->addWidget(m_recent);
    return sources;
}

QWidget* ModelsPage::makeModel()
{
    auto* model = new QWidget(this);
    auto* layout = new QVBoxLayout(model);
    layout->setContentsMargins(0, 0, 0, 0);
    m_summaryTitle = heading({}, model);
    layout->addWidget(m_summaryTitle);
    m_modelStack = new QStackedWidget(model);
    auto* empty = new EmptyState(tr("No model is open"),
        tr("Open the built-in model, choose a folder, or drag one in. Its cost in memory is shown "
           "before it is loaded."),
        model);
    m_summary = new ModelSummary(model);
    m_summary->setObjectName(QStringLiteral("modelSummary"));
    m_modelStack->addWidget(empty);
    m_modelStack->addWidget(m_summary);
    layout->addWidget(m_modelStack);
    m_load = new QPushButton(icon(Icon::Play), tr("&Load this model"), model);
    m_load->setObjectName(QStringLiteral("loadButton"));
    connect(m_load, &QPushButton::clicked, this, [this] { load(m_inspectedPath); });
    layout->addWidget(m_load, 0, Qt::AlignLeft);
    layout->addStretch(1);
    return model;
}

QWidget* ModelsPage::makeDictionaries()
{
    auto* dictionaries = new QWidget(this);
    auto* layout = new QVBoxLayout(dictionaries);
    layout->setContentsMargins(0, 0, 0, 0);
    auto* row = new QHBoxLayout;
    row->addWidget(heading(tr("Dictionaries"), dictionaries));
    row->addStretch(1);
    m_add = new QPushButton(icon(Icon::Add), tr("&Add …"), dictionaries);
    m_add->setToolTip(
        tr("An SAE or transcoder folder (SAELens or circuit-tracer), or a folder of several"));
    m_close = new QPushButton(icon(Icon::Remove), tr("&Close"), dictionaries);
    m_close->setToolTip(tr("Close the chosen dictionaries; files stay as they are"));
    connect(m_add, &QPushButton::clicked, this, &ModelsPage::chooseDictionaries);
    connect(m_close, &QPushButton::clicked, this, [this] {
        for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
            m_session->closeDictionary(m_dictionaries->at(index.row())->name);
    });
    row->addWidget(m_add);
    row->addWidget(m_close);
    layout->addLayout(row);
    m_dictionaries = new DictionaryTableModel(this);
    m_table = new QTableView(dictionaries);
    m_table->setObjectName(QStringLiteral("dictionaryTable"));
    m_table->setAccessibleName(tr("Open dictionaries"));
    setUpTable(m_table, m_dictionaries);
    m_table->horizontalHeader()->setStretchLastSection(true);
    const int widths[]{22, 17, 27, 14, 15, 6, 7, 12, 9, 8};
    for (int column = 0; column < DictionaryTableModel::ColumnCount; ++column)
        m_table->horizontalHeader()->resizeSection(column, widths[column] * ex(this));
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
    auto* copy = new QAction(icon(Icon::Copy), tr("Copy as table"), m_table);
    m_table->addAction(copy);
    connect(copy, &QAction::triggered, this,
        [this] { QGuiApplication::clipboard()->setText(m_dictionaries->toTable()); });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
        &ModelsPage::updateButtons);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& index) {
            if (const core::DictionaryInfo* info = m_dictionaries->at(index.row()))
                m_selection->setDictionary(info->name);
        });
    m_noDictionaries = new QLabel(
        tr("No dictionary is open. Features live in dictionaries: add a folder of SAEs or "
           "transcoders made for this model."),
        dictionaries);
    m_noDictionaries->setWordWrap(true);
    makeSubtle(m_noDictionaries);
    m_noDictionaries->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    layout->addWidget(m_noDictionaries, 1);
    layout->addWidget(m_table, 1);
    return dictionaries;
}

QWidget* ModelsPage::makeQuality()
{
    auto* quality = new QWidget(this);
    auto* row = new QHBoxLayout(quality);
    row->setContentsMargins(0, 0, 0, 0);
    auto* title = new QLabel(tr("Quality on your own &text"), quality);
    m_qualityText = new QLineEdit(quality);
    title->setBuddy(m_qualityText);
    m_qualityText->setObjectName(QStringLiteral("qualityText"));
    m_qualityText->setPlaceholderText(
        tr("Paste a few sentences; longer texts give steadier figures"));
    m_evaluate = new QPushButton(tr("&Evaluate"), quality);
    m_evaluate->setObjectName(QStringLiteral("evaluateButton"));
    m_evaluate->setToolTip(tr("Measure L0, FVU and the cost in cross-entropy of the chosen "
                              "dictionaries (all, if none is chosen)"));
    row->addWidget(title);
    row->addWidget(m_qualityText, 1);
    row->addWidget(m_evaluate);
    const auto start = [this] {
        m_toEvaluate.clear();
        for (const std::string& name : chosenDictionaries())
            m_toEvaluate << toQString(name);
        m_dictionaries->clearQuality();
        m_messages->clear();
        evaluateNext();
    };
    connect(m_evaluate, &QPushButton::clicked, this, start);
    connect(m_qualityText, &QLineEdit::textChanged, this, &ModelsPage::updateButtons);
    return quality;
}

QWidget* ModelsPage::makeHarvest()
{
    auto* harvest = new QWidget(this);
    auto* row = new QHBoxLayout(harvest);
    row->setContentsMargins(0, 0, 0, 0);
    auto* title = new QLabel(tr("&Harvest"), harvest);
    m_harvestTokens = new QSpinBox(harvest);
    title->setBuddy(m_harvestTokens);
    m_harvestTokens->setRange(1'000, 1'000'000'000);
    m_harvestTokens->setSingleStep(50'000);
    m_harvestTokens->setValue(200'000);
    m_harvestTokens->setGroupSeparatorShown(true);
    m_harvestTokens->setSuffix(tr(" tokens"));
    m_harvestTokens->setToolTip(
        tr("How much text to run through the model for densities, histograms and examples"));
    m_corpus = new QLineEdit(harvest);
    m_corpus->setAccessibleName(tr("Text file to harvest on"));
    m_corpus->setPlaceholderText(tr("Text file (empty: the model writes its own text)"));
    auto* choose = new QPushButton(icon(Icon::Open), tr("File …"), harvest);
    connect(choose, &QPushButton::clicked, this, [this] {
        const QString path = QFileDialog::getOpenFileName(
            this, tr("Text to harvest on"), {}, tr("Text (*.txt);;All files (*)"));
        if (!path.isEmpty())
            m_corpus->setText(path);
    });
    m_harvestProgress = new QProgressBar(harvest);
    m_harvestProgress->setAccessibleName(tr("Harvest progress"));
    m_harvestProgress->setFixedWidth(ex(this) * 20);
    m_harvest = new QPushButton(harvest);
    m_harvest->setObjectName(QStringLiteral("harvestButton"));
    connect(m_harvest, &QPushButton::clicked, this, &ModelsPage::startHarvest);
    row->addWidget(title);
    row->addWidget(m_harvestTokens);
    row->addWidget(m_corpus, 1);
    row->addWidget(choose);
    row->addWidget(m_harvestProgress);
    row->addWidget(m_harvest);
    return harvest;
}

void ModelsPage::inspect(const QString& path)
{
    m_messages->clear();
    m_requestedPath = path;
    m_session->inspectModel(path);
}

void ModelsPage::showInspected(const Shared<core::ModelInfo>& info)
{
    m_inspectedPath = m_requestedPath;
    m_summary->setModel(*info);
    m_summaryTitle->setText(tr("Found, not loaded yet"));
    m_modelStack->setCurrentIndex(1);
    updateButtons();
    m_load->setFocus();
}

void ModelsPage::load(QString path)
{
    m_messages->clear();
    m_inspectedPath.clear();
    m_session->openModel(path);
}

void ModelsPage::chooseModelFolder()
{
    const QString path = QFileDialog::getExistingDirectory(this, tr("Open a model folder"));
    if (!path.isEmpty())
        inspect(path);
}

void ModelsPage::chooseDictionaries()
{
    const QString path
        = QFileDialog::getExistingDirectory(this, tr("Add a dictionary, or a folder of several"));
    if (path.isEmpty())
        return;
    m_messages->clear();
    m_session->addDictionaries(path);
}

void ModelsPage::refresh()
{
    const core::EngineState& state = m_session->state();
    if (m_inspectedPath.isEmpty() && m_session->hasModel()) {
        m_summary->setModel(state.model);
        m_summaryTitle->setText(tr("Open now"));
    }
    m_modelStack->setCurrentIndex(m_session->hasModel() || !m_inspectedPath.isEmpty() ? 1 : 0);
    if (m_session->hasModel() && !state.model.path.empty())
        m_settings->addRecentModel(toQString(state.model.path));
    m_dictionaries->setDictionaries(state.dictionaries);
    m_table->setVisible(!state.dictionaries.empty());
    m_noDictionaries->setVisible(state.dictionaries.empty());
    updateButtons();
}

void ModelsPage::refreshRecent()
{
    m_recent->clear();
    for (const QString& path : m_settings->value(SettingKey::RecentModels).toStringList()) {
        auto* item = new QListWidgetItem(QDir::toNativeSeparators(path), m_recent);
        item->setData(Qt::UserRole, path);
        item->setToolTip(path);
    }
}

void ModelsPage::updateButtons()
{
    const bool isOpening = m_session->isBusy(tags::kOpen),
               isHarvesting = m_session->isBusy(tags::kHarvest);
    const bool hasDictionaries = !m_session->state().dictionaries.empty();
    m_load->setVisible(!m_inspectedPath.isEmpty());
    m_load->setEnabled(!isOpening);
    m_builtin->setEnabled(!isOpening);
    m_add->setEnabled(m_session->hasModel() && !isOpening);
    m_close->setEnabled(m_table->selectionModel()->hasSelection());
    m_evaluate->setEnabled(hasDictionaries && !m_qualityText->text().isEmpty());
    m_harvest->setEnabled(hasDictionaries);
    m_harvest->setText(isHarvesting ? tr("Stop &harvest") : tr("Start &harvest"));
    m_harvest->setIcon(icon(isHarvesting ? Icon::Stop : Icon::Play));
    m_harvestProgress->setVisible(isHarvesting);
    if (!isHarvesting)
        m_harvestProgress->setRange(0, 0);
}

std::vector<std::string> ModelsPage::chosenDictionaries() const
{
    std::vector<std::string> names;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
        names.push_back(m_dictionaries->at(index.row())->name);
    if (names.empty()) {
        for (const core::DictionaryInfo& info : m_session->state().dictionaries)
            names.push_back(info.name);
    }
    return names;
}

void ModelsPage::evaluateNext()
{
    if (!m_toEvaluate.isEmpty())
        m_session->evaluate(m_toEvaluate.takeFirst().toStdString(), m_qualityText->text());
}

void ModelsPage::startHarvest()
{
    if (m_session->isBusy(tags::kHarvest)) {
        m_session->cancel(tags::kHarvest);
        return;
    }
    m_messages->clear();
    core::HarvestRequest request;
    request.dictionaries = chosenDictionaries();
    request.corpusPath = m_corpus->text().trimmed().toStdString();
    request.tokens = m_harvestTokens->value();
    m_session->harvest(request);
}

bool ModelsPage::isDictionary(const QString& path) const
{
    // A model has a config.json of Hugging Face's kind; everything else is tried as a dictionary.
    return m_session->hasModel() && !QFileInfo::exists(path + QStringLiteral("/config.json"));
}

void ModelsPage::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls() && event->mimeData()->urls().constFirst().isLocalFile())
        event->acceptProposedAction();
}

void ModelsPage::dropEvent(QDropEvent* event)
{
    const QString path = event->mimeData()->urls().constFirst().toLocalFile();
    if (isDictionary(path))
        m_session->addDictionaries(path);
    else
        inspect(path);
    event->acceptProposedAction();
}

} // namespace ui
