#include "ui/features/features_page.h"

#include "ui/features/feature_map_panel.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/saved_lists.h"
#include "ui/features/text_query.h"
#include "ui/features/token_delegate.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

FeaturesPage::FeaturesPage(
    Session* session, Selection* selection, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_selection(selection)
    , m_settings(settings)
    , m_model(new FeatureTableModel(session, this))
    , m_messages(new MessageBar(this))
    , m_count(new QLabel(this))
    , m_rank(new QPushButton(icon(Icon::Steer), tr("&Rank by steering …"), this))
    , m_texts(new TextQuery(session, selection, this))
    , m_map(new FeatureMapPanel(session, selection, this))
    , m_stack(new QStackedWidget(this))
    , m_empty(new EmptyState(tr("No features"), {}, this))
    , m_table(new QTableView(this))
    , m_lists(new SavedLists(session, this))
{
    auto* layout = new QVBoxLayout(this);
    setPagePadding(layout, this);
    layout->addWidget(makeFilters());
    layout->addWidget(m_texts);
    m_texts->hide();
    // No row has room for all of them in a small window beside a card.
    auto* switches = new QHBoxLayout;
    switches->addWidget(m_labelled);
    switches->addWidget(m_hideDead);
    switches->addWidget(m_hideEverywhere);
    switches->addStretch(1);
    switches->addWidget(makeMapSwitch());
    layout->addLayout(switches);
    auto* shown = new QHBoxLayout;
    shown->addWidget(m_count, 1);
    shown->addWidget(m_rank);
    layout->addLayout(shown);
    m_rank->setObjectName(QStringLiteral("rankBySteering"));
    m_rank->setToolTip(tr("Which of the best hits make the model write about these words? Tries "
                          "them at several strengths"));
    connect(m_rank, &QPushButton::clicked, this,
        [this] { Q_EMIT rankRequested(m_search->text().trimmed()); });
    makeSubtle(m_count);
    m_count->setObjectName(QStringLiteral("featureCount"));
    makeTable();
    m_train = m_empty->addAction(tr("Train one …"));
    m_train->setObjectName(QStringLiteral("featuresTrain"));
    connect(m_train, &QPushButton::clicked, this, &FeaturesPage::trainRequested);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_table);
    m_stack->addWidget(m_map);
    setTabOrder(m_hideDead, m_hideEverywhere);
    setTabOrder(m_hideEverywhere, m_table);
    layout->addWidget(m_stack, 1);
    m_messages->lieOver(m_stack);

    m_delay.setSingleShot(true);
    m_delay.setInterval(kSearchDelayMs);
    connect(&m_delay, &QTimer::timeout, this, &FeaturesPage::refresh);
    connect(session, &Session::stateChanged, this, &FeaturesPage::refreshDictionaries);
    connect(session, &Session::labelsSuggested, this, &FeaturesPage::showSuggested);
    m_messages->showErrorsOf(session,
        {kTag<core::FeatureQuery>, kTag<core::SuggestLabelsRequest>,
            kTag<core::FeaturesOnTextRequest>, FeatureTableModel::kRowsTag, SavedLists::kEditTag,
            SavedLists::kExportTag});
    connect(selection, &Selection::featureChanged, this, &FeaturesPage::followSelection);
    m_told = query();
    refreshDictionaries();
}

