#include "ui/features/feature_map_panel.h"

#include "core/api/feature_rows.h"
#include "core/api/map_features.h"
#include "ui/features/feature_map_view.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/job_progress.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr QLatin1String kHoverTag("map-hover"); ///< Only the newest feature under the mouse counts.
}

FeatureMapPanel::FeatureMapPanel(Session* session, Selection* selection, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_selection(selection)
    , m_stack(new QStackedWidget(this))
    , m_empty(new EmptyState(tr("No map yet"), {}, this))
    , m_progress(new JobProgress(tr("Progress of the map"), this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_make = m_empty->addAction(tr("&Make the map"));
    m_make->setObjectName(QStringLiteral("makeMap"));
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeContent());
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_progress);
    m_progress->follow(session, kTag<core::MapFeaturesRequest>);
    m_progress->setVisible(false);
    connect(m_make, &QPushButton::clicked, this, &FeatureMapPanel::makeMap);
    const auto changed = [this] {
        m_isStale = true;
        refresh();
    };
    connect(session, &Session::stateChanged, this, changed);
    connect(session, &Session::harvested, this, changed);
    connect(selection, &Selection::featureChanged, this,
        [this] { m_view->setChosen(m_selection->feature()); });
}

QWidget* FeatureMapPanel::makeContent()
{
    auto* content = new QWidget(this);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    auto* top = new QHBoxLayout;
    m_color = new QComboBox(content);
    m_color->setObjectName(QStringLiteral("mapColor"));
    m_color->setAccessibleName(tr("What the map is coloured by"));
    m_color->addItem(tr("Layer"), static_cast<int>(MapColor::Layer));
    m_color->addItem(tr("Density"), static_cast<int>(MapColor::Density));
    m_color->addItem(tr("Hits of the list"), static_cast<int>(MapColor::Hits));
    auto* all = new QToolButton(content);
    all->setObjectName(QStringLiteral("mapShowAll"));
    all->setText(tr("Show all"));
    all->setToolTip(tr("Zoom out to the whole map (0)"));
    auto* how = new QLabel(
        tr("Wheel zooms, dragging pans, a click opens a feature, Shift+drag lists an area"),
        content);
    how->setWordWrap(true);
    makeSubtle(how);
    top->addWidget(new QLabel(tr("Colour"), content));
    top->addWidget(m_color);
    top->addWidget(all);
    top->addWidget(how, 1);
    layout->addLayout(top);
    m_view = new FeatureMapView(content);
    layout->addWidget(m_view, 1);
    m_note = new QLabel(content);
    m_note->setObjectName(QStringLiteral("mapNote"));
    m_note->setWordWrap(true);
    makeSubtle(m_note);
    layout->addWidget(m_note);
    connect(m_color, &QComboBox::currentIndexChanged, this,
        [this] { m_view->setColor(static_cast<MapColor>(m_color->currentData().toInt())); });
    connect(all, &QToolButton::clicked, m_view, &FeatureMapView::showAll);
    connect(m_view, &FeatureMapView::currentChanged, this, &FeatureMapPanel::tellCurrent);
    connect(m_view, &FeatureMapView::featureChosen, this, [this](const core::FeatureRef& feature) {
        m_selection->setFeature(feature);
        Q_EMIT cardRequested();
    });
    connect(m_view, &FeatureMapView::areaChosen, this, [this](const QRectF& area) {
        const std::vector<core::FeatureRef> features = m_view->points().inside(area);
        if (!features.empty())
            Q_EMIT areaChosen(features);
    });
    return content;
}

void FeatureMapPanel::setShown(bool isShown)
{
    m_isShown = isShown;
    refresh();
}

void FeatureMapPanel::setDictionaries(const std::vector<std::string>& names)
{
    if (names == m_dictionaries)
        return;
    m_dictionaries = names;
    m_isStale = true;
    refresh();
}

