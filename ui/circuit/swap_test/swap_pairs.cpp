#include "ui/circuit/swap_test/swap_pairs.h"

#include "ui/circuit/translated.h"

#include <algorithm>
#include <string>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace ui {

namespace {

using Pairs = std::vector<core::SwapPair>;

tl::unexpected<core::Error> invalid(const QString& message)
{
    return core::fail(core::Error::Code::InvalidFile, message.toStdString());
}

core::SwapPair pairOf(const QString& prompt, const QString& donor, const QString& answer)
{
    return {prompt.toStdString(), donor.toStdString(), answer.toStdString()};
}

core::Result<Pairs> fromJson(const QByteArray& bytes)
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(bytes, &problem);
    if (problem.error != QJsonParseError::NoError)
        return invalid(translated("The JSON is broken at byte %1: %2. Mend it there.")
                           .arg(problem.offset)
                           .arg(problem.errorString()));
    if (!document.isArray())
        return invalid(translated(
            "The JSON must be an array of {\"prompt\": ..., \"donor\": ..., \"answer\": ...}."));
    Pairs pairs;
    const QJsonArray entries = document.array();
    for (qsizetype i = 0; i < entries.size(); ++i) {
        const QJsonValue entry = entries[i];
        const auto field = [&](const char* name, qsizetype place) {
            return entry.isArray() ? entry.toArray().at(place)
                                   : entry.toObject().value(QLatin1String(name));
        };
        const QJsonValue prompt = field("prompt", 0), donor = field("donor", 1),
                         answer = field("answer", 2);
        if (!prompt.isString() || !donor.isString()
            || !(answer.isString() || answer.isUndefined() || answer.isNull()))
            return invalid(translated("Entry %1 of the JSON must have the texts \"prompt\" and "
                                      "\"donor\" (and perhaps \"answer\").")
                               .arg(i + 1));
        pairs.push_back(pairOf(prompt.toString(), donor.toString(), answer.toString()));
    }
    return pairs;
}

/// The fields of one line as RFC 4180 has them; spaces around a field do not count.
QStringList fieldsOf(const QString& line, QChar separator)
{
    QStringList fields;
    QString field;
    bool isQuoted = false, wasQuoted = false;
    const auto end = [&] {
        fields << (wasQuoted ? field : field.trimmed());
        field.clear();
        wasQuoted = false;
    };
    for (qsizetype i = 0; i < line.size(); ++i) {
        const QChar c = line[i];
        if (isQuoted && c == QLatin1Char('"') && line.mid(i + 1, 1) == QStringLiteral("\"")) {
            field += c;
            ++i;
        } else if (c == QLatin1Char('"') && (isQuoted || field.trimmed().isEmpty())) {
            if (!isQuoted)
                field.clear();
            isQuoted = !isQuoted;
            wasQuoted = true;
        } else if (!isQuoted && c == separator) {
            end();
        } else if (isQuoted || !wasQuoted) { // nothing counts after a closing quote
            field += c;
        }
    }
    end();
    return fields;
}

core::Result<Pairs> fromLines(const QString& text)
{
    Pairs pairs;
    const QStringList lines = text.split(QLatin1Char('\n'));
    for (qsizetype i = 0; i < lines.size(); ++i) {
        QString line = lines[i];
        if (line.endsWith(QLatin1Char('\r')))
            line.chop(1);
        if (line.trimmed().isEmpty())
            continue;
        const bool hasTabs = line.contains(QLatin1Char('\t'));
        const QStringList fields = fieldsOf(line, QLatin1Char(hasTabs ? '\t' : ','));
        const bool isHeader = pairs.empty() && fields.size() >= 2
            && fields[0].compare(QStringLiteral("prompt"), Qt::CaseInsensitive) == 0
            && fields[1].startsWith(QStringLiteral("donor"), Qt::CaseInsensitive);
        if (isHeader)
            continue;
        if (fields.size() < 2 || fields[0].isEmpty() || fields[1].isEmpty())
            return invalid(translated("Line %1 must be a prompt, a donor and perhaps the expected "
                                      "answer, parted by tabs or commas.")
                               .arg(i + 1));
        // Two or three fields are read; tables copied from here have their results behind them.
        if (!hasTabs && fields.size() > 3)
            return invalid(translated("Line %1 has %2 fields parted by commas; at most 3 are "
                                      "expected. Put texts with commas in double quotes.")
                               .arg(i + 1)
                               .arg(fields.size()));
        pairs.push_back(pairOf(fields[0], fields[1], fields.value(2)));
    }
    if (pairs.empty())
        return invalid(translated("There are no pairs in this text: it should be lines of a "
                                  "prompt, a donor and perhaps the expected answer, or JSON."));
    return pairs;
}

} // namespace

core::Result<std::vector<core::SwapPair>> parseSwapPairs(const QString& text)
{
    const QString trimmed = text.trimmed();
    return trimmed.startsWith(QLatin1Char('[')) || trimmed.startsWith(QLatin1Char('{'))
        ? fromJson(trimmed.toUtf8())
        : fromLines(text);
}

QByteArray swapPairsJson(const std::vector<core::SwapPair>& pairs)
{
    QJsonArray entries;
    for (const core::SwapPair& pair : pairs) {
        QJsonObject entry{{QStringLiteral("prompt"), QString::fromStdString(pair.prompt)},
            {QStringLiteral("donor"), QString::fromStdString(pair.donor)}};
        if (!pair.answer.empty())
            entry.insert(QStringLiteral("answer"), QString::fromStdString(pair.answer));
        entries.append(entry);
    }
    return QJsonDocument(entries).toJson();
}

std::vector<core::SwapPair> makeSwapPairs(const QString& sentence, const QStringList& fillers)
{
    const QString gap = QStringLiteral("{}");
    Pairs pairs;
    if (!sentence.contains(gap))
        return pairs;
    const auto filled
        = [&](const QString& filler) { return QString(sentence).replace(gap, filler); };
    for (const QString& own : fillers)
        for (const QString& other : fillers)
            if (own != other)
                pairs.push_back(pairOf(filled(own), filled(other), {}));
    return pairs;
}

QStringList parseFillers(const QString& text)
{
    QStringList fillers;
    QString lines = text;
    for (const QString& part :
        lines.replace(QLatin1Char('\n'), QLatin1Char(',')).split(QLatin1Char(',')))
        if (const QString filler = part.trimmed(); !filler.isEmpty())
            fillers << filler;
    fillers.removeDuplicates();
    return fillers;
}

bool hasText(const std::string& text)
{
    return text.find_first_not_of(" \t\r\n") != std::string::npos;
}

bool isComplete(const core::SwapPair& pair)
{
    return hasText(pair.prompt) && hasText(pair.donor);
}

bool isEmpty(const core::SwapPair& pair)
{
    return pair.prompt.empty() && pair.donor.empty() && pair.answer.empty();
}

bool isSame(const core::SwapPair& a, const core::SwapPair& b)
{
    return a.prompt == b.prompt && a.donor == b.donor && a.answer == b.answer;
}

} // namespace ui