QWidget* FeaturesPage::makeFilters()
{
    auto* filters = new QWidget(this);
    auto* layout = new QVBoxLayout(filters);
    layout->setContentsMargins(0, 0, 0, 0);
    m_search = new QLineEdit(filters);
    m_search->setObjectName(QStringLiteral("conceptSearch"));
    m_search->setPlaceholderText(
        tr("Find a concept: golden gate, \"New York\", french animals, bridge -london …"));
    m_search->setToolTip(
        tr("By its words and by what they mean, in labels, promoted tokens and examples; best "
           "match first.\n"
           "golden gate  –  both words, with their plurals and without accents\n"
           "\"golden gate\"  –  side by side\n"
           "bridge -london  –  without london\n"
           "The last word may be unfinished. Enter or Down goes to the list."));
    m_search->setAccessibleName(tr("Find features by concept"));
    m_search->setClearButtonEnabled(true);
    m_search->addAction(icon(Icon::Search), QLineEdit::LeadingPosition);
    auto* top = new QHBoxLayout;
    top->addWidget(makeTextSwitch(filters));
    top->addWidget(m_search, 1);
    layout->addLayout(top);

    auto* row = new QHBoxLayout;
    m_dictionary = new QComboBox(filters);
    m_dictionary->setAccessibleName(tr("Dictionary"));
    m_dictionary->setToolTip(tr("Features of which dictionary (and so of which layer)"));
    m_dictionary->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    const auto density = [&](double value, const QString& name) {
        auto* box = new QDoubleSpinBox(filters);
        box->setRange(0.0, 100.0);
        box->setDecimals(3);
        box->setValue(value);
        box->setSuffix(tr(" %"));
        box->setAccessibleName(name);
        box->setToolTip(tr("Share of harvested tokens on which a feature fires"));
        connect(box, &QDoubleSpinBox::valueChanged, this, [this] { m_delay.start(); });
        return box;
    };
    m_minDensity = density(0.0, tr("Lowest density"));
    m_maxDensity = density(100.0, tr("Highest density"));
    m_minOutputScore = new QDoubleSpinBox(filters);
    m_minOutputScore->setObjectName(QStringLiteral("minOutputScore"));
    m_minOutputScore->setRange(0.0, 1.0);
    m_minOutputScore->setDecimals(3);
    m_minOutputScore->setSingleStep(core::kWritesFrom);
    m_minOutputScore->setSpecialValueText(tr("any"));
    m_minOutputScore->setAccessibleName(tr("Lowest output score"));
    m_minOutputScore->setToolTip(outputScoreExplained());
    connect(m_minOutputScore, &QDoubleSpinBox::valueChanged, this, [this] { m_delay.start(); });
    m_labelled = new QCheckBox(tr("&Labelled only"), this);
    m_labelled->setToolTip(tr("Only features that a person has named"));
    m_hideDead = new QCheckBox(tr("&Hide dead"), this);
    m_hideDead->setToolTip(tr("Leave out features that never fired over the harvest"));
    m_hideDead->setChecked(true);
    m_hideEverywhere = new QCheckBox(tr("Hide what fires &everywhere"), this);
    m_hideEverywhere->setObjectName(QStringLiteral("hideEverywhere"));
    m_hideEverywhere->setToolTip(
        tr("Leave out features that fire far more often than others of their dictionary: they "
           "seldom say what a text is about"));
    row->addWidget(m_dictionary);
    row->addSpacing(pad(this));
    row->addWidget(new QLabel(tr("Density"), filters));
    row->addWidget(m_minDensity);
    row->addWidget(new QLabel(tr("to"), filters));
    row->addWidget(m_maxDensity);
    row->addSpacing(pad(this));
    row->addWidget(new QLabel(tr("Writes at least"), filters));
    row->addWidget(m_minOutputScore);
    row->addStretch(1);
    top->addStretch(0); // where the search is hidden
    top->addWidget(makeLists(filters)); // the row below has no room for it in a small window
    layout->addLayout(row);

    m_search->installEventFilter(this);
    connect(m_search, &QLineEdit::textChanged, this, [this] {
        m_goesToTable = false;
        m_searchSort = core::FeatureSort::Match;
        m_delay.start();
        Q_EMIT changed();
    });
    connect(m_search, &QLineEdit::returnPressed, this, &FeaturesPage::goToTable);
    connect(m_dictionary, &QComboBox::activated, this, [this] {
        m_wantedDictionary.clear();
        if (m_dictionary->currentIndex() > 0)
            m_selection->setDictionary(m_dictionary->currentData().toString().toStdString());
        refresh();
    });
    connect(m_labelled, &QCheckBox::toggled, this, &FeaturesPage::refresh);
    connect(m_hideDead, &QCheckBox::toggled, this, &FeaturesPage::refresh);
    connect(m_hideEverywhere, &QCheckBox::toggled, this, &FeaturesPage::refresh);
    return filters;
}