void FeatureMapPanel::setHits(const std::vector<core::FeatureRef>& hits)
{
    m_hits = hits;
    m_view->setHits(hits);
}

void FeatureMapPanel::refresh()
{
    if (!m_isShown || !m_isStale)
        return;
    if (m_session->state().dictionaries.empty())
        return showEmpty();
    m_session->ask(
        this, core::FeatureMapRequest{m_dictionaries},
        [this](const Shared<core::FeatureMap>& map) { showMap(map); },
        [this](const core::Error& error) {
            if (error.code == core::Error::Code::Cancelled)
                return;
            showEmpty();
            m_empty->setHint(toQString(error.message));
        });
}

void FeatureMapPanel::showMap(const Shared<core::FeatureMap>& map)
{
    m_isStale = false;
    if (map->isEmpty())
        return showEmpty();
    m_view->setPoints(MapPoints(*map));
    m_view->setHits(m_hits);
    m_view->setChosen(m_selection->feature());
    QString note = tr("%1 features that fire; places mean only who is near whom. %2")
                       .arg(formatCount(static_cast<std::int64_t>(m_view->points().size())),
                           toQString(map->method));
    if (!map->missing.empty()) {
        QStringList names;
        for (const std::string& name : map->missing)
            names << toQString(name);
        note += tr(" Not on it: %1 (harvest again).").arg(names.join(QStringLiteral(", ")));
    }
    m_note->setText(note);
    m_stack->setCurrentIndex(1);
}

void FeatureMapPanel::showEmpty()
{
    const auto& dictionaries = m_session->state().dictionaries;
    const bool isHarvested = std::any_of(dictionaries.begin(), dictionaries.end(),
        [](const core::DictionaryInfo& one) { return one.isHarvested; });
    m_make->setVisible(!dictionaries.empty());
    m_make->setText(isHarvested ? tr("&Make the map") : tr("&Harvest …"));
    m_empty->setHint(dictionaries.empty()
            ? tr("Open a model and its dictionaries first (Models page).")
            : isHarvested
            ? tr("A map shows all features as points: those that write alike stand "
                 "together. This workspace was harvested without one; making it takes "
                 "seconds to a minute.")
            : tr("Harvest to see the map: it shows the features that fire, those that "
                 "write alike together."));
    m_stack->setCurrentIndex(0);
}

void FeatureMapPanel::makeMap()
{
    const auto& dictionaries = m_session->state().dictionaries;
    if (std::none_of(dictionaries.begin(), dictionaries.end(),
            [](const core::DictionaryInfo& one) { return one.isHarvested; }))
        return Q_EMIT harvestRequested();
    m_make->setEnabled(false);
    m_progress->setVisible(true);
    const auto done = [this] {
        m_make->setEnabled(true);
        m_progress->setVisible(false);
    };
    m_session->ask(
        this, core::MapFeaturesRequest{},
        [this, done](const Shared<core::MapFeaturesSummary>&) {
            done();
            m_isStale = true;
            refresh();
        },
        [this, done](const core::Error& error) {
            done();
            if (error.code != core::Error::Code::Cancelled)
                m_empty->setHint(toQString(error.message));
        });
}

void FeatureMapPanel::tellCurrent()
{
    if (m_view->current() < 0)
        return;
    const core::FeatureRef feature
        = m_view->points().featureAt(static_cast<std::size_t>(m_view->current()));
    m_session->ask(
        this, kHoverTag, core::FeatureRowsRequest{{feature}},
        [this, feature](const Shared<std::vector<core::FeatureRow>>& rows) {
            if (rows->empty())
                return;
            const core::FeatureRow& row = rows->front();
            m_view->setText(feature,
                QStringLiteral("%1 · %2 · %3")
                    .arg(featureInDictionary(
                             row.feature, row.layer, m_session->state().dictionaries),
                        featureTitle(row), formatPercent(row.density)));
        },
        [](const core::Error&) {}); // the point is marked, only its name is missing
}

} // namespace ui
