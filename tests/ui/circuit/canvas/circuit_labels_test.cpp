// No edge is seen through a word: on a graph of circuit-tracer's, laid out and painted as the
// canvas paints it.
#include "ui/circuit/canvas/circuit_labels.h"

#include "app/gui/engine_loader.h"
#include "core/api/graph_files.h"
#include "core/api/make_engine.h"
#include "tests/support/fixtures.h"
#include "tests/ui/support/engine_options.h"
#include "ui/circuit/canvas/circuit_edges.h"
#include "ui/circuit/canvas/circuit_painter.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include <QGuiApplication>
#include <QImage>
#include <QTemporaryDir>
#include <QTest>

#include <gtest/gtest.h>

namespace {

std::shared_ptr<const core::AttributionGraph> realGraph()
{
    const QTemporaryDir folder;
    const core::Engine::Options options = tests::engineOptions(folder.path().toStdString());
    app::EngineLoader loader(options);
    std::shared_ptr<core::Engine> engine;
    QObject::connect(&loader, &app::EngineLoader::loaded, &loader,
        [&engine](const std::shared_ptr<core::Engine>& loaded) { engine = loaded; });
    loader.start();
    if (!QTest::qWaitFor([&] { return engine != nullptr; }, 60'000))
        return nullptr;
    const auto file = tests::testFixture(
        "oracles/graphs/gemma2-clt-jumprelu/graph_json/gemma2-clt-jumprelu.json");
    const auto loaded = core::askAndWait(*engine, "load", core::LoadGraphRequest{file.string()});
    EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().message);
    return loaded ? *loaded : nullptr;
}

class CircuitLabelsTest : public ::testing::TestWithParam<bool> {
protected:
    void SetUp() override
    {
        static const auto graph = realGraph();
        ASSERT_NE(graph, nullptr);
        scene.emplace(graph);
        paint.palette = GetParam() ? ui::darkPalette() : ui::lightPalette();
        paint.font = QGuiApplication::font();
        paint.font.setPixelSize(12);
        labels = ui::placeCircuitLabels(*scene, paint);
        ASSERT_GT(labels.placed.size(), 5u);
    }
    template <typename Paint> QImage painted(const Paint& paintAll) const
    {
        QImage image(scene->bounds().size().toSize() + QSize(8, 8), QImage::Format_RGB32);
        image.fill(paint.palette.color(QPalette::Base));
        QPainter painter(&image);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.translate(-scene->bounds().topLeft());
        paintAll(painter);
        return image;
    }
    /// Pixels inside a label that differ; its border may be shared with what lies beside it.
    int differing(const QImage& one, const QImage& other, const ui::CircuitLabel& label) const
    {
        const QRect place = label.place.translated(-scene->bounds().topLeft())
                                .adjusted(1, 1, -1, -1)
                                .toRect()
                                .intersected(one.rect());
        int count = 0;
        for (int y = place.top(); y <= place.bottom(); ++y)
            for (int x = place.left(); x <= place.right(); ++x)
                count += one.pixel(x, y) != other.pixel(x, y) ? 1 : 0;
        return count;
    }

    std::optional<ui::CircuitScene> scene;
    ui::CircuitPaint paint;
    ui::CircuitLabels labels;
};

TEST_P(CircuitLabelsTest, AnEdgeThatPassesALabelIsNotSeenInIt)
{
    const ui::EdgeChoice edges = ui::chooseEdges(*scene, paint);
    const auto ground = [&](QPainter& painter) { paintCircuitGround(painter, *scene, paint); };
    const QImage bare = painted(ground), lines = painted([&](QPainter&painter) {
        ground(painter);
        paintCircuitEdges(painter, *scene, paint, edges);
    });
    const auto withNodes = [&](const ui::EdgeChoice& drawn) {
        return painted([&](QPainter& painter) {
            ground(painter);
            paintCircuitEdges(painter, *scene, paint, drawn);
            paintCircuitNodes(painter, *scene, paint, labels);
        });
    };
    const QImage without = withNodes({}), with = withNodes(edges);
    int passed = 0;
    for (const ui::CircuitLabel& label : labels.placed) {
        passed += differing(bare, lines, label) > 0 ? 1 : 0;
        EXPECT_EQ(differing(without, with, label), 0)
            << label.lines.join(QLatin1Char(' ')).toStdString();
    }
    EXPECT_GT(passed, 3); // else the graph proves nothing
}

TEST_P(CircuitLabelsTest, NorAreTheThickEdgesOfTheChosenNode)
{
    const auto shown = [&](bool hasOverlay) {
        return painted([&](QPainter& painter) {
            paintCircuitGround(painter, *scene, paint);
            paintCircuitNodes(painter, *scene, paint, labels);
            if (hasOverlay)
                paintCircuitOverlay(painter, *scene, paint, labels);
        });
    };
    int passed = 0;
    for (int node = 0; node < scene->nodeCount(); ++node) {
        paint.selected = -1;
        const QImage before = shown(false);
        paint.selected = node;
        const QImage after = shown(true);
        const std::vector<int> ends = ui::strongNeighbours(*scene, paint, node);
        for (const ui::CircuitLabel& label : labels.placed) {
            // Heads of edges stand at their ends, over names too.
            const bool isEnd = std::find(ends.begin(), ends.end(), label.node) != ends.end();
            if (isEnd || !ui::strongEdgesCross(*scene, paint, node, label.place))
                continue;
            ++passed;
            EXPECT_EQ(differing(before, after, label), 0)
                << node << ": " << label.lines.join(QLatin1Char(' ')).toStdString();
        }
    }
    EXPECT_GT(passed, 3);
}

INSTANTIATE_TEST_SUITE_P(Themes, CircuitLabelsTest, ::testing::Bool(),
    [](const auto& info) { return info.param ? "Dark" : "Light"; });

} // namespace
