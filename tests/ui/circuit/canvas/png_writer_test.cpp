#include "ui/circuit/canvas/png_writer.h"

#include <random>

#include <QImage>

#include <gtest/gtest.h>

namespace {

QImage noise(int width, int height)
{
    std::mt19937 random(1);
    QImage image(width, height, QImage::Format_RGB32);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) // flat parts and noise
            image.setPixel(x, y, x % 7 < 3 ? 0xffffffff : 0xff000000 | random() % 0x1000000);
    return image;
}

/// Qt's own reader must see the same pixels.
TEST(PngWriterTest, QtReadsBackEveryPixelWhateverTheBands)
{
    for (const auto& [width, height] :
        {std::pair(1, 1), std::pair(3, 200), std::pair(257, 301), std::pair(40, 64)}) {
        const QImage image = noise(width, height);
        for (const int rows : {1, 7, 128, height}) {
            ui::PngWriter writer(width, height, {{"Title", QStringLiteral("größe ⏎")}});
            for (int top = 0; top < height; top += rows)
                writer.addRows(image.copy(0, top, width, std::min(rows, height - top)));
            const QImage read = QImage::fromData(writer.finish(), "PNG");
            ASSERT_EQ(read.size(), image.size());
            EXPECT_EQ(read.convertToFormat(QImage::Format_RGB32), image)
                << width << " x " << height << " by " << rows;
            EXPECT_EQ(read.text(QStringLiteral("Title")), QStringLiteral("größe ⏎"));
        }
    }
}

} // namespace
