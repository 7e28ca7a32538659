#include "ui/features/features_page.h"

#include "ui/features/compare_features.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/saved_lists.h"
#include "ui/shared/message_bar.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QMenu>
#include <QSignalBlocker>
#include <QTableView>
#include <QToolButton>

// What can be done with the chosen rows, and the lists they go to; the rest of the page is in
// features_page.cpp.
namespace ui {

namespace {

QString bookmarksName()
{
    return toQString(std::string(core::kBookmarks));
}

} // namespace

QWidget* FeaturesPage::makeLists(QWidget* parent)
{
    auto* box = new QWidget(parent);
    box->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Preferred);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    m_list = new QComboBox(box);
    m_list->setObjectName(QStringLiteral("listFilter"));
    m_list->setAccessibleName(tr("List of features"));
    m_list->setToolTip(tr("Only the features of a list of yours, such as the bookmarks"));
    m_list->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    auto* tools = new QToolButton(box);
    tools->setObjectName(QStringLiteral("listTools"));
    tools->setText(tr("Lists"));
    tools->setToolTip(tr("Make, describe, rename, export or delete lists of features"));
    tools->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(tools);
    menu->setObjectName(QStringLiteral("listMenu"));
    tools->setMenu(menu);
    row->addWidget(m_list);
    row->addWidget(tools);
    row->addWidget(makeLabelTools(box));
    connect(menu, &QMenu::aboutToShow, this, &FeaturesPage::fillListMenu);
    connect(m_list, &QComboBox::activated, this, [this] {
        m_wantedList.clear();
        refresh();
    });
    connect(m_lists, &SavedLists::changed, this, &FeaturesPage::showLists);
    connect(m_lists, &SavedLists::exported, this, [this](const QString& path, qint64 features) {
        m_messages->showMessage(MessageBar::Kind::Info,
            tr("%1 features written to %2").arg(formatCount(features), path));
    });
    showLists();
    return box;
}

QToolButton* FeaturesPage::makeLabelTools(QWidget* parent)
{
    auto* tools = new QToolButton(parent);
    tools->setObjectName(QStringLiteral("labelTools"));
    tools->setText(tr("Labels"));
    tools->setToolTip(tr("Suggested labels, and how well labels predict where features fire"));
    tools->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(tools);
    menu->setObjectName(QStringLiteral("labelMenu"));
    tools->setMenu(menu);
    QAction* suggest = menu->addAction(tr("&Suggest labels anew"), this, [this] {
        m_messages->showMessage(MessageBar::Kind::Info, tr("Naming the features anew …"));
        m_session->suggestLabels();
    });
    suggest->setToolTip(tr("From what the harvest kept; your own labels stay and are tested too"));
    menu->setToolTipsVisible(true);
    connect(menu, &QMenu::aboutToShow, this, [this, suggest] {
        suggest->setEnabled(!m_session->state().dictionaries.empty()
            && !m_session->isBusy(kTag<core::SuggestLabelsRequest>));
    });
    return tools;
}

void FeaturesPage::showSuggested(const Shared<core::LabelSuggestions>& made)
{
    std::int64_t labelled = 0, features = 0;
    bool isExact = true;
    for (const core::LabelReport& report : made->dictionaries) {
        labelled += report.labelled;
        features += report.features;
        isExact = isExact && report.isExact;
    }
    refresh();
    QString text = tr("%1 of %2 features that fire have a suggested label.")
                       .arg(formatCount(labelled), formatCount(features));
    if (!isExact)
        text
            += tr(" This harvest did not note where features rest: a new one makes better labels.");
    m_messages->showMessage(MessageBar::Kind::Info, text);
}

