#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <QByteArray>
#include <QImage>
#include <QString>

namespace ui {

/// Writes a PNG from bands of rows, so that a picture of any size never stands in memory whole, and
/// several times as fast as QImage::save: one filter, zlib's fastest level, all processors.
class PngWriter {
public:
    /// `texts` are shown by picture viewers: ("Title", "…"), ("Software", "…").
    PngWriter(int width, int height, const std::vector<std::pair<QByteArray, QString>>& texts);

    /// The next rows, as wide as the picture, in Format_RGB32.
    void addRows(const QImage& band);
    /// After the last row: the whole file.
    QByteArray finish();

private:
    void addChunk(const char* type, const QByteArray& data);

    int m_width;
    QByteArray m_bytes;
    std::vector<std::uint8_t> m_last; ///< RGB of the row above the next band.
    unsigned long m_checksum; ///< Adler-32 of all rows so far.
};

} // namespace ui
