#include "tests/ui/support/small_graph.h"
#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/circuit/canvas/graph_export.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <csignal>

#include <sys/resource.h>

#include <QDir>
#include <QFile>
#include <QImage>
#include <QImageReader>
#include <QTemporaryDir>
#include <QXmlStreamReader>

#include <gtest/gtest.h>

namespace {

class CircuitExportTest : public ::testing::Test {
protected:
    core::Result<void> write(const QString& name,
        const std::shared_ptr<core::AttributionGraph>& graph, double scale = 2.0,
        bool showsErrors = true)
    {
        return ui::exportGraph(graph, path(name),
            {.scale = scale, .showsErrors = showsErrors, .palette = ui::lightPalette()});
    }
    QString path(const QString& name) const { return folder.filePath(name); }
    QByteArray bytes(const QString& name) const
    {
        QFile file(path(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    QTemporaryDir folder;
};

/// Everything that stands in <text> elements, one line each.
QStringList textsOf(const QByteArray& svg)
{
    QStringList texts;
    QXmlStreamReader reader(svg);
    while (!reader.atEnd())
        if (reader.readNext() == QXmlStreamReader::StartElement
            && reader.name() == QLatin1String("text"))
            texts << reader.readElementText(QXmlStreamReader::IncludeChildElements).trimmed();
    EXPECT_FALSE(reader.hasError()) << qPrintable(reader.errorString());
    return texts;
}

TEST_F(CircuitExportTest, SvgHoldsPromptNamesScoresAndWhatIsHiddenAsText)
{
    ASSERT_TRUE(write(QStringLiteral("graph.svg"), tests::smallGraph()));
    const QString all = textsOf(bytes(QStringLiteral("graph.svg"))).join(QLatin1Char('\n'));
    for (const char* text : {"capital of Dallas", "city-model", "Texas", "say a capital", "L1 / 15",
             "·Dallas", "Layer 1", "Logits", "0.625", "0.875", "25.0 %", "11 of 1,204 nodes",
             "11 of 41,318 edges", "transcoders/layer_0", "lowers its target (dashed)"})
        EXPECT_TRUE(all.contains(QString::fromUtf8(text))) << text << "\n" << qPrintable(all);
}

TEST_F(CircuitExportTest, LeavingErrorsOutIsSaidInThePicture)
{
    ASSERT_TRUE(write(QStringLiteral("graph.svg"), tests::smallGraph(), 1.0, false));
    const QString all = textsOf(bytes(QStringLiteral("graph.svg"))).join(QLatin1Char('\n'));
    EXPECT_TRUE(all.contains(QStringLiteral("10 of 1,204 nodes and 10 of 41,318 edges")))
        << qPrintable(all);
    EXPECT_TRUE(all.contains(QStringLiteral("Error nodes are left out")));
}

TEST_F(CircuitExportTest, PngHasTheScaleAskedForAndIsNotEmpty)
{
    ASSERT_TRUE(write(QStringLiteral("one.png"), tests::smallGraph(), 1.0));
    ASSERT_TRUE(write(QStringLiteral("three.png"), tests::smallGraph(), 3.0));
    const QImage one(path(QStringLiteral("one.png"))), three(path(QStringLiteral("three.png")));
    ASSERT_FALSE(one.isNull());
    EXPECT_GE(one.width(), 900);
    EXPECT_NEAR(three.width(), 3 * one.width(), 3);
    EXPECT_NEAR(three.height(), 3 * one.height(), 3);
    qint64 inked = 0;
    for (int y = 0; y < one.height(); ++y)
        for (int x = 0; x < one.width(); ++x)
            inked += one.pixel(x, y) != one.pixel(0, 0) ? 1 : 0;
    EXPECT_GT(inked, 4000);
}

TEST_F(CircuitExportTest, PdfIsAVectorPageOfSomeSize)
{
    ASSERT_TRUE(write(QStringLiteral("graph.pdf"), tests::smallGraph()));
    const QByteArray pdf = bytes(QStringLiteral("graph.pdf"));
    EXPECT_TRUE(pdf.startsWith("%PDF"));
    EXPECT_TRUE(pdf.contains("/Font")); // text, not a picture of text
    EXPECT_GT(pdf.size(), 8000);
    EXPECT_LT(pdf.size(), 400'000);
}

TEST_F(CircuitExportTest, ThePictureSaysHowItWasMadeAndExplainsEveryMark)
{
    auto graph = tests::smallGraph();
    graph->method = "direct effects through residual SAEs";
    graph->errorShareByLayer = {0.05f, 0.2f};
    graph->activeFeatures = 321;
    graph->tracedFeatures = 99;
    graph->nodes[6].isPinned = true;
    graph->nodes[4].side = core::GraphSide::First;
    graph->nodes[5].side = core::GraphSide::Second;
    graph->supernodes = {{"the city", {4, 5}}};
    ASSERT_TRUE(write(QStringLiteral("graph.svg"), graph));
    const QString all = textsOf(bytes(QStringLiteral("graph.svg"))).join(QLatin1Char('\n'));
    for (const char* text : {"direct effects through residual SAEs", "L0\u00a05.00\u00a0%",
             "L1\u00a020.0\u00a0%", "99 of 321 active features", "pinned", "the city",
             "supernode (several nodes as one)", "only in the first graph (left half)",
             "only in the second graph (right half)", "feature", "token embedding", "output logit",
             "reconstruction error", "Prompt: capital of Dallas"})
        EXPECT_TRUE(all.contains(QString::fromUtf8(text))) << text << "\n" << qPrintable(all);
    EXPECT_TRUE(all.contains(QStringLiteral("wider and fuller: more of the influence")));
    ASSERT_TRUE(ui::exportGraph(graph, path(QStringLiteral("two.svg")),
        {.isComparison = true, .palette = ui::lightPalette()}));
    const QString two = textsOf(bytes(QStringLiteral("two.svg"))).join(QLatin1Char('\n'));
    for (const char* text : {"in both graphs (whole)", "adds more to its target in the second",
             "wider and fuller: a larger difference", "minus that in the first"})
        EXPECT_TRUE(two.contains(QString::fromUtf8(text))) << text << "\n" << qPrintable(two);
    EXPECT_FALSE(two.contains(QStringLiteral("raises its target")));
    ASSERT_TRUE(write(QStringLiteral("plain.svg"), tests::smallGraph()));
    const QString plain = textsOf(bytes(QStringLiteral("plain.svg"))).join(QLatin1Char('\n'));
    EXPECT_FALSE(plain.contains(QStringLiteral("pinned"))); // marks that are not used
    EXPECT_FALSE(plain.contains(QStringLiteral("half")));
}

TEST_F(CircuitExportTest, APartShowsItsNodesOnlyAndSaysSo)
{
    const auto graph = tests::smallGraph();
    const ui::CircuitScene scene(graph);
    ui::GraphExportOptions options;
    options.palette = ui::lightPalette();
    options.what = ui::GraphExportOptions::What::Visible;
    options.visible = QRectF(scene.center(6) - QPointF(40, 40), QSizeF(80, 80));
    ASSERT_TRUE(ui::exportGraph(graph, path(QStringLiteral("part.svg")), options));
    const QByteArray svg = bytes(QStringLiteral("part.svg"));
    const QString all = textsOf(svg).join(QLatin1Char(' ')); // long sentences are broken
    EXPECT_TRUE(all.contains(QStringLiteral("Texas"))) << qPrintable(all);
    EXPECT_FALSE(all.contains(QStringLiteral("say a capital")));
    EXPECT_TRUE(all.contains(QStringLiteral("Part of an attribution graph")));
    EXPECT_TRUE(all.contains(QStringLiteral("Only a part of the graph is shown")));
    EXPECT_FALSE(svg.contains("<image")); // vectors only
    options.visible = QRectF(-900, -900, 10, 10);
    EXPECT_FALSE(ui::exportGraph(graph, path(QStringLiteral("none.svg")), options));
}

TEST_F(CircuitExportTest, TheSubgraphIsDrawnWhereItsBoxesWerePut)
{
    auto graph = tests::smallGraph();
    ui::GraphExportOptions options;
    options.palette = ui::lightPalette();
    options.what = ui::GraphExportOptions::What::Subgraph;
    const auto nothing = ui::exportGraph(graph, path(QStringLiteral("sub.svg")), options);
    ASSERT_FALSE(nothing);
    EXPECT_NE(nothing.error().message.find("Pin nodes"), std::string::npos);
    graph->nodes[6].isPinned = graph->nodes[9].isPinned = true;
    graph->supernodes = {{"the city", {4, 5}}};
    ASSERT_TRUE(ui::exportGraph(graph, path(QStringLiteral("sub.svg")), options));
    const QString all = textsOf(bytes(QStringLiteral("sub.svg"))).join(QLatin1Char(' '));
    for (const char* text : {"Subgraph of an attribution graph", "the city", "Texas", "+3.5",
             "The graph has 1,204 nodes", "4 of them stand in the 3 boxes.", "raises its target"})
        EXPECT_TRUE(all.contains(QString::fromUtf8(text))) << text << "\n" << qPrintable(all);
    EXPECT_FALSE(all.contains(QLatin1String("lowers its target"))); // no such arrow is drawn
    const auto heightOf = [this](const QString& name) {
        QXmlStreamReader reader(bytes(name));
        while (reader.readNextStartElement())
            if (reader.name() == QLatin1String("svg"))
                return reader.attributes().value(QLatin1String("viewBox")).toString();
        return QString();
    };
    options.positions = {{QStringLiteral("group/the city"), {2000, 3000}}};
    ASSERT_TRUE(ui::exportGraph(graph, path(QStringLiteral("moved.svg")), options));
    EXPECT_NE(heightOf(QStringLiteral("sub.svg")), heightOf(QStringLiteral("moved.svg")));
}

TEST_F(CircuitExportTest, AScaleThatCannotBeIsRefusedWithTheLargestThatCan)
{
    const auto result = write(QStringLiteral("huge.png"), tests::smallGraph(), 500.0);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("scale of at most"), std::string::npos)
        << result.error().message;
    EXPECT_FALSE(QFile::exists(path(QStringLiteral("huge.png"))));
}

TEST_F(CircuitExportTest, PicturesOfSeveralTilesAndBandsAreWhole)
{
    auto graph = tests::smallGraph();
    graph->nodes[2].isPinned = graph->nodes[6].isPinned = graph->nodes[9].isPinned = true;
    ui::GraphExportOptions options;
    options.palette = ui::lightPalette();
    options.what = ui::GraphExportOptions::What::Subgraph;
    options.positions = {
        {QStringLiteral("token/2"), {-9000, 1800}}, {QStringLiteral("logit/200/-1"), {9000, -300}}};
    options.scale = 1.0;
    ASSERT_TRUE(ui::exportGraph(graph, path(QStringLiteral("large.png")), options));
    options.scale = 0.1;
    ASSERT_TRUE(ui::exportGraph(graph, path(QStringLiteral("small.png")), options));
    QImageReader::setAllocationLimit(0);
    const QImage large(path(QStringLiteral("large.png"))), small(path(QStringLiteral("small.png")));
    ASSERT_GT(large.width(), 18000); // more than one tile
    ASSERT_GT(qint64{large.width()} * large.height(), 48'000'000); // and more than one band
    // The ink of every part is where it is in the picture made in one piece.
    const QImage shrunk
        = large.scaled(small.size(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    const auto inkOf = [](const QImage& image, const QRect& part) {
        double ink = 0;
        for (int y = part.top(); y <= part.bottom(); ++y)
            for (int x = part.left(); x <= part.right(); ++x)
                ink += 255 - qGray(image.pixel(x, y));
        return ink;
    };
    constexpr int kParts = 8;
    const QSize part(small.width() / kParts, small.height() / kParts);
    for (int row = 0; row < kParts; ++row)
        for (int column = 0; column < kParts; ++column) {
            const QRect place(QPoint(column * part.width(), row * part.height()), part);
            const double one = inkOf(small, place), many = inkOf(shrunk, place);
            EXPECT_NEAR(one, many, 0.4 * std::max(one, many) + 2000) << row << ", " << column;
        }
}

TEST_F(CircuitExportTest, AFullDiskIsAnErrorAndLeavesTheOldFile)
{
    ASSERT_TRUE(write(QStringLiteral("graph.svg"), tests::smallGraph()));
    const QByteArray before = bytes(QStringLiteral("graph.svg"));
    rlimit usual{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &usual), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = usual;
    small.rlim_cur = 1000; // bytes; writing more fails as on a full disk
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto result = write(QStringLiteral("graph.svg"), tests::largeGraph(100, 100));
    setrlimit(RLIMIT_FSIZE, &usual);
    std::signal(SIGXFSZ, handler);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, core::Error::Code::Io);
    EXPECT_EQ(bytes(QStringLiteral("graph.svg")), before);
}

TEST_F(CircuitExportTest, FailuresSayWhyAndLeaveNothing)
{
    const auto graph = tests::smallGraph();
    const auto messageOf = [](const core::Result<void>& result) {
        return result ? std::string() : result.error().message;
    };
    EXPECT_NE(
        messageOf(write(QStringLiteral("missing/graph.png"), graph)).find("missing/graph.png"),
        std::string::npos);
    EXPECT_NE(messageOf(write(QStringLiteral("graph.bmp"), graph)).find(".png, .svg or .pdf"),
        std::string::npos);
    EXPECT_NE(
        messageOf(write(QStringLiteral("graph.png"), nullptr)).find("no graph"), std::string::npos);
    ASSERT_TRUE(
        QDir(folder.path()).mkdir(QStringLiteral("folder.svg"))); // a folder stands in the way
    EXPECT_FALSE(write(QStringLiteral("folder.svg"), graph));
    EXPECT_EQ(QDir(folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot),
        QStringList{QStringLiteral("folder.svg")});
}

TEST_F(CircuitExportTest, AnOldFileSurvivesAFailedExport)
{
    QFile old(path(QStringLiteral("graph.bmp")));
    ASSERT_TRUE(old.open(QIODevice::WriteOnly));
    old.write("keep");
    old.close();
    EXPECT_FALSE(write(QStringLiteral("graph.bmp"), tests::smallGraph()));
    EXPECT_EQ(bytes(QStringLiteral("graph.bmp")), QByteArray("keep"));
}

} // namespace