void FeaturesPage::makeTable()
{
    setUpTable(m_table, m_model);
    m_table->setObjectName(QStringLiteral("featureTable"));
    m_table->setAccessibleName(tr("Features"));
    m_table->setItemDelegateForColumn(FeatureTableModel::LabelScore, new BarDelegate(m_table));
    m_table->setItemDelegateForColumn(FeatureTableModel::Density, new BarDelegate(m_table));
    m_table->setItemDelegateForColumn(FeatureTableModel::MaxActivation, new BarDelegate(m_table));
    m_table->setItemDelegateForColumn(FeatureTableModel::Writes, new BarDelegate(m_table));
    m_table->setItemDelegateForColumn(FeatureTableModel::Promotes, new TokenDelegate(m_table));
    QHeaderView* header = m_table->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setStretchLastSection(true);
    header->setSortIndicator(FeatureTableModel::MaxActivation, Qt::DescendingOrder);
    header->setSortIndicatorShown(true);
    header->setSectionsClickable(true);
    connect(header, &QHeaderView::sortIndicatorChanged, m_model, &FeatureTableModel::sort);
    layOutColumns(false);
    makeMenu();
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        &FeaturesPage::rowChosen);
    connect(m_model, &FeatureTableModel::sortRequested, this,
        [this](core::FeatureSort sort, bool isDescending) {
            const bool isSearch = isSearching();
            (isSearch ? m_searchSort : m_sort) = sort;
            (isSearch ? m_isSearchDescending : m_isDescending) = isDescending;
            refresh();
        });
}

core::FeatureQuery FeaturesPage::query() const
{
    core::FeatureQuery query;
    if (m_dictionary->currentIndex() > 0)
        query.dictionaries = {m_dictionary->currentData().toString().toStdString()};
    query.text = m_search->text().trimmed().toStdString();
    query.sort = isSearching() ? m_searchSort : m_sort;
    query.isDescending = isSearching() ? m_isSearchDescending : m_isDescending;
    query.list = m_list->currentData().toString().toStdString();
    query.isLabelledOnly = m_labelled->isChecked();
    query.hideDead = m_hideDead->isChecked();
    query.hideEverywhere = m_hideEverywhere->isChecked();
    query.minDensity = m_minDensity->value() / 100.0;
    query.maxDensity = m_maxDensity->value() / 100.0;
    query.minOutputScore = m_minOutputScore->value();
    return query;
}

void FeaturesPage::search(const QString& concept_)
{
    m_onText->setChecked(false);
    m_search->setText(concept_);
    m_delay.stop();
    refresh();
}

void FeaturesPage::save(core::SavedSession& session) const
{
    session.search = query();
    if (!m_wantedDictionary.isEmpty())
        session.search.dictionaries = {m_wantedDictionary.toStdString()};
    if (!m_wantedList.isEmpty())
        session.search.list = m_wantedList.toStdString();
}

void FeaturesPage::restore(const core::SavedSession& session)
{
    const core::FeatureQuery& saved = session.search;
    m_onText->setChecked(false);
    {
        const QSignalBlocker a(m_labelled), b(m_hideDead), c(m_hideEverywhere);
        m_search->setText(toQString(saved.text));
        m_minDensity->setValue(saved.minDensity * 100.0);
        m_maxDensity->setValue(saved.maxDensity * 100.0);
        m_minOutputScore->setValue(saved.minOutputScore);
        m_labelled->setChecked(saved.isLabelledOnly);
        m_hideDead->setChecked(saved.hideDead);
        m_hideEverywhere->setChecked(saved.hideEverywhere);
        m_wantedDictionary
            = saved.dictionaries.empty() ? QString() : toQString(saved.dictionaries.front());
        m_dictionary->setCurrentIndex(0);
        chooseWanted(m_dictionary, m_wantedDictionary);
        m_wantedList = toQString(saved.list);
        m_list->setCurrentIndex(0);
        chooseWanted(m_list, m_wantedList);
    }
    const bool isSearch = !saved.text.empty();
    (isSearch ? m_searchSort : m_sort) = saved.sort;
    (isSearch ? m_isSearchDescending : m_isDescending) = saved.isDescending;
    layOutColumns(isSearch);
    refresh();
}

void FeaturesPage::focusSearch()
{
    if (m_onText->isChecked())
        return m_texts->focusText();
    m_search->setFocus();
    m_search->selectAll();
}

