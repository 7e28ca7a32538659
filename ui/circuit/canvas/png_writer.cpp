#include "ui/circuit/canvas/png_writer.h"

#include <csetjmp>

#include <QtEndian>
#include <png.h>
#include <zlib.h>

namespace ui {

struct PngWriter::State {
    png_structp png = nullptr;
    png_infop info = nullptr;
    QByteArray bytes;
    bool hasFailed = false;
};

namespace {

void append(png_structp png, png_bytep data, std::size_t size)
{
    static_cast<QByteArray*>(png_get_io_ptr(png))
        ->append(reinterpret_cast<const char*>(data), static_cast<qsizetype>(size));
}

void writeHeader(png_structp png, png_infop info, int width, int height, png_textp texts, int count)
{
    png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), 8,
        PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
        PNG_FILTER_TYPE_DEFAULT);
    png_set_text(png, info, texts, count);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP); // lines and flat grounds repeat
    png_set_compression_level(png, Z_BEST_SPEED);
    png_write_info(png, info);
    // A 32-bit pixel holds its colours in the processor's byte order beside a filler.
    if constexpr (Q_BYTE_ORDER == Q_LITTLE_ENDIAN) {
        png_set_bgr(png);
        png_set_filler(png, 0, PNG_FILLER_AFTER);
    } else {
        png_set_filler(png, 0, PNG_FILLER_BEFORE);
    }
}

} // namespace

PngWriter::PngWriter(
    int width, int height, const std::vector<std::pair<QByteArray, QString>>& texts)
    : m_state(std::make_unique<State>())
{
    std::vector<QByteArray> keys, values;
    std::vector<png_text> entries;
    for (const auto& [key, text] : texts) {
        keys.push_back(key);
        values.push_back(text.toUtf8());
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        png_text entry{};
        entry.compression = PNG_ITXT_COMPRESSION_NONE;
        entry.key = keys[i].data();
        entry.text = values[i].data();
        entry.itxt_length = static_cast<std::size_t>(values[i].size());
        entries.push_back(entry);
    }
    State& state = *m_state;
    state.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    state.info = state.png ? png_create_info_struct(state.png) : nullptr;
    state.hasFailed = !state.info;
    if (state.hasFailed)
        return;
    png_set_write_fn(state.png, &state.bytes, append, nullptr);
    // libpng jumps back here on an error; nothing with a destructor is made behind this line.
    if (setjmp(png_jmpbuf(state.png)) != 0) {
        state.hasFailed = true;
        return;
    }
    writeHeader(
        state.png, state.info, width, height, entries.data(), static_cast<int>(entries.size()));
}

PngWriter::~PngWriter()
{
    png_destroy_write_struct(&m_state->png, &m_state->info);
}

void PngWriter::addRows(const QImage& band)
{
    if (m_state->hasFailed)
        return;
    if (setjmp(png_jmpbuf(m_state->png)) != 0) {
        m_state->hasFailed = true;
        return;
    }
    for (int y = 0; y < band.height(); ++y)
        png_write_row(m_state->png, band.constScanLine(y));
}

QByteArray PngWriter::finish()
{
    if (m_state->hasFailed)
        return {};
    if (setjmp(png_jmpbuf(m_state->png)) != 0)
        return {};
    png_write_end(m_state->png, nullptr);
    return std::move(m_state->bytes);
}

} // namespace ui
