#include "ui/start/glossary.h"

#include "ui/style/text.h"

#include <QFile>
#include <QRegularExpression>

// Files that are built into a library are not there by themselves; outside every namespace.
static void makeGlossaryResource()
{
    Q_INIT_RESOURCE(glossary);
}

namespace ui {

std::vector<GlossaryEntry> parseGlossary(const QString& markdown)
{
    std::vector<GlossaryEntry> entries;
    bool isInside = false;
    int row = 0; // of the table; the first two are its head and the line below
    for (const QString& line : markdown.split(QLatin1Char('\n'))) {
        if (line.startsWith(QLatin1String("## ")))
            isInside = line.mid(3).trimmed() == QLatin1String("Glossary");
        if (!isInside || !line.startsWith(QLatin1Char('|')) || row++ < 2)
            continue;
        QString cells = line;
        cells.remove(QLatin1Char('`'));
        const QStringList parts = cells.split(QLatin1Char('|'));
        if (parts.size() >= 4)
            entries.push_back({parts[1].trimmed(),
                parts.mid(2, parts.size() - 3).join(QLatin1Char('|')).trimmed()});
    }
    return entries;
}

const std::vector<GlossaryEntry>& glossary()
{
    static const std::vector<GlossaryEntry> kEntries = [] {
        makeGlossaryResource();
        QFile file(QStringLiteral(":/glossary.md"));
        return file.open(QIODevice::ReadOnly) ? parseGlossary(QString::fromUtf8(file.readAll()))
                                              : std::vector<GlossaryEntry>();
    }();
    return kEntries;
}

int glossaryEntryFor(const QString& text)
{
    static const QRegularExpression kBetween(QStringLiteral("[,;] *| +/ +"));
    int best = -1;
    qsizetype length = 0;
    for (int at = 0; at < countOf(glossary()); ++at) {
        for (const QString& word : glossary()[static_cast<std::size_t>(at)].word.split(kBetween)) {
            // "feature" is also meant by "Features".
            const QRegularExpression whole(
                QStringLiteral("\\b%1s?\\b").arg(QRegularExpression::escape(word)),
                QRegularExpression::CaseInsensitiveOption);
            if (word.size() > length && text.contains(whole)) {
                best = at;
                length = word.size();
            }
        }
    }
    return best;
}

} // namespace ui
