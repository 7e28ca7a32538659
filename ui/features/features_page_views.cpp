#include "ui/features/features_page.h"

#include "ui/features/feature_map_panel.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/text_query.h"
#include "ui/shared/message_bar.h"
#include "ui/style/text.h"

#include <memory>

#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QToolButton>

// The page's other ways in: what fires on a text, and the map; the rest is in features_page.cpp.
namespace ui {

QToolButton* FeaturesPage::makeTextSwitch(QWidget* parent)
{
    m_onText = new QToolButton(parent);
    m_onText->setObjectName(QStringLiteral("onText"));
    m_onText->setText(tr("On a text"));
    m_onText->setCheckable(true);
    m_onText->setToolTip(tr("Find the features that fire on a text, or more on one text than on "
                            "another, in place of a search"));
    connect(m_onText, &QToolButton::toggled, this, [this](bool isOn) {
        m_search->setVisible(!isOn);
        m_texts->setVisible(isOn);
        m_searchSort = core::FeatureSort::Match;
        m_isSearchDescending = true;
        if (isOn)
            m_texts->focusText();
        refresh();
    });
    connect(m_texts, &TextQuery::textsChanged, this, [this] {
        m_searchSort = core::FeatureSort::Match;
        m_isSearchDescending = true;
        refresh();
    });
    connect(m_texts, &TextQuery::entered, this, [this] {
        m_goesToTable = true;
        if (!m_session->isBusy(kTag<core::FeaturesOnTextRequest>) && m_model->rowCount() > 0)
            m_table->setFocus();
    });
    connect(m_texts, &TextQuery::found, this, &FeaturesPage::showFound);
    return m_onText;
}

QToolButton* FeaturesPage::makeMapSwitch()
{
    m_showMap = new QToolButton(this);
    m_showMap->setObjectName(QStringLiteral("showMap"));
    m_showMap->setText(tr("&Map"));
    m_showMap->setCheckable(true);
    m_showMap->setToolTip(tr("All features as points: those that write alike stand together"));
    connect(m_showMap, &QToolButton::toggled, this, [this](bool isOn) {
        updateEmptyState();
        m_map->setShown(isOn);
    });
    connect(m_map, &FeatureMapPanel::areaChosen, this, &FeaturesPage::showArea);
    connect(m_map, &FeatureMapPanel::cardRequested, this, &FeaturesPage::cardRequested);
    connect(m_map, &FeatureMapPanel::harvestRequested, this, &FeaturesPage::harvestRequested);
    return m_showMap;
}

bool FeaturesPage::isOnText() const
{
    return m_onText->isChecked() && m_texts->hasText();
}

bool FeaturesPage::isSearching() const
{
    return isOnText() || !m_search->text().trimmed().isEmpty();
}

void FeaturesPage::showFound(const Shared<core::FeatureList>& list)
{
    if (!isOnText())
        return;
    showList(list);
    const auto shown = static_cast<std::int64_t>(list->features.size());
    m_count->setText(
        (shown < TextQuery::kMost ? tr("%1 features fire").arg(formatCount(shown))
                                  : tr("The %1 features that fire most").arg(formatCount(shown)))
        + hiddenText(*list));
}

void FeaturesPage::showArea(const std::vector<core::FeatureRef>& features)
{
    auto list = std::make_shared<core::FeatureList>();
    list->query = query();
    list->query.text.clear();
    list->features = features;
    list->total = static_cast<std::int64_t>(features.size());
    m_showMap->setChecked(false);
    showList(list);
    m_count->setText(tr("%1 features of the map's area; sorting or filtering leaves it")
                         .arg(formatCount(list->total)));
}

} // namespace ui
