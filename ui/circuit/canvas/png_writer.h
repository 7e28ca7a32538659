#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <QByteArray>
#include <QImage>
#include <QString>

namespace ui {

/// Writes a PNG from bands of rows through libpng, so that a picture of any size never stands in
/// memory whole; quicker than QImage::save, since one filter and zlib's fastest level suit
/// drawings.
class PngWriter {
public:
    /// `texts` are shown by picture viewers: ("Title", "…"), ("Software", "…").
    PngWriter(int width, int height, const std::vector<std::pair<QByteArray, QString>>& texts);
    ~PngWriter();

    /// The next rows, as wide as the picture, in Format_RGB32.
    void addRows(const QImage& band);
    /// After the last row: the whole file; empty when libpng failed on the way.
    QByteArray finish();

private:
    struct State; // libpng's, with the bytes written so far.
    std::unique_ptr<State> m_state;
};

} // namespace ui
