#include "ui/features/feature_map_panel.h"
#include "ui/features/feature_map_view.h"

#include "core/api/feature_rows.h"
#include "core/api/map_features.h"
#include "tests/ui/support/sample_features.h"
#include "tests/ui/support/ui_test.h"

#include <cmath>

#include <QComboBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QWheelEvent>

namespace {

ui::MapPoints samplePoints()
{
    return ui::MapPoints(tests::sampleMap({}));
}

TEST(MapPoints, KnowTheirFeaturesByPlaceAndTheirPlacesByFeature)
{
    ui::MapPoints points = samplePoints();
    ASSERT_EQ(points.size(), 2000u);
    EXPECT_EQ(points.layers(), (std::vector<int>{0, 1, 2, 3}));
    const core::FeatureRef feature{"saes/layer_2", core::FeatureId(246)};
    const std::int64_t at = points.indexOf(feature);
    ASSERT_EQ(at, 2 * 500 + 123);
    EXPECT_EQ(points.featureAt(static_cast<std::size_t>(at)), feature);
    EXPECT_EQ(points.indexOf({"saes/layer_2", core::FeatureId(247)}), -1); // dead
    EXPECT_EQ(points.indexOf({"other", core::FeatureId(2)}), -1);
    const QPointF place = points.placeOf(static_cast<std::size_t>(at));
    EXPECT_EQ(points.nearest(place + QPointF(1e-4, 1e-4), 0.01), at);
    EXPECT_EQ(points.nearest(QPointF(100, 100), 1.0), -1);
    EXPECT_DOUBLE_EQ(points.shareOf(0, ui::MapColor::Layer), 0.0);
    EXPECT_DOUBLE_EQ(points.shareOf(1999, ui::MapColor::Layer), 1.0);
    // 0.05 of 1e-5 to 0.1 on a logarithmic scale.
    EXPECT_NEAR(points.shareOf(0, ui::MapColor::Density), (std::log10(0.05) + 5) / 4, 0.01);
    points.setHits({feature, {"saes/layer_2", core::FeatureId(247)}});
    EXPECT_EQ(points.hits(), std::vector<std::size_t>{static_cast<std::size_t>(at)});
    std::int64_t inside = 0;
    const QRectF area(0, 0, 10, 10);
    for (std::size_t i = 0; i < points.size(); ++i)
        inside += area.contains(points.placeOf(i));
    EXPECT_EQ(std::ssize(points.inside(area)), inside);
    EXPECT_EQ(points.countIn(area), inside);
}

TEST(MapPoints, AMillionAreDrawnAsADensityInWhichEveryCellWithAPointIsSeen)
{
    core::FeatureMap map;
    core::MappedDictionary one{"big", core::Layer(1), {}, {}, {}, {}};
    constexpr int kCount = 1'000'000;
    for (int i = 0; i < kCount; ++i) {
        one.features.push_back(i);
        one.x.push_back(static_cast<float>(std::sin(i * 1.7) * (i % 1000) / 1000.0));
        one.y.push_back(static_cast<float>(std::cos(i * 2.3) * (i % 777) / 777.0));
        one.density.push_back(0.001f);
    }
    map.dictionaries.push_back(one);
    const ui::MapPoints points(map);
    const QRectF area = points.bounds();
    const QImage picture
        = points.density(area, QSize(800, 600), 2, ui::MapColor::Density, QPalette());
    ASSERT_EQ(picture.size(), QSize(400, 300));
    std::vector<char> has(400 * 300, 0);
    for (std::size_t i = 0; i < points.size(); ++i) {
        const double x = (points.placeOf(i).x() - area.left()) / area.width() * 400;
        const double y = (points.placeOf(i).y() - area.top()) / area.height() * 300;
        if (std::abs(x - std::round(x)) < 1e-2 || std::abs(y - std::round(y)) < 1e-2)
            continue; // on an edge: either side is right
        has[static_cast<std::size_t>(y) * 400 + static_cast<std::size_t>(x)] = 1;
    }
    int seen = 0;
    for (int y = 0; y < 300; ++y)
        for (int x = 0; x < 400; ++x)
            if (has[static_cast<std::size_t>(y * 400 + x)]) {
                ++seen;
                ASSERT_GT(qAlpha(picture.pixel(x, y)), 100) << x << ", " << y;
            }
    EXPECT_GT(seen, 10'000);
}

class MapView : public tests::UiTest {
protected:
    MapView()
    {
        view.resize(600, 400);
        view.setPoints(samplePoints());
        view.show();
    }
    ui::FeatureMapView view;
};

TEST_F(MapView, ZoomsAroundTheMouseAndShowsAllAgain)
{
    const QRectF all = view.area();
    EXPECT_TRUE(all.contains(view.points().bounds()));
    const QPointF at(150, 100);
    const auto units = [&](const QPointF& place) {
        return QPointF(view.area().left() + place.x() / view.width() * view.area().width(),
            view.area().top() + place.y() / view.height() * view.area().height());
    };
    const QPointF before = units(at);
    QWheelEvent wheel(at, view.mapToGlobal(at), QPoint(), QPoint(0, 240), Qt::NoButton,
        Qt::NoModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&view, &wheel);
    EXPECT_NEAR(view.area().width(), all.width() / (1.25 * 1.25), 1e-9);
    EXPECT_NEAR(units(at).x(), before.x(), 1e-9);
    EXPECT_NEAR(units(at).y(), before.y(), 1e-9);
    view.setFocus();
    const double left = view.area().left();
    QTest::keyClick(&view, Qt::Key_Right);
    EXPECT_GT(view.area().left(), left);
    QTest::keyClick(&view, Qt::Key_0);
    EXPECT_EQ(view.area(), all);
    for (int i = 0; i < 200; ++i)
        QTest::keyClick(&view, Qt::Key_Plus);
    EXPECT_GT(view.area().width(), 0); // there is an end to it
}

TEST_F(MapView, AClickTakesTheFeatureUnderTheMouseAndADragPans)
{
    QSignalSpy chosen(&view, &ui::FeatureMapView::featureChosen);
    const core::FeatureRef feature{"saes/layer_3", core::FeatureId(500)};
    const QPoint at
        = view.placeOf(static_cast<std::size_t>(view.points().indexOf(feature))).toPoint();
    QTest::mouseMove(&view, at);
    QTest::mouseClick(&view, Qt::LeftButton, {}, at);
    ASSERT_EQ(chosen.count(), 1);
    const auto taken = chosen[0][0].value<core::FeatureRef>();
    const QPointF place = view.placeOf(static_cast<std::size_t>(view.points().indexOf(taken)));
    EXPECT_LE(std::hypot(place.x() - at.x(), place.y() - at.y()), 2.0);

    const QRectF area = view.area();
    QTest::mousePress(&view, Qt::LeftButton, {}, QPoint(300, 200));
    QTest::mouseMove(&view, QPoint(330, 200));
    QTest::mouseMove(&view, QPoint(360, 200));
    QTest::mouseRelease(&view, Qt::LeftButton, {}, QPoint(360, 200));
    EXPECT_LT(view.area().left(), area.left());
    EXPECT_EQ(chosen.count(), 1);
}

TEST_F(MapView, ByKeyboardTheFeatureNearestToTheMiddleIsToldAndTaken)
{
    QSignalSpy chosen(&view, &ui::FeatureMapView::featureChosen);
    view.setFocus(Qt::TabFocusReason);
    QTest::keyClick(&view, Qt::Key_Right);
    ASSERT_GE(view.current(), 0);
    EXPECT_EQ(view.current(), view.points().nearest(view.area().center(), 1e9));
    const auto current = view.points().featureAt(static_cast<std::size_t>(view.current()));
    QTest::keyClick(&view, Qt::Key_Return);
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(chosen[0][0].value<core::FeatureRef>(), current);
    view.setText(current, QStringLiteral("about bridges"));
    EXPECT_TRUE(view.accessibleDescription().contains(QStringLiteral("about bridges")));
    EXPECT_TRUE(view.accessibleDescription().contains(QStringLiteral("2,000")));
}

TEST_F(MapView, ShiftAndDragChooseAnArea)
{
    QSignalSpy areas(&view, &ui::FeatureMapView::areaChosen);
    QTest::mousePress(&view, Qt::LeftButton, Qt::ShiftModifier, QPoint(20, 20));
    QTest::mouseMove(&view, QPoint(200, 200));
    QTest::mouseRelease(&view, Qt::LeftButton, Qt::ShiftModifier, QPoint(300, 200));
    ASSERT_EQ(areas.count(), 1);
    const QRectF area = areas[0][0].toRectF();
    EXPECT_NEAR(area.center().x() - area.width() / 2,
        view.area().left() + 20.0 / 600 * view.area().width(), 1e-6);
    EXPECT_FALSE(view.points().inside(area).empty());
}

class MapPanel : public tests::UiTest {
protected:
    void SetUp() override
    {
        openSample();
        panel.resize(800, 500);
        panel.show();
    }
    ui::FeatureMapPanel panel{&session, &selection};
};

TEST_F(MapPanel, AsksOnlyWhenItIsShownAndFollowsTheSelection)
{
    EXPECT_TRUE(calls<core::FeatureMapRequest>().empty());
    panel.setShown(true);
    auto* view = panel.findChild<ui::FeatureMapView*>();
    ASSERT_TRUE(await([&] { return view->points().size() == 2000; }));
    EXPECT_TRUE(view->isVisible());
    EXPECT_TRUE(find<QLabel>(panel, "mapNote")->text().contains(QStringLiteral("Circles.")));
    panel.setDictionaries({"saes/layer_1"});
    ASSERT_TRUE(await([&] { return view->points().size() == 500; }));
    find<QComboBox>(panel, "mapColor")->setCurrentIndex(1);
    EXPECT_EQ(view->color(), ui::MapColor::Density);
    // What is under the mouse is told by name.
    Q_EMIT view->featureChosen({"saes/layer_1", core::FeatureId(6)});
    EXPECT_EQ(selection.feature()->feature.value, 6);
}

TEST_F(MapPanel, WithoutAMapHasAButtonThatMakesItOrLeadsToTheHarvest)
{
    bool isMade = false;
    engine->script<core::FeatureMapRequest>().answer = [&](const core::FeatureMapRequest& request) {
        return isMade ? tests::sampleMap(request) : core::FeatureMap();
    };
    panel.setShown(true);
    auto* make = find<QPushButton>(panel, "makeMap");
    ASSERT_TRUE(await([&] { return make->isVisible() && !session.isBusy(); }));
    EXPECT_TRUE(make->text().contains(QStringLiteral("Make")));
    isMade = true;
    make->click();
    auto* view = panel.findChild<ui::FeatureMapView*>();
    ASSERT_TRUE(await([&] { return view->points().size() == 2000; }));
    EXPECT_EQ(calls<core::MapFeaturesRequest>().size(), 1u);
}

} // namespace
