#include "ui/shared/sheet_file.h"

#include <QBuffer>
#include <QFileInfo>
#include <QImage>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>

namespace ui {

namespace {

constexpr int kSheetPixelsPerUnit = 2; // of a PNG: sharp in print

QByteArray pngBytes(const Sheet& sheet)
{
    QImage image(sheet.size * kSheetPixelsPerUnit, QImage::Format_RGB32);
    if (image.isNull())
        return {};
    QPainter painter(&image);
    painter.scale(kSheetPixelsPerUnit, kSheetPixelsPerUnit);
    sheet.paint(painter);
    painter.end();
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

QByteArray svgBytes(const Sheet& sheet)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(sheet.size);
    generator.setViewBox(QRect({}, sheet.size));
    generator.setTitle(sheet.title);
    generator.setDescription(sheet.note);
    QPainter painter(&generator);
    sheet.paint(painter);
    painter.end();
    return bytes;
}

} // namespace

core::Result<void> saveSheet(const Sheet& sheet, const QString& csv, const QString& path)
{
    using core::Error;
    const QString ending = QFileInfo(path).suffix().toLower();
    QByteArray bytes;
    if (ending == QLatin1String("png"))
        bytes = pngBytes(sheet);
    else if (ending == QLatin1String("svg"))
        bytes = svgBytes(sheet);
    else if (ending == QLatin1String("csv"))
        bytes = csv.toUtf8();
    else
        return core::fail(Error::Code::Unsupported,
            path.toStdString() + ": the ending must be .png, .svg or .csv.");
    if (bytes.isEmpty())
        return core::fail(Error::Code::OutOfMemory,
            "The picture is too large for the memory that is free. Save it as SVG or CSV.");
    QSaveFile file(path); // writes beside it and renames
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return core::fail(Error::Code::Io,
            path.toStdString() + ": cannot be written (" + file.errorString().toStdString()
                + "). Choose another folder.");
    return {};
}

QString csvField(const QString& text)
{
    QString quoted = text;
    quoted.replace(QLatin1Char('"'), QStringLiteral("\"\""));
    return QLatin1Char('"') + quoted + QLatin1Char('"');
}

} // namespace ui
