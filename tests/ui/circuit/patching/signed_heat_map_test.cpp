#include "ui/circuit/patching/signed_heat_map.h"
#include "ui/circuit/patching/signed_map_file.h"
#include "ui/style/color_scale.h"
#include "ui/style/theme.h"

#include <cmath>
#include <limits>

#include <QAction>
#include <QClipboard>
#include <QFile>
#include <QGuiApplication>
#include <QImage>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include <gtest/gtest.h>

namespace {

ui::SignedMap smallMap()
{
    ui::SignedMap map;
    map.title = QStringLiteral("resid_pre, exact");
    map.rowAxis = QStringLiteral("layer");
    map.columnAxis = QStringLiteral("position");
    map.unit = QStringLiteral("logits");
    map.note = QStringLiteral("clean into corrupt");
    map.rows = {QStringLiteral("1"), QStringLiteral("0")};
    map.columns = {{QStringLiteral("0"), QStringLiteral("The"), {}},
        {QStringLiteral("1"), QStringLiteral("·Dallas"), QStringLiteral("·Oakland")},
        {QStringLiteral("2"), QStringLiteral("·is, \"so\""), {}}};
    map.values = {0.0f, -2.0f, 4.0f, 0.5f, std::numeric_limits<float>::quiet_NaN(), 0.001f};
    return map;
}

TEST(SignedMapTest, SaysItsCellsWithSignAndUnit)
{
    const ui::SignedMap map = smallMap();
    EXPECT_EQ(map.fullScale(), 4.0);
    EXPECT_EQ(map.describe(0, 1),
        QStringLiteral("resid_pre, exact, layer 1, position 1 ·Dallas | ·Oakland: −2.00 logits"));
    EXPECT_EQ(map.describe(0, 2).section(QLatin1Char(':'), -1), QStringLiteral(" +4.00 logits"));
    EXPECT_TRUE(map.describe(1, 1).endsWith(QStringLiteral("no value")));
    EXPECT_TRUE(map.describe(2, 0).isEmpty());
    EXPECT_TRUE(std::isnan(map.at(0, 3)));
    EXPECT_EQ(ui::signedText(0.0), QStringLiteral("0"));
    EXPECT_EQ(ui::signedCellText(8.43, 12.0), QStringLiteral("+8.4"));
    EXPECT_EQ(ui::signedCellText(-0.04, 12.0), QStringLiteral("0"));
    EXPECT_EQ(ui::signedCellText(-0.126, 1.0), QStringLiteral("−0.13"));
    EXPECT_EQ(ui::signedCellText(250.0, 300.0), QStringLiteral("+250"));
    EXPECT_EQ(ui::signedCellText(-0.00012, 0.001), QStringLiteral("−0.00012"));
    EXPECT_EQ(ui::signedText(-0.25), QStringLiteral("−0.25"));
}

TEST(SignedMapTest, TablesHoldEveryNumber)
{
    const ui::SignedMap map = smallMap();
    EXPECT_EQ(map.toTable(),
        QStringLiteral("layer \\ position\t0 The\t1 ·Dallas | ·Oakland\t2 ·is, \"so\"\n"
                       "1\t0\t-2\t4\n0\t0.5\t\t0.001\n"));
    EXPECT_EQ(map.toCsv(),
        QStringLiteral("\"layer \\ position\",\"0 The\",\"1 ·Dallas | ·Oakland\",\"2 ·is, "
                       "\"\"so\"\"\"\r\n\"1\",0,-2,4\r\n\"0\",0.5,,0.001\r\n"));
}

TEST(SignedHeatMapTest, ClicksAndKeysChooseCellsAndEnterAsksForMore)
{
    ui::SignedHeatMap view;
    view.setMap(smallMap());
    view.resize(500, 200);
    view.show();
    QSignalSpy chosen(&view, &ui::SignedHeatMap::currentChanged);
    QSignalSpy activated(&view, &ui::SignedHeatMap::cellActivated);
    QTest::keyClick(&view, Qt::Key_Return);
    EXPECT_EQ(activated.count(), 0); // nothing is chosen yet
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, view.cellRect(0, 1).center());
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(chosen.at(0), (QList<QVariant>{0, 1}));
    EXPECT_TRUE(view.accessibleDescription().contains(QStringLiteral("−2.00")));
    QTest::keyClick(&view, Qt::Key_Down);
    QTest::keyClick(&view, Qt::Key_Down); // the last row: nothing changes
    QTest::keyClick(&view, Qt::Key_End);
    EXPECT_EQ(view.currentRow(), 1);
    EXPECT_EQ(view.currentColumn(), 2);
    EXPECT_EQ(chosen.count(), 3);
    QTest::keyClick(&view, Qt::Key_Return);
    ASSERT_EQ(activated.count(), 1);
    EXPECT_EQ(activated.at(0), (QList<QVariant>{1, 2}));
    ASSERT_EQ(view.actions().size(), 1);
    EXPECT_EQ(view.actions().front()->shortcut(), QKeySequence(QKeySequence::Copy));
    view.actions().front()->trigger();
    EXPECT_EQ(QGuiApplication::clipboard()->text(), smallMap().toTable());
    // The same cell stays chosen in another map of the same size, and goes with another size.
    view.setMap(smallMap());
    EXPECT_EQ(view.currentColumn(), 2);
    view.setMap({});
    EXPECT_EQ(view.currentColumn(), -1);
}

