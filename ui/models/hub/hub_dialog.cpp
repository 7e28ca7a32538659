#include "ui/models/hub/hub_dialog.h"

#include "ui/models/hub/catalogue_view.h"
#include "ui/models/hub/hub_connection_box.h"
#include "ui/models/hub/hub_file_model.h"
#include "ui/models/hub/hub_question.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QAction>
#include <QClipboard>
#include <QDir>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QStandardPaths>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

namespace {

QString defaultFolder()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation)
        + QStringLiteral("/downloads");
}

QString formatTime(std::chrono::seconds time)
{
    const auto seconds = static_cast<int>(time.count());
    if (seconds < 60)
        return HubDialog::tr("%1 s left").arg(seconds);
    if (seconds < 3600)
        return HubDialog::tr("%1 min left").arg((seconds + 30) / 60);
    return HubDialog::tr("%1 h %2 min left").arg(seconds / 3600).arg(seconds % 3600 / 60);
}

QPushButton* makeButton(const QString& text, const QString& name, QWidget* parent)
{
    auto* button = new QPushButton(text, parent);
    button->setObjectName(name);
    button->setAutoDefault(false); // Enter in a field acts on that field.
    return button;
}

} // namespace

HubDialog::HubDialog(Settings& settings, QWidget* parent, std::vector<CatalogueEntry> entries)
    : QDialog(parent)
    , m_settings(&settings)
    , m_worker(new HubWorker)
{
    setWindowTitle(tr("Download from the hub"));
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    m_thread.start();

    auto* layout = new QVBoxLayout(this);
    setPagePadding(layout, this);
    m_tabs = new QTabWidget(this);
    m_tabs->setObjectName(QStringLiteral("hubTabs"));
    m_catalogue = new CatalogueView(std::move(entries), this);
    connect(m_catalogue, &CatalogueView::asked, this, &HubDialog::getEntry);
    m_tabs->addTab(m_catalogue, tr("C&atalogue"));
    m_tabs->addTab(makeRepository(), tr("Any re&pository"));
    layout->addWidget(m_tabs, 1);
    connect(m_tabs, &QTabWidget::currentChanged, this, &HubDialog::updateButtons);
    m_messages = new MessageBar(this);
    layout->addLayout(makeTarget());
    m_connection = new HubConnectionBox(m_settings, this);
    layout->addWidget(makeConnectionToggle());
    layout->addWidget(m_connection);
    layout->addLayout(makeProgress());

    connectWorker();
    askForSpace();
    updateSummary();
    updateButtons();
    m_messages->lieOver(m_tabs);
    const int wide = ex(this) * 150;
    resize(parent ? std::min(wide, parent->window()->width()) : wide, em(this) * 38);
}

HubDialog::~HubDialog()
{
    m_worker->disconnect(this);
    m_thread.quit(); // At most one step of a few megabytes is waited for.
    m_thread.wait();
}

QWidget* HubDialog::makeRepository()
{
    auto* page = new QWidget(this);
    auto* layout = new QVBoxLayout(page);
    setPagePadding(layout, page);
    m_question = new HubQuestion(page);
    connect(m_question, &HubQuestion::listAsked, this, &HubDialog::listFiles);
    connect(m_question, &HubQuestion::narrowed, this, &HubDialog::preselectFiles);
    layout->addWidget(m_question);
    layout->addWidget(makeTable(), 1);
    m_summary = new QLabel(page);
    m_summary->setObjectName(QStringLiteral("hubSummary"));
    wrapLines(m_summary);
    layout->addWidget(m_summary);
    return page;
}

QWidget* HubDialog::makeTable()
{
    m_files = new HubFileModel(this);
    m_table = new QTableView(this);
    m_table->setObjectName(QStringLiteral("hubFiles"));
    m_table->setAccessibleName(tr("Files of the repository"));
    setUpTable(m_table, m_files);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setTextElideMode(Qt::ElideMiddle);
    m_table->setItemDelegateForColumn(HubFileModel::Progress, new BarDelegate(m_table));
    m_table->horizontalHeader()->setSectionResizeMode(HubFileModel::Name, QHeaderView::Stretch);
    m_table->horizontalHeader()->resizeSection(HubFileModel::Size, ex(this) * 14);
    m_table->horizontalHeader()->resizeSection(HubFileModel::Progress, ex(this) * 28);
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
    const auto addAction = [this](const QString& text, const auto& act) {
        auto* action = new QAction(text, m_table);
        action->setShortcutContext(Qt::WidgetShortcut);
        m_table->addAction(action);
        connect(action, &QAction::triggered, this, act);
        return action;
    };
    const auto selected = [this] { return m_table->selectionModel()->selectedRows(); };
    addAction(tr("Take the selected files"), [this, selected] {
        m_files->setChosen(selected(), true);
    })->setShortcut(Qt::Key_Plus);
    addAction(tr("Leave the selected files"), [this, selected] {
        m_files->setChosen(selected(), false);
    })->setShortcut(Qt::Key_Minus);
    addAction(tr("Copy the addresses of the taken files"), [this] {
        copyAddresses();
    })->setIcon(icon(Icon::Copy));
    connect(m_files, &HubFileModel::chosenChanged, this, &HubDialog::updateSummary);
    connect(m_files, &HubFileModel::chosenChanged, this, &HubDialog::updateButtons);
    return m_table;
}