void FeaturesPage::refresh()
{
    m_delay.stop();
    if (const core::FeatureQuery now = query(); now != m_told) {
        m_told = now;
        Q_EMIT changed();
    }
    m_map->setDictionaries(query().dictionaries);
    if (isOnText())
        m_texts->ask(query());
    else if (!m_session->state().dictionaries.empty())
        m_session->ask(this, query(), [this](const Shared<core::FeatureList>& list) {
            if (!isOnText())
                showList(list);
        });
    updateEmptyState();
}

void FeaturesPage::chooseWanted(QComboBox* box, QString& wanted)
{
    const int at = wanted.isEmpty() ? -1 : box->findData(wanted);
    if (at < 0)
        return;
    box->setCurrentIndex(at);
    wanted.clear();
}

void FeaturesPage::chooseDictionary(const std::string& name)
{
    m_wantedDictionary = toQString(name);
    if (m_onText->isChecked())
        m_onText->setChecked(false);
    m_search->clear();
    chooseWanted(m_dictionary, m_wantedDictionary);
    refresh();
}

void FeaturesPage::refreshDictionaries()
{
    const QString chosen = m_dictionary->currentData().toString();
    m_dictionary->clear();
    m_dictionary->addItem(tr("All dictionaries"));
    for (const core::DictionaryInfo& info : m_session->state().dictionaries)
        m_dictionary->addItem(toQString(info.name), toQString(info.name));
    m_dictionary->setCurrentIndex(std::max(0, m_dictionary->findData(chosen)));
    chooseWanted(m_dictionary, m_wantedDictionary);
    if (m_session->state().dictionaries.empty())
        m_model->setList(std::make_shared<core::FeatureList>());
    refresh();
}

void FeaturesPage::showList(const Shared<core::FeatureList>& list)
{
    m_messages->clear();
    m_model->setList(list);
    m_map->setHits(
        list->query.text.empty() ? std::vector<core::FeatureRef>() : list->features.toVector());
    const bool isSearch = !list->query.text.empty();
    const bool isAnotherSearch = isSearch && list->query.text != m_shownText;
    m_shownText = list->query.text;
    layOutColumns(isSearch);
    const auto shown = static_cast<std::int64_t>(list->features.size());
    m_count->setText(countText(*list));
    m_count->setToolTip(toQString(list->note));
    updateEmptyState();
    if (isAnotherSearch && shown > 0) { // the best hit is what was searched for
        m_table->scrollToTop();
        chooseRow(0);
    } else {
        followSelection();
    }
    if (m_goesToTable && shown > 0)
        m_table->setFocus();
    m_goesToTable = false;
}

QString FeaturesPage::hiddenText(const core::FeatureList& list)
{
    return list.hiddenEverywhere > 0
        ? tr(", %1 hidden that fire everywhere").arg(formatCount(list.hiddenEverywhere))
        : QString();
}

QString FeaturesPage::countText(const core::FeatureList& list) const
{
    const auto shown = static_cast<std::int64_t>(list.features.size());
    const bool isByMatch = list.query.sort == core::FeatureSort::Match;
    QString text = shown < list.total
        ? (isByMatch ? tr("The best %1 of %2 features that match")
                     : tr("The first %1 of %2 features that match, as sorted"))
              .arg(formatCount(shown), formatCount(list.total))
        : tr("%1 features").arg(formatCount(list.total));
    text += hiddenText(list);
    if (!list.note.empty()) // the rest is in the tooltip: the line is short
        text += tr(", by words alone");
    return text;
}

