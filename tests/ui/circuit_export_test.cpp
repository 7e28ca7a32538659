#include "tests/ui/support/small_graph.h"
#include "ui/style/theme.h"
#include "ui/views/graph_export.h"

#include <QDir>
#include <QFile>
#include <QImage>
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
