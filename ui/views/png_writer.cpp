#include "ui/views/png_writer.h"

#include <algorithm>
#include <cstddef>
#include <future>
#include <thread>

#include <zlib.h>

namespace ui {

namespace {

constexpr char kUp = 2; // the filter: each byte less the one above it

QByteArray bigEndian(std::uint32_t value)
{
    QByteArray bytes(4, '\0');
    for (int i = 0; i < 4; ++i)
        bytes[i] = static_cast<char>(value >> (24 - 8 * i) & 0xff);
    return bytes;
}

using Row = std::vector<std::uint8_t>;

void readRow(const QImage& band, int y, Row& row)
{
    const auto* pixels = reinterpret_cast<const QRgb*>(band.constScanLine(y));
    for (std::size_t x = 0; x < static_cast<std::size_t>(band.width()); ++x) {
        row[3 * x] = static_cast<std::uint8_t>(qRed(pixels[x]));
        row[3 * x + 1] = static_cast<std::uint8_t>(qGreen(pixels[x]));
        row[3 * x + 2] = static_cast<std::uint8_t>(qBlue(pixels[x]));
    }
}

struct Part {
    QByteArray deflated;
    unsigned long checksum = 0;
    std::int64_t size = 0;
};

/// Rows [from, to) of a band as a run of deflate blocks that ends at a byte.
Part compress(const QImage& band, int from, int to, Row above)
{
    const std::size_t width = above.size();
    Row row(width), filtered(width + 1);
    Part part;
    part.checksum = adler32(0, nullptr, 0);
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
    std::vector<char> out(1 << 18);
    const auto run = [&](int flush) {
        do {
            stream.next_out = reinterpret_cast<Bytef*>(out.data());
            stream.avail_out = static_cast<uInt>(out.size());
            deflate(&stream, flush);
            part.deflated.append(out.data(), static_cast<qsizetype>(out.size() - stream.avail_out));
        } while (stream.avail_out == 0);
    };
    for (int y = from; y < to; ++y) {
        readRow(band, y, row);
        filtered[0] = kUp;
        for (std::size_t i = 0; i < width; ++i)
            filtered[i + 1] = static_cast<std::uint8_t>(row[i] - above[i]);
        part.checksum = adler32(part.checksum, filtered.data(), static_cast<uInt>(filtered.size()));
        part.size += static_cast<std::int64_t>(filtered.size());
        stream.next_in = filtered.data();
        stream.avail_in = static_cast<uInt>(filtered.size());
        run(Z_NO_FLUSH);
        std::swap(row, above);
    }
    run(Z_SYNC_FLUSH);
    deflateEnd(&stream);
    return part;
}

} // namespace

PngWriter::PngWriter(
    int width, int height, const std::vector<std::pair<QByteArray, QString>>& texts)
    : m_width(width)
    , m_bytes("\x89PNG\r\n\x1a\n", 8)
    , m_last(3 * static_cast<std::size_t>(width), 0)
    , m_checksum(adler32(0, nullptr, 0))
{
    constexpr char kEightBitColours[] = {8, 2, 0, 0, 0};
    addChunk("IHDR",
        bigEndian(static_cast<std::uint32_t>(width)) + bigEndian(static_cast<std::uint32_t>(height))
            + QByteArray(kEightBitColours, 5));
    for (const auto& [key, text] : texts)
        addChunk("iTXt", key + QByteArray(5, '\0') + text.toUtf8());
    addChunk("IDAT", QByteArray("\x78\x01", 2)); // zlib's header
}

void PngWriter::addChunk(const char* type, const QByteArray& data)
{
    const QByteArray body = QByteArray(type, 4) + data;
    const auto sum = crc32(
        0, reinterpret_cast<const Bytef*>(body.constData()), static_cast<uInt>(body.size()));
    m_bytes += bigEndian(static_cast<std::uint32_t>(data.size())) + body
        + bigEndian(static_cast<std::uint32_t>(sum));
}

void PngWriter::addRows(const QImage& band)
{
    constexpr int kLeastRows = 64; // fewer would compress badly
    const int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    const int each = std::max(kLeastRows, (band.height() + threads - 1) / threads);
    std::vector<std::future<Part>> parts;
    for (int from = 0; from < band.height(); from += each) {
        Row above = m_last;
        if (from > 0)
            readRow(band, from - 1, above);
        parts.push_back(std::async(std::launch::async, compress, std::cref(band), from,
            std::min(band.height(), from + each), std::move(above)));
    }
    for (std::future<Part>& future : parts) {
        const Part part = future.get();
        m_checksum = adler32_combine(m_checksum, part.checksum, static_cast<z_off_t>(part.size));
        addChunk("IDAT", part.deflated);
    }
    if (band.height() > 0)
        readRow(band, band.height() - 1, m_last);
}

QByteArray PngWriter::finish()
{
    // An empty last block, then the checksum.
    addChunk("IDAT", QByteArray("\x03\x00", 2) + bigEndian(static_cast<std::uint32_t>(m_checksum)));
    addChunk("IEND", {});
    return std::move(m_bytes);
}

} // namespace ui