void FeaturesPage::layOutColumns(bool isSearch)
{
    QHeaderView* header = m_table->horizontalHeader();
    {
        const QSignalBlocker blocker(header); // says what is, asks for nothing
        int column = -1;
        const core::FeatureSort sort = isSearch ? m_searchSort : m_sort;
        for (int at = 0; at < FeatureTableModel::ColumnCount; ++at)
            if (FeatureTableModel::sortBy(at) == sort)
                column = at;
        header->setSortIndicatorClearable(isSearch); // back to the best match
        header->setSortIndicator(column,
            (isSearch ? m_isSearchDescending : m_isDescending) ? Qt::DescendingOrder
                                                               : Qt::AscendingOrder);
    }
    m_table->setColumnHidden(FeatureTableModel::Why, !isSearch);
    if (isSearch == m_isSearchLaidOut && header->property("isLaidOut").toBool())
        return; // a person may have set the widths
    header->setProperty("isLaidOut", true);
    m_isSearchLaidOut = isSearch;
    // What matched stands beside the name, in view however narrow the window is.
    header->moveSection(header->visualIndex(FeatureTableModel::Why),
        isSearch ? 2 : FeatureTableModel::ColumnCount - 1);
    const int browsing[]{26, 30, 12, 12, 19, 19, 30, 24},
        searching[]{26, 24, 12, 12, 17, 19, 16, 22};
    for (int column = 0; column < FeatureTableModel::ColumnCount; ++column)
        header->resizeSection(column, (isSearch ? searching[column] : browsing[column]) * ex(this));
}

void FeaturesPage::goToTable()
{
    const bool isShown = m_session->state().dictionaries.empty()
        || (m_search->text().trimmed().toStdString() == m_shownText && !m_delay.isActive()
            && !m_session->isBusy(kTag<core::FeatureQuery>));
    m_goesToTable = !isShown;
    if (!isShown)
        return refresh();
    if (m_model->rowCount() == 0)
        return;
    if (!m_table->currentIndex().isValid())
        chooseRow(0);
    m_table->setFocus();
}

bool FeaturesPage::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_search && event->type() == QEvent::KeyPress
        && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Down) {
        goToTable();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void FeaturesPage::step(int rows)
{
    const int current = m_selection->feature() ? m_model->rowOf(*m_selection->feature()) : -1;
    const int wanted = current < 0 ? 0 : current + rows;
    if (wanted >= 0 && wanted < m_model->rowCount())
        chooseRow(wanted);
}

void FeaturesPage::updateEmptyState()
{
    const bool isEmpty = m_model->rowCount() == 0;
    if (m_showMap->isChecked())
        m_stack->setCurrentWidget(m_map);
    else
        m_stack->setCurrentIndex(isEmpty ? 0 : 1);
    m_count->setVisible(!isEmpty);
    m_rank->setVisible(!isEmpty && !m_shownText.empty() && !m_onText->isChecked());
    m_train->setVisible(m_session->hasModel() && m_session->state().dictionaries.empty());
    if (!m_session->hasModel())
        m_empty->setHint(tr("Open a model first (Models page)."));
    else if (m_session->state().dictionaries.empty())
        m_empty->setHint(tr("Features live in dictionaries: add one on the Models page, or make "
                            "one on the Train page."));
    else if (m_session->isBusy(kTag<core::FeatureQuery>)
        || m_session->isBusy(kTag<core::FeaturesOnTextRequest>))
        m_empty->setHint(tr("Looking …"));
    else if (m_shownText.empty())
        m_empty->setHint(tr("Nothing matches. Widen the filters; before a harvest every feature "
                            "counts as dead."));
    else if (m_model->list()->hiddenEverywhere > 0)
        m_empty->setHint(
            tr("All %1 features found for “%2” fire everywhere. Show what fires "
               "everywhere to see them.")
                .arg(formatCount(m_model->list()->hiddenEverywhere), toQString(m_shownText)));
    else
        m_empty->setHint(tr("No feature matches “%1”. Try fewer or other words, the beginning of "
                            "a word, or wider filters. %2")
                             .arg(toQString(m_shownText), toQString(m_model->list()->note)));
}

void FeaturesPage::followSelection()
{
    if (!m_selection->feature())
        return;
    const int row = m_model->rowOf(*m_selection->feature());
    // The row that is current already may be part of a larger selection: that one stays.
    if (row < 0)
        m_table->clearSelection();
    else if (row != m_table->currentIndex().row())
        m_table->setCurrentIndex(m_model->index(row, 0));
}

void FeaturesPage::chooseRow(int row)
{
    m_table->setCurrentIndex(m_model->index(row, 0));
}

void FeaturesPage::rowChosen()
{
    const core::FeatureRef feature = m_model->featureAt(m_table->currentIndex().row());
    if (feature.feature.isValid())
        m_selection->setFeature(feature);
}

} // namespace ui
