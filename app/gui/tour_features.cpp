#include "tour.h"

#include "card_dock.h"

#include "ui/features/compare_features.h"
#include "ui/features/feature_map_view.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/features_page.h"
#include "ui/features/text_query.h"

#include <QLabel>
#include <QPushButton>
#include <QToolButton>

// The Features page beyond the list of a search: what fires on a text, the map, two side by side.
namespace app {

bool Tour::featuresOnText()
{
    m_window.showPage(MainWindow::Page::Features);
    ui::FeaturesPage* page = m_window.featuresPage();
    if (m_window.cardDock()->isDrawer())
        m_window.cardDock()->hide();
    auto* onText = page->findChild<QToolButton*>(QStringLiteral("onText"));
    onText->setChecked(true);
    page->findChild<ui::TextQuery*>()->setTexts(
        QStringLiteral("The Golden Gate Bridge stands in the fog."),
        QStringLiteral("The capital of Texas is Austin."));
    const auto isFound = [&] {
        const auto& list = page->model()->list();
        return list->query.text.starts_with("The Golden") && page->model()->rowAt(0)
            && !m_window.session()->isBusy();
    };
    const bool isDone = await(QStringLiteral("Features: what fires on a text"), isFound)
        && (page->model()->rowCount() > 0
            || fail(QStringLiteral("Features: nothing fires more on the first text")))
        && takePictures(QStringLiteral("features-text"));
    onText->setChecked(false);
    return isDone;
}

bool Tour::featureMap()
{
    ui::FeaturesPage* page = m_window.featuresPage();
    auto* showMap = page->findChild<QToolButton*>(QStringLiteral("showMap"));
    showMap->setChecked(true);
    auto* view = page->findChild<ui::FeatureMapView*>();
    const auto isQuiet = [&] { return !m_window.session()->isBusy(); };
    if (!await(QStringLiteral("Features: the map"), isQuiet))
        return false;
    // Of a workspace that was harvested without one.
    auto* make = page->findChild<QPushButton*>(QStringLiteral("makeMap"));
    if (make->isVisible())
        make->click();
    const bool isDone = await(QStringLiteral("Features: making the map"), [&] {
        return view->points().size() > 0 && isQuiet();
    }) && takePictures(QStringLiteral("features-map"));
    showMap->setChecked(false);
    return isDone;
}

bool Tour::comparedFeatures()
{
    const ui::FeaturesPage* page = m_window.featuresPage();
    if (page->model()->rowCount() < 2)
        return fail(QStringLiteral("Features: there are no two to compare"));
    ui::CompareFeatures dialog(m_window.session(), &m_settings, page->model()->featureAt(0),
        page->model()->featureAt(1), &m_window);
    dialog.show();
    const auto* likeness = dialog.findChild<QLabel*>(QStringLiteral("likeness"));
    return await(QStringLiteral("Features: comparing two"), [&] {
        return likeness->text().count(QLatin1Char('\n')) == 2 && !m_window.session()->isBusy();
    }) && takePictures(QStringLiteral("features-compare"), false, &dialog);
}

} // namespace app