QLayout* HubDialog::makeTarget()
{
    auto* row = new QHBoxLayout;
    row->setSpacing(gap(this));
    auto* label = new QLabel(tr("Save &in"), this);
    const QString remembered = m_settings->value(SettingKey::HubFolder).toString();
    m_folder = new QLineEdit(remembered.isEmpty() ? defaultFolder() : remembered, this);
    m_folder->setObjectName(QStringLiteral("hubFolder"));
    label->setBuddy(m_folder);
    m_choose = makeButton(tr("&Choose …"), QStringLiteral("hubChoose"), this);
    m_choose->setIcon(icon(Icon::Open));
    row->addWidget(label);
    row->addWidget(m_folder, 1);
    row->addWidget(m_choose);
    connect(m_choose, &QPushButton::clicked, this, &HubDialog::chooseFolder);
    connect(m_folder, &QLineEdit::editingFinished, this, &HubDialog::askForSpace);
    connect(m_folder, &QLineEdit::textChanged, this, &HubDialog::updateButtons);
    return row;
}

QWidget* HubDialog::makeConnectionToggle()
{
    auto* toggle = new QToolButton(this);
    toggle->setObjectName(QStringLiteral("hubConnection"));
    toggle->setText(tr("Connectio&n"));
    toggle->setToolTip(tr("Hub address, token and proxy"));
    toggle->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    toggle->setArrowType(Qt::RightArrow);
    toggle->setAutoRaise(true);
    toggle->setCheckable(true);
    m_connection->hide();
    connect(toggle, &QToolButton::toggled, this, [this, toggle](bool isOpen) {
        toggle->setArrowType(isOpen ? Qt::DownArrow : Qt::RightArrow);
        m_connection->setVisible(isOpen);
    });
    return toggle;
}

QLayout* HubDialog::makeProgress()
{
    auto* layout = new QVBoxLayout;
    layout->setSpacing(gap(this));
    m_progress = new QProgressBar(this);
    m_progress->setAccessibleName(tr("Progress of the download"));
    m_progress->setTextVisible(false);
    m_progressText = new QLabel(this);
    m_progressText->setObjectName(QStringLiteral("hubProgress"));
    wrapLines(m_progressText);
    makeSubtle(m_progressText);
    m_download = makeButton(tr("Do&wnload"), QStringLiteral("hubDownload"), this);
    m_download->setIcon(icon(Icon::Save));
    m_cancel = makeButton(tr("Cancel"), QStringLiteral("hubCancel"), this);
    m_cancel->setIcon(icon(Icon::Stop));
    auto* close = makeButton(tr("Close"), QStringLiteral("hubClose"), this);
    close->setToolTip(tr("A download goes on while this window is closed"));
    auto* row = new QHBoxLayout;
    row->addWidget(m_progressText, 1);
    row->addWidget(m_download);
    row->addWidget(m_cancel);
    row->addWidget(close);
    layout->addWidget(m_progress);
    layout->addLayout(row);
    connect(m_download, &QPushButton::clicked, this, &HubDialog::startDownload);
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        m_cancel->setEnabled(false);
        QMetaObject::invokeMethod(m_worker, [worker = m_worker] { worker->cancel(); });
    });
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    return layout;
}

void HubDialog::connectWorker()
{
    connect(m_worker, &HubWorker::listed, this, &HubDialog::showListing);
    connect(m_worker, &HubWorker::progressed, this, &HubDialog::showProgress);
    connect(m_worker, &HubWorker::finished, this, &HubDialog::showFinished);
    connect(m_worker, &HubWorker::failed, this, [this](const QString& message) {
        m_plan.reset();
        setState(State::Idle);
        m_messages->showMessage(MessageBar::Kind::Error, message);
    });
    connect(m_worker, &HubWorker::cancelled, this, [this] {
        if (m_state == State::Idle)
            return; // It had ended just before.
        const bool wasDownload = m_state == State::Downloading || m_plan;
        m_plan.reset();
        setState(State::Idle);
        m_progressText->setText(
            wasDownload ? tr("Stopped; downloading again goes on where it stopped.") : QString());
    });
    connect(m_worker, &HubWorker::spaceMeasured, this, [this](const QString& folder, qint64 bytes) {
        if (folder != baseFolder())
            return;
        m_freeSpace = bytes;
        updateSummary();
    });
}