void FeaturesPage::showLists()
{
    const QString chosen = m_list->currentData().toString();
    {
        const QSignalBlocker blocker(m_list);
        m_list->clear();
        m_list->addItem(tr("All features"), QString());
        for (const core::SavedList& list : m_lists->lists()) {
            m_list->addItem(
                //: %1 is the name of a list, %2 how many features it has
                tr("%1 (%2)").arg(toQString(list.name), formatCount(countOf(list.features))),
                toQString(list.name));
            m_list->setItemData(m_list->count() - 1, toQString(list.description), Qt::ToolTipRole);
        }
        m_list->setCurrentIndex(std::max(0, m_list->findData(chosen)));
        chooseWanted(m_list, m_wantedList);
    }
    if (!chosen.isEmpty() || m_list->currentIndex() > 0)
        m_delay.start(); // its features may be others
}

void FeaturesPage::fillListMenu()
{
    auto* menu = findChild<QMenu*>(QStringLiteral("listMenu"));
    menu->clear();
    const QString name = m_list->currentData().toString();
    const core::SavedList* list = m_lists->list(name);
    menu->addAction(tr("&New list of the chosen rows …"), this, [this] {
        askForText(tr("Name of the list"), {},
            [this](const QString& typed) { m_lists->add(typed, chosenFeatures()); });
    });
    const auto add = [&](const QString& text, const auto& run) {
        QAction* action = menu->addAction(text);
        action->setEnabled(list != nullptr);
        if (list)
            connect(action, &QAction::triggered, this, run);
    };
    add(tr("&Rename …"), [this, name] {
        askForText(tr("Name of the list"), name, [this, name](const QString& typed) {
            if (const core::SavedList* before = m_lists->list(name)) {
                core::SavedList after = *before;
                after.name = typed.toStdString();
                m_lists->change(name, after);
                m_list->setCurrentIndex(std::max(0, m_list->findData(typed)));
                refresh();
            }
        });
    });
    add(tr("&Describe …"), [this, name] {
        const core::SavedList* one = m_lists->list(name);
        askForText(tr("What the list is about"), one ? toQString(one->description) : QString(),
            [this, name](const QString& typed) {
                if (const core::SavedList* before = m_lists->list(name)) {
                    core::SavedList after = *before;
                    after.description = typed.toStdString();
                    m_lists->change(name, after);
                }
            });
    });
    add(tr("Re&move the chosen rows"), [this, name] { m_lists->remove(name, chosenFeatures()); });
    add(tr("&Export …"), [this] { exportList(); });
    add(tr("De&lete the list"), [this, name] {
        m_lists->change(name, std::nullopt);
        refresh();
    });
}

