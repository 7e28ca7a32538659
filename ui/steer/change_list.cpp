#include "ui/steer/change_list.h"

#include "core/api/feature_rows.h"
#include "ui/shared/empty_state.h"
#include "ui/steer/intervention_row.h"
#include "ui/steer/position_choice.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

ChangeList::ChangeList(Session* session, Selection* selection, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_selection(selection)
    , m_addChosen(new QPushButton(tr("&Add the chosen feature"), this))
    , m_empty(new EmptyState(tr("No changes yet"),
          tr("Find a feature on the Features page and press Steer on its card."), this))
    , m_column(new QVBoxLayout(this))
{
    QPushButton* whatSteers = m_empty->addAction(tr("Wha&t steers? …"));
    whatSteers->setObjectName(QStringLiteral("whatSteersButton"));
    whatSteers->setToolTip(tr("Find features that make the model write about a concept"));
    connect(whatSteers, &QPushButton::clicked, this, &ChangeList::whatSteersWanted);
    auto* heading = new QLabel(tr("Changes"), this);
    makeHeading(heading, 2);
    m_addChosen->setToolTip(tr("Adds the feature of the card as a clamp at its own maximum"));
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->addWidget(heading);
    m_column->addWidget(m_addChosen);
    m_column->addWidget(m_empty);
    connect(m_addChosen, &QPushButton::clicked, this, [this] {
        if (m_selection->feature())
            addFeature(*m_selection->feature());
    });
    connect(m_session, &Session::stateChanged, this, [this] {
        m_known.clear();
        askRows();
        showNames();
    });
    connect(m_session, &Session::featureChanged, this, [this](const core::FeatureRow& row) {
        m_known[row.feature] = row;
        showNames();
    });
    connect(m_selection, &Selection::featureChanged, this, [this] {
        updateButtons();
        askRows();
        showNames();
    });
    rebuild();
    updateButtons();
}

void ChangeList::setList(const std::vector<core::Intervention>& list)
{
    const auto sameFeature = [](const core::Intervention& a, const core::Intervention& b) {
        return a.feature == b.feature;
    };
    const bool isSameList
        = std::equal(list.begin(), list.end(), m_list.begin(), m_list.end(), sameFeature);
    m_list = list;
    if (!isSameList)
        return rebuild();
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        m_rows[i]->setIntervention(m_list[i]);
    askRows();
    showNames();
}

void ChangeList::addFeature(const core::FeatureRef& feature)
{
    const auto isSame = [&](const core::Intervention& one) { return one.feature == feature; };
    if (std::any_of(m_list.begin(), m_list.end(), isSame))
        return;
    core::Intervention clamp;
    clamp.feature = feature;
    clamp.isMultipleOfMax = hasMaximum(feature);
    clamp.value = 1.0;
    auto after = m_list;
    after.push_back(clamp);
    Q_EMIT edited(tr("add %1").arg(featureName(feature)), after, -1);
}

bool ChangeList::showsPromptTokens() const
{
    return std::any_of(m_rows.begin(), m_rows.end(),
        [](const InterventionRow* row) { return row->positions()->showsPromptTokens(); });
}

void ChangeList::setPromptTokens(const std::vector<StripToken>& tokens)
{
    m_promptTokens = tokens;
    for (InterventionRow* row : m_rows)
        row->positions()->setPromptTokens(tokens);
}

void ChangeList::rebuild()
{
    for (InterventionRow* row : m_rows) {
        // Its number is another row's now, and a double click would still meet it.
        row->disconnect(this);
        row->hide();
        row->deleteLater();
    }
    m_rows.clear();
    for (std::size_t i = 0; i < m_list.size(); ++i) {
        auto* row = new InterventionRow(m_list[i], this);
        const int index = static_cast<int>(i);
        m_column->insertWidget(m_column->indexOf(m_empty), row);
        m_rows.push_back(row);
        row->positions()->setPromptTokens(m_promptTokens);
        connect(row, &InterventionRow::changed, this,
            [this, index](const core::Intervention& intervention, bool isDragged) {
                auto after = m_list;
                after[static_cast<std::size_t>(index)] = intervention;
                Q_EMIT edited(tr("change of %1").arg(featureName(intervention.feature)), after,
                    isDragged ? index : -1);
            });
        connect(row, &InterventionRow::removed, this, [this, index] {
            auto after = m_list;
            after.erase(after.begin() + index);
            Q_EMIT edited(tr("remove a change"), after, -1);
        });
        connect(row, &InterventionRow::sweetSpotRequested, this, [this, index] {
            Q_EMIT sweetSpotRequested(m_list[static_cast<std::size_t>(index)].feature);
        });
        connect(row, &InterventionRow::featureClicked, this, [this, index] {
            m_selection->setFeature(m_list[static_cast<std::size_t>(index)].feature);
        });
    }
    m_empty->setVisible(m_rows.empty());
    askRows();
    showNames();
}

void ChangeList::askRows()
{
    std::vector<core::FeatureRef> unknown;
    const auto want = [&](const core::FeatureRef& feature) {
        if (!m_known.contains(feature)
            && std::find(unknown.begin(), unknown.end(), feature) == unknown.end())
            unknown.push_back(feature);
    };
    for (const core::Intervention& one : m_list) {
        want(one.feature);
        if (one.when)
            want(one.when->feature);
    }
    if (!m_list.empty() && m_selection->feature())
        want(*m_selection->feature());
    std::erase_if(unknown, [this](const core::FeatureRef& feature) {
        return m_session->dictionary(feature.dictionary) == nullptr;
    });
    if (unknown.empty())
        return;
    m_session->ask(this, kTag, core::FeatureRowsRequest{std::move(unknown)},
        [this](const Shared<std::vector<core::FeatureRow>>& rows) {
            for (const core::FeatureRow& row : *rows)
                m_known[row.feature] = row;
            showNames();
        });
}

QString ChangeList::nameOf(const core::FeatureRef& feature) const
{
    const core::DictionaryInfo* dictionary = m_session->dictionary(feature.dictionary);
    return featureName(feature, dictionary ? dictionary->layer : core::Layer());
}

bool ChangeList::hasMaximum(const core::FeatureRef& feature) const
{
    const core::DictionaryInfo* dictionary = m_session->dictionary(feature.dictionary);
    return dictionary && dictionary->isHarvested;
}

std::vector<ConditionLine::Choice> ChangeList::conditionChoices(
    const core::Intervention& change) const
{
    const auto titled = [this](const core::FeatureRef& feature) {
        const auto known = m_known.find(feature);
        const QString title = known == m_known.end() ? QString() : featureTitle(known->second);
        return title.isEmpty() ? nameOf(feature) : QStringLiteral("“%1”").arg(title);
    };
    std::vector<ConditionLine::Choice> choices{
        {change.feature, tr("it"), hasMaximum(change.feature)}};
    const auto add = [&](const core::FeatureRef& feature) {
        if (std::none_of(choices.begin(), choices.end(),
                [&](const auto& choice) { return choice.feature == feature; }))
            choices.push_back({feature, titled(feature), hasMaximum(feature)});
    };
    if (change.when)
        add(change.when->feature);
    if (m_selection->feature())
        add(*m_selection->feature());
    return choices;
}

void ChangeList::showNames()
{
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const core::FeatureRef& feature = m_list[i].feature;
        const auto known = m_known.find(feature);
        const QString name = nameOf(feature);
        const QString title = known == m_known.end() ? QString() : featureTitle(known->second);
        m_rows[i]->setTitle(
            title.isEmpty() ? name : title, tr("%1, %2").arg(name, toQString(feature.dictionary)));
        m_rows[i]->setMaximum(
            known == m_known.end() ? 0.0 : static_cast<double>(known->second.maxActivation));
        m_rows[i]->setConditionChoices(conditionChoices(m_list[i]));
    }
}

void ChangeList::updateButtons()
{
    m_addChosen->setEnabled(m_selection->feature().has_value());
}

} // namespace ui
