// What a frame of the circuit canvas costs, and how long a graph of 5,000 nodes and a million edges
// takes to be shown and exported. Software rendering at 1200 x 800, as the offscreen platform does.
#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/circuit/canvas/graph_export.h"
#include "ui/circuit/scatter_plot.h"
#include "ui/style/theme.h"

#include <cmath>
#include <memory>
#include <random>
#include <string>

#include <QApplication>
#include <QImage>
#include <QMouseEvent>
#include <QTemporaryDir>

#include <benchmark/benchmark.h>

namespace {

constexpr int kNodes = 5000;
constexpr int kEdges = 1'000'000;

/// Features over 26 layers and 16 tokens, edges from lower to higher layers with weights that fall
/// off as they do in real graphs.
std::shared_ptr<const core::AttributionGraph> manyNodes()
{
    static const std::shared_ptr<const core::AttributionGraph> kGraph = [] {
        auto graph = std::make_shared<core::AttributionGraph>();
        constexpr int kLayers = 26, kTokens = 16;
        std::mt19937 random(7);
        graph->nLayers = kLayers;
        graph->prompt = "a prompt of sixteen tokens";
        for (int t = 0; t < kTokens; ++t)
            graph->promptTokens.push_back(" word" + std::to_string(t));
        const auto pick
            = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
        for (int i = 0; i < kNodes; ++i) {
            core::GraphNode node;
            node.layer = core::Layer(i * kLayers / kNodes);
            node.position = core::Position(pick(kTokens));
            node.feature = core::FeatureId(pick(16384));
            node.kind = i % 12 == 0 ? core::NodeKind::Error : core::NodeKind::Feature;
            if (i >= kNodes - 10) {
                node.kind = core::NodeKind::Logit;
                node.position = core::Position(kTokens - 1);
                node.probability = 0.1f;
            }
            node.label = "a concept of some length " + std::to_string(i);
            node.influence = static_cast<float>(pick(1000)) / 1000.0f;
            node.rawInfluence = 1.0f - node.influence;
            node.x = static_cast<float>(node.position.value);
            node.y = static_cast<float>(node.layer.value + 1);
            graph->nodes.push_back(node);
        }
        for (int e = 0; e < kEdges; ++e) {
            int a = pick(kNodes), b = pick(kNodes);
            if (a > b)
                std::swap(a, b);
            const float weight = 30.0f / std::sqrt(static_cast<float>(e + 1));
            graph->edges.push_back({a, b, e % 3 ? weight : -weight});
        }
        return graph;
    }();
    return kGraph;
}

struct Window {
    Window()
    {
        canvas.resize(1200, 800);
        canvas.setGraph(manyNodes());
        frame();
    }
    void frame() { canvas.render(&screen); }
    void mouse(QEvent::Type type, QPointF at, Qt::MouseButtons buttons)
    {
        QMouseEvent event(type, at, canvas.mapToGlobal(at),
            type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton, buttons, Qt::NoModifier);
        QCoreApplication::sendEvent(&canvas, &event);
    }
    /// Until single nodes and their names are drawn.
    void zoomIn()
    {
        canvas.selectNode(kNodes / 2);
        for (int i = 0; i < 8; ++i) {
            QKeyEvent key(QEvent::KeyPress, Qt::Key_Plus, Qt::NoModifier);
            QCoreApplication::sendEvent(&canvas, &key);
        }
        canvas.selectNode(-1);
        canvas.setErrorsShown(false);
        canvas.setErrorsShown(true); // made anew at the next frame
        frame();
    }

    ui::CircuitCanvas canvas;
    QImage screen{1200, 800, QImage::Format_RGB32};
};

void BM_BuildScene(benchmark::State& state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(ui::CircuitScene(manyNodes()).strongestWeight());
}
BENCHMARK(BM_BuildScene)->Unit(benchmark::kMillisecond);

void BM_FrameWhilePanning(benchmark::State& state)
{
    Window window;
    if (state.range(0))
        window.zoomIn();
    window.mouse(QEvent::MouseButtonPress, {600, 400}, Qt::LeftButton);
    int step = 0;
    for (auto _ : state) {
        ++step;
        window.mouse(QEvent::MouseMove, {600.0 + 20 * (step % 20), 400}, Qt::LeftButton);
        window.frame();
    }
}
BENCHMARK(BM_FrameWhilePanning)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void BM_FrameWhileHovering(benchmark::State& state)
{
    Window window;
    if (state.range(0))
        window.zoomIn();
    window.canvas.selectNode(kNodes - 1);
    window.frame();
    int step = 0;
    for (auto _ : state) {
        step += 37;
        window.mouse(QEvent::MouseMove, {100.0 + step % 1000, 60.0 + step % 611}, Qt::NoButton);
        window.frame();
    }
}
BENCHMARK(BM_FrameWhileHovering)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void BM_LayerAnew(benchmark::State& state)
{
    Window window;
    if (state.range(0))
        window.zoomIn();
    bool isShown = true;
    for (auto _ : state) {
        isShown = !isShown;
        window.canvas.setErrorsShown(isShown);
        window.frame();
    }
}
BENCHMARK(BM_LayerAnew)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void BM_FindByLabel(benchmark::State& state)
{
    Window window;
    int step = 0;
    for (auto _ : state) {
        window.canvas.setFilter(QString::number(step++ % 100));
        window.frame();
    }
}
BENCHMARK(BM_FindByLabel)->Unit(benchmark::kMillisecond);

void BM_Export(benchmark::State& state, const char* ending, double scale)
{
    const QTemporaryDir folder;
    ui::GraphExportOptions options;
    options.palette = ui::lightPalette();
    options.scale = scale;
    for (auto _ : state)
        if (!ui::exportGraph(manyNodes(), folder.filePath(QLatin1String(ending)), options))
            state.SkipWithError("not written");
}
BENCHMARK_CAPTURE(BM_Export, png, "graph.png", 1.0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Export, png_usual_scale, "graph.png", 0.0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Export, svg, "graph.svg", 1.0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Export, pdf, "graph.pdf", 1.0)->Unit(benchmark::kMillisecond);

void BM_ScatterOfTenThousand(benchmark::State& state)
{
    std::mt19937 random(3);
    std::normal_distribution<double> normal;
    std::vector<ui::ScatterPoint> points;
    for (int i = 0; i < 10'000; ++i) {
        const double x = normal(random);
        points.push_back({x, x + 0.2 * normal(random), QString::number(i)});
    }
    ui::ScatterPlot plot;
    plot.resize(600, 500);
    QImage screen(600, 500, QImage::Format_RGB32);
    for (auto _ : state) {
        plot.setData(points, QStringLiteral("x"), QStringLiteral("y"), QString());
        plot.render(&screen);
    }
}
BENCHMARK(BM_ScatterOfTenThousand)->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    ui::applyTheme(application, ui::Theme::Light);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