TEST(SignedHeatMapTest, SignsAreColouredApartInBothThemes)
{
    for (const QPalette& palette : {ui::lightPalette(), ui::darkPalette()}) {
        ui::SignedHeatMap view;
        view.setPalette(palette);
        view.setMap(smallMap());
        view.resize(500, 200);
        view.show();
        const QImage image = view.viewport()->grab().toImage();
        const auto colorOf = [&](int row, int column) { // beside the number in the middle
            return image.pixelColor(view.cellRect(row, column).topLeft() + QPoint(3, 3));
        };
        EXPECT_EQ(colorOf(0, 2), ui::divergingColor(1.0, palette));
        EXPECT_EQ(colorOf(0, 1), ui::divergingColor(-0.5, palette));
        EXPECT_EQ(colorOf(0, 0), palette.color(QPalette::Base));
    }
}

TEST(SignedHeatMapTest, LongMapsScrollToTheChosenCell)
{
    ui::SignedMap map = smallMap();
    map.rows.clear();
    map.columns.clear();
    for (int row = 0; row < 40; ++row)
        map.rows.push_back(QString::number(row));
    for (int column = 0; column < 200; ++column)
        map.columns.push_back({QString::number(column), QStringLiteral("·containing"), {}});
    map.values.assign(40 * 200, -0.3f);
    ui::SignedHeatMap view;
    view.setMap(map);
    view.resize(400, 250);
    view.show();
    view.setCurrent(0, 0);
    for (int i = 0; i < 39; ++i)
        QTest::keyClick(&view, Qt::Key_Down);
    QTest::keyClick(&view, Qt::Key_End);
    EXPECT_TRUE(view.viewport()->rect().contains(view.cellRect(39, 199)));
    QTest::keyClick(&view, Qt::Key_Home);
    EXPECT_TRUE(view.viewport()->rect().contains(view.cellRect(39, 0)));
}

TEST(SignedMapFileTest, WritesPicturesAndNumbersAndNamesWhatIsWrong)
{
    QTemporaryDir folder;
    const ui::SignedMap map = smallMap();
    const auto path = [&](const char* name) { return folder.filePath(QLatin1String(name)); };
    ASSERT_TRUE(ui::saveSignedMap(map, path("map.png"), ui::lightPalette()));
    const QImage image(path("map.png"));
    ASSERT_FALSE(image.isNull());
    const QRgb full = ui::divergingColor(1.0, ui::lightPalette()).rgb();
    int strongest = 0; // the picture has the cell of the full scale in it
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            strongest += image.pixel(x, y) == full;
    EXPECT_GT(strongest, 500);

    ASSERT_TRUE(ui::saveSignedMap(map, path("map.svg"), ui::lightPalette()));
    QFile svg(path("map.svg"));
    ASSERT_TRUE(svg.open(QIODevice::ReadOnly));
    QXmlStreamReader xml(&svg);
    QString text;
    while (!xml.atEnd())
        if (xml.readNext() == QXmlStreamReader::Characters)
            text += xml.text();
    EXPECT_FALSE(xml.hasError());
    for (const char* word : {"resid_pre, exact", "·Dallas", "·Oakland", "−2.00", "+4.0 logits"})
        EXPECT_TRUE(text.contains(QString::fromUtf8(word))) << word;

    ASSERT_TRUE(ui::saveSignedMap(map, path("map.csv"), ui::lightPalette()));
    QFile csv(path("map.csv"));
    ASSERT_TRUE(csv.open(QIODevice::ReadOnly));
    EXPECT_EQ(QString::fromUtf8(csv.readAll()), map.toCsv());

    const auto odd = ui::saveSignedMap(map, path("map.gif"), ui::lightPalette());
    ASSERT_FALSE(odd);
    EXPECT_EQ(odd.error().code, core::Error::Code::Unsupported);
    EXPECT_EQ(ui::saveSignedMap(map, path("no/folder.csv"), ui::lightPalette()).error().code,
        core::Error::Code::Io);
    EXPECT_EQ(ui::saveSignedMap({}, path("map.png"), ui::lightPalette()).error().code,
        core::Error::Code::NotFound);
}

} // namespace