void HubDialog::setKind(HubKind kind)
{
    if (m_state == State::Idle)
        m_question->setKind(kind);
}

void HubDialog::setFreeMemory(qint64 bytes)
{
    m_catalogue->setFreeMemory(bytes);
}

void HubDialog::getEntry(const CatalogueEntry& entry)
{
    if (m_state != State::Idle)
        return;
    m_plan = Plan{entry, {}};
    m_tabs->setCurrentIndex(1); // where its files are seen to come
    getNextPart();
}

void HubDialog::getNextPart()
{
    const CataloguePart& part
        = m_plan->entry.parts.at(static_cast<std::size_t>(m_plan->folders.size()));
    m_question->fill(part.kind, part.repository, part.only);
    listFiles();
    if (m_state == State::Idle)
        m_plan.reset(); // what is wrong stands in the message bar
}

void HubDialog::partFinished(const QString& folder)
{
    m_plan->folders << folder;
    if (static_cast<std::size_t>(m_plan->folders.size()) < m_plan->entry.parts.size())
        return getNextPart();
    const Plan plan = std::move(*m_plan);
    m_plan.reset();
    Q_EMIT entryReady(plan.folders.first(), plan.folders.mid(1));
}

QString HubDialog::baseFolder() const
{
    const QString typed = m_folder->text().trimmed();
    return typed.startsWith(QLatin1String("~/")) ? QDir::homePath() + typed.mid(1) : typed;
}

QString HubDialog::targetFolder() const
{
    return QDir::cleanPath(baseFolder() + QLatin1Char('/') + m_listing.address.repository);
}

void HubDialog::listFiles()
{
    if (m_state != State::Idle)
        return;
    m_messages->clear();
    m_progressText->clear();
    const auto address = m_question->address();
    const auto access = m_connection->access();
    if (!address || !access) {
        m_messages->showMessage(
            MessageBar::Kind::Error, address ? access.error() : address.error());
        return;
    }
    m_listing = {}; // A list must not stand below another repository's name.
    m_files->setFiles({}, {}, {});
    setState(State::Listing);
    QMetaObject::invokeMethod(m_worker,
        [worker = m_worker, access = *access, address = *address, kind = m_question->kind()] {
            worker->list(access, address, kind);
        });
}

void HubDialog::showListing(const HubListing& listing)
{
    m_listing = listing;
    m_question->setRepository(listing.address.repository);
    setState(State::Idle);
    preselectFiles();
    askForSpace();
    m_table->setFocus();
    if (!m_plan)
        return;
    if (!m_files->chosenFiles().empty())
        return startDownload();
    m_plan.reset();
    m_messages->showMessage(MessageBar::Kind::Warning,
        tr("%1 no longer holds what the catalogue names. Tick the files to take and press "
           "Download.")
            .arg(listing.address.repository));
}

void HubDialog::preselectFiles()
{
    if (m_listing.address.repository.isEmpty() || m_state == State::Downloading)
        return;
    const QString patterns = m_question->patterns();
    m_files->setFiles(m_listing.files, offered(m_listing.files, m_question->kind(), patterns),
        preselect(m_listing.files, m_question->kind(), patterns));
    if (m_files->rowCount() > 0)
        m_table->setCurrentIndex(m_files->index(0, 0));
    m_table->clearSelection();
    explainSelection();
}

void HubDialog::explainSelection()
{
    const int folders = weightFolders(m_listing.files);
    if (m_listing.files.empty()) {
        m_messages->showMessage(MessageBar::Kind::Warning, tr("The repository holds no files."));
    } else if (m_files->rowCount() == 0) {
        m_messages->showMessage(MessageBar::Kind::Warning,
            tr("No file of the repository fits “%1”.").arg(m_question->patterns()));
    } else if (!m_listing.refused.isEmpty()) {
        m_messages->showMessage(MessageBar::Kind::Warning,
            tr("%1 of the repository's file names are refused: they could leave the folder or hide "
               "what they are.")
                .arg(m_listing.refused.size()));
    } else if (!m_files->chosenFiles().empty()) {
        m_messages->clear();
    } else if (m_question->kind() == HubKind::Dictionary && folders > 1) {
        m_messages->showMessage(MessageBar::Kind::Info,
            tr("%1 folders hold weights. Say under Only which to take, for example %2.")
                .arg(folders)
                .arg(exampleFolder()));
    } else {
        m_messages->showMessage(MessageBar::Kind::Info,
            m_question->kind() == HubKind::Model
                ? tr("No model was recognised: config.json is missing, or there are several. Name "
                     "its folder under Only, tick files yourself, or choose Dictionary.")
                : tr("No dictionary was recognised. Tick the files to take, or choose Model."));
    }
}

