#include "ui/models/hub/safe_path.h"

#include "ui/models/hub/part_file.h"

#include <algorithm>

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace ui {

namespace {

constexpr qsizetype kLongestPath = 1024;
constexpr qsizetype kLongestName = 240; // Bytes; file systems stop at 255, and parts have endings.

bool isSafePart(const QString& part)
{
    return !part.isEmpty() && part != QLatin1String(".") && part != QLatin1String("..")
        && part.toUtf8().size() <= kLongestName;
}

bool isSafeCharacter(QChar character)
{
    // A colon starts a drive or a stream on file systems from elsewhere; formats can turn text
    // around on the screen, so that a name reads as another.
    return character != QLatin1Char('\\') && character != QLatin1Char(':')
        && character.category() != QChar::Other_Control
        && character.category() != QChar::Other_Format && character != QChar::LineSeparator
        && character != QChar::ParagraphSeparator;
}

} // namespace

bool isSafeName(const QString& path)
{
    const QStringList parts = path.split(QLatin1Char('/'));
    return path.size() <= kLongestPath && path.isValidUtf16()
        && std::all_of(path.cbegin(), path.cend(), isSafeCharacter)
        && std::all_of(parts.cbegin(), parts.cend(), isSafePart)
        && !path.endsWith(PartFile::kEnding) && !path.endsWith(PartFile::kNoteEnding);
}

HubResult<QString> placeBelow(const QString& folder, const QString& name)
{
    if (!isSafeName(name))
        return tl::unexpected(QCoreApplication::translate("ui::HubFiles",
            "The server sent a file name that could leave the folder; it was refused."));
    const QString root = QFileInfo(folder).canonicalFilePath();
    const QStringList parts = name.split(QLatin1Char('/'));
    QString place = folder;
    for (const QString& part : parts.mid(0, parts.size() - 1)) {
        place += QLatin1Char('/') + part;
        const QFileInfo info(place);
        if (!info.isSymLink())
            continue;
        const QString target = info.canonicalFilePath();
        if (root.isEmpty() || !target.startsWith(root + QLatin1Char('/')))
            return tl::unexpected(QCoreApplication::translate("ui::HubFiles",
                "%1 is a link that leads out of the folder; nothing was written through it. "
                "Remove it or choose another folder.")
                                      .arg(QDir::toNativeSeparators(place)));
    }
    return place + QLatin1Char('/') + parts.last();
}

} // namespace ui