void FeaturesPage::exportList()
{
    const QString name = m_list->currentData().toString();
    auto* dialog
        = new QFileDialog(this, tr("Export the list"), {}, tr("Table (*.csv);;JSON (*.json)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("csv"));
    connect(dialog, &QFileDialog::fileSelected, this,
        [this, name](const QString& path) { m_lists->exportTo(name, path); });
    dialog->open();
}

void FeaturesPage::askForText(
    const QString& title, const QString& text, std::function<void(const QString&)> then)
{
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    dialog->setLabelText(title);
    dialog->setTextValue(text);
    connect(dialog, &QInputDialog::textValueSelected, this,
        [then = std::move(then)](const QString& typed) {
            if (!typed.trimmed().isEmpty())
                then(typed.trimmed());
        });
    dialog->open();
}

void FeaturesPage::makeMenu()
{
    m_menu = new QMenu(m_table);
    m_menu->setObjectName(QStringLiteral("featureMenu"));
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    // The menu key asks with the middle of the current row.
    connect(m_table, &QTableView::customContextMenuRequested, this, [this](const QPoint& at) {
        fillMenu();
        if (!m_menu->isEmpty())
            m_menu->popup(m_table->viewport()->mapToGlobal(at));
    });
    const auto shortcut = [this](const QKeySequence& keys, const auto& run) {
        auto* action = new QAction(m_table);
        action->setShortcut(keys);
        action->setShortcutContext(Qt::WidgetShortcut);
        m_table->addAction(action);
        connect(action, &QAction::triggered, this, run);
    };
    shortcut(QKeySequence::Copy, [this] { copyRows(); });
    shortcut(QKeySequence(Qt::CTRL | Qt::Key_D), [this] { bookmark(); });
}

void FeaturesPage::fillMenu()
{
    m_menu->clear();
    const std::vector<core::FeatureRef> chosen = chosenFeatures();
    const core::FeatureRow* row = m_model->rowAt(m_table->currentIndex().row());
    if (chosen.empty() || !row)
        return;
    const core::FeatureRow one = *row;
    m_menu->addAction(tr("Open &card"), this, [this] { Q_EMIT cardRequested(); });
    m_menu->addAction(
        icon(Icon::Steer), tr("&Steer"), this, [this, one] { Q_EMIT steerRequested(one.feature); });
    QAction* compare = m_menu->addAction(tr("C&ompare the two"), this, [this] { compareChosen(); });
    compare->setEnabled(chosen.size() == 2);
    if (chosen.size() != 2)
        compare->setText(tr("Compare (choose two rows: Ctrl+click)"));
    m_menu->addSeparator();
    const bool isBookmarked = m_lists->holds(bookmarksName(), one.feature);
    m_menu->addAction(isBookmarked ? tr("Remove &bookmark\tCtrl+D") : tr("Add &bookmark\tCtrl+D"),
        this, [this] { bookmark(); });
    QMenu* to = m_menu->addMenu(tr("Add to &list"));
    for (const core::SavedList& list : m_lists->lists())
        to->addAction(toQString(list.name), this,
            [this, name = toQString(list.name)] { m_lists->add(name, chosenFeatures()); });
    to->addAction(tr("&New list …"), this, [this] {
        askForText(tr("Name of the list"), {},
            [this](const QString& typed) { m_lists->add(typed, chosenFeatures()); });
    });
    m_menu->addSeparator();
    const QString label = labelText(one);
    m_menu->addAction(icon(Icon::Copy), tr("Copy rows\tCtrl+C"), this, [this] { copyRows(); });
    m_menu->addAction(tr("Copy &index"), this,
        [this, one] { copyText(QString::number(one.feature.feature.value)); });
    m_menu->addAction(
        tr("Copy na&me"), this, [this, one] { copyText(featureAddress(one.feature)); });
    QAction* copyLabel
        = m_menu->addAction(tr("Copy l&abel"), this, [this, label] { copyText(label); });
    copyLabel->setEnabled(!label.isEmpty());
}

std::vector<core::FeatureRef> FeaturesPage::chosenFeatures() const
{
    QList<int> rows;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
        rows << index.row();
    std::sort(rows.begin(), rows.end());
    std::vector<core::FeatureRef> features;
    for (const int row : rows)
        features.push_back(m_model->featureAt(row));
    return features;
}

void FeaturesPage::bookmark()
{
    const std::vector<core::FeatureRef> chosen = chosenFeatures();
    if (chosen.empty())
        return;
    const bool areBookmarked = std::all_of(chosen.begin(), chosen.end(),
        [this](const auto& feature) { return m_lists->holds(bookmarksName(), feature); });
    if (areBookmarked)
        m_lists->remove(bookmarksName(), chosen);
    else
        m_lists->add(bookmarksName(), chosen);
}

void FeaturesPage::compareChosen()
{
    const std::vector<core::FeatureRef> chosen = chosenFeatures();
    if (chosen.size() != 2)
        return;
    auto* dialog = new CompareFeatures(m_session, m_settings, chosen[0], chosen[1], this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void FeaturesPage::copyText(const QString& text)
{
    QGuiApplication::clipboard()->setText(text);
}

void FeaturesPage::copyRows()
{
    QList<int> rows;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
        rows << index.row();
    std::sort(rows.begin(), rows.end());
    copyText(m_model->toTable(rows));
}

} // namespace ui