QString HubDialog::exampleFolder() const
{
    for (const HubFile& file : m_listing.files) {
        const QString folder = folderToOpen({file}, HubKind::Dictionary);
        if (weightFolders({file}) == 1 && !folder.isEmpty())
            return folder;
    }
    return m_listing.files.front().path;
}

void HubDialog::startDownload()
{
    const auto access = m_connection->access();
    if (!access) {
        m_messages->showMessage(MessageBar::Kind::Error, access.error());
        return;
    }
    m_settings->setValue(SettingKey::HubFolder, m_folder->text().trimmed());
    HubOrder order{.listing = m_listing, .kind = m_question->kind(), .folder = targetFolder()};
    order.listing.files = m_files->chosenFiles();
    m_messages->clear();
    setState(State::Downloading);
    QMetaObject::invokeMethod(m_worker,
        [worker = m_worker, access = *access, order] { worker->download(access, order); });
}

void HubDialog::showProgress(const HubProgress& progress)
{
    if (m_state != State::Downloading)
        return;
    m_files->showProgress(progress.files);
    constexpr int kSteps = 1000; // Bytes do not fit into the bar's int.
    m_progress->setRange(0, kSteps);
    m_progress->setValue(
        progress.total > 0 ? static_cast<int>(progress.done * kSteps / progress.total) : kSteps);
    QString text = tr("%1 of %2").arg(formatBytes(progress.done), formatBytes(progress.total));
    if (progress.bytesPerSecond > 0.0)
        text = tr("%1, %2/s")
                   .arg(text, formatBytes(static_cast<std::int64_t>(progress.bytesPerSecond)));
    if (progress.remaining)
        text = tr("%1, %2").arg(text, formatTime(*progress.remaining));
    m_progressText->setText(text);
}

void HubDialog::showFinished(const QString& folder)
{
    setState(State::Idle);
    m_progressText->setText(
        tr("All files are there and right: %1").arg(QDir::toNativeSeparators(folder)));
    askForSpace();
    if (m_plan)
        partFinished(folder);
    else if (m_question->kind() == HubKind::Model)
        Q_EMIT modelReady(folder);
    else
        Q_EMIT dictionariesReady(folder);
}

void HubDialog::chooseFolder()
{
    const QString folder
        = QFileDialog::getExistingDirectory(this, tr("Save downloads in"), m_folder->text());
    if (folder.isEmpty())
        return;
    m_folder->setText(folder);
    askForSpace();
}

void HubDialog::askForSpace()
{
    m_freeSpace = -1;
    updateSummary();
    QMetaObject::invokeMethod(
        m_worker, [worker = m_worker, folder = baseFolder()] { worker->measureSpace(folder); });
}

void HubDialog::copyAddresses()
{
    const auto access = m_connection->access();
    if (!access)
        return;
    QStringList addresses;
    for (const HubFile& file : m_files->chosenFiles())
        addresses << m_listing.address.fileUrl(access->hub, file.path).toString(QUrl::FullyEncoded);
    QGuiApplication::clipboard()->setText(addresses.join(QLatin1Char('\n')));
}

void HubDialog::setState(State state)
{
    m_state = state;
    m_files->setLocked(state == State::Downloading);
    m_progress->setRange(0, 0); // Moves until a figure comes.
    updateSummary();
    updateButtons();
}

void HubDialog::updateSummary()
{
    if (m_listing.address.repository.isEmpty()) {
        m_summary->setText(tr("The files and their sizes are shown before anything is fetched."));
        return;
    }
    const qint64 bytes = m_files->chosenBytes();
    QString text
        = tr("%1 of the %2 files of %3, %4, at commit %5, into %6.")
              .arg(countOf(m_files->chosenFiles()))
              .arg(countOf(m_listing.files))
              .arg(m_listing.address.repository, formatBytes(bytes),
                  m_listing.address.revision.left(8), QDir::toNativeSeparators(targetFolder()));
    if (m_freeSpace >= 0)
        text += QLatin1Char(' ')
            + (bytes > m_freeSpace ? tr("Only %1 are free there.") : tr("%1 are free there."))
                  .arg(formatBytes(m_freeSpace));
    m_summary->setText(text);
}

void HubDialog::updateButtons()
{
    const bool isIdle = m_state == State::Idle;
    for (QWidget* widget :
        std::initializer_list<QWidget*>{m_question, m_folder, m_choose, m_connection})
        widget->setEnabled(isIdle);
    m_download->setEnabled(
        isIdle && !m_files->chosenFiles().empty() && !m_folder->text().trimmed().isEmpty());
    m_catalogue->setRunning(!isIdle);
    m_download->setVisible(m_tabs->currentIndex() == 1); // the catalogue has a button of its own
    m_cancel->setEnabled(!isIdle);
    m_cancel->setVisible(!isIdle);
    m_progress->setVisible(!isIdle);
}

} // namespace ui
