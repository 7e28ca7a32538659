#include "ui/models/hub/catalogue.h"

#include "ui/models/hub/hub_text.h"

#include <algorithm>
#include <numeric>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

// Outside namespaces, as Qt asks: the resource lies in a static library.
static void loadCatalogue()
{
    Q_INIT_RESOURCE(catalogue);
}

namespace ui {

namespace {

HubResult<CataloguePart> parsePart(const QJsonObject& json, bool isFirst)
{
    CataloguePart part;
    const QString kind = json.value(QLatin1String("kind")).toString();
    if (kind != QLatin1String("model") && kind != QLatin1String("dictionary"))
        return tl::unexpected(hubText("`kind` must be model or dictionary"));
    part.kind = kind == QLatin1String("model") ? HubKind::Model : HubKind::Dictionary;
    if ((part.kind == HubKind::Model) != isFirst)
        return tl::unexpected(hubText("the first of its `parts`, and no other, must be a model"));
    const auto address = HubAddress::parse(json.value(QLatin1String("repository")).toString());
    if (!address)
        return tl::unexpected(address.error());
    part.repository = address->repository;
    part.only = json.value(QLatin1String("only")).toString();
    part.bytes = json.value(QLatin1String("bytes")).toInteger();
    if (part.bytes < 0)
        return tl::unexpected(hubText("`bytes` must not be negative"));
    return part;
}

HubResult<CatalogueEntry> parseEntry(const QJsonObject& json)
{
    CatalogueEntry entry{.name = json.value(QLatin1String("name")).toString(),
        .about = json.value(QLatin1String("about")).toString(),
        .licence = json.value(QLatin1String("licence")).toString(),
        .with = json.value(QLatin1String("with")).toString(),
        .isGated = json.value(QLatin1String("isGated")).toBool(),
        .parameters = json.value(QLatin1String("parameters")).toInteger()};
    if (entry.name.isEmpty() || entry.licence.isEmpty() || entry.parameters <= 0)
        return tl::unexpected(hubText("`name`, `licence` and `parameters` are needed"));
    const QJsonArray parts = json.value(QLatin1String("parts")).toArray();
    for (const QJsonValue& part : parts) {
        auto parsed = parsePart(part.toObject(), entry.parts.empty());
        if (!parsed)
            return tl::unexpected(parsed.error());
        entry.parts.push_back(std::move(*parsed));
    }
    if (entry.parts.empty())
        return tl::unexpected(hubText("`parts` is missing or empty"));
    // One that has `with` and no dictionary among its parts is met by a pack of the program's own.
    if (entry.with.isEmpty() && entry.parts.size() > 1)
        return tl::unexpected(hubText("`with` must say what dictionaries its `parts` hold"));
    return entry;
}

} // namespace

qint64 CatalogueEntry::bytes() const
{
    return std::accumulate(parts.begin(), parts.end(), qint64(0),
        [](qint64 sum, const CataloguePart& part) { return sum + part.bytes; });
}

bool CatalogueEntry::hasUnknownSizes() const
{
    return std::any_of(
        parts.begin(), parts.end(), [](const CataloguePart& part) { return part.bytes == 0; });
}

HubResult<std::vector<CatalogueEntry>> parseCatalogue(const QByteArray& json)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(json, &error);
    if (error.error != QJsonParseError::NoError)
        return tl::unexpected(hubText("The catalogue is no JSON: %1.").arg(error.errorString()));
    std::vector<CatalogueEntry> entries;
    const QJsonArray listed = document.object().value(QLatin1String("entries")).toArray();
    for (const QJsonValue& value : listed) {
        auto entry = parseEntry(value.toObject());
        if (!entry)
            return tl::unexpected(hubText("Entry %1 of the catalogue: %2.")
                                      .arg(entries.size() + 1)
                                      .arg(entry.error()));
        entries.push_back(std::move(*entry));
    }
    if (entries.empty())
        return tl::unexpected(hubText("The catalogue has no `entries`."));
    return entries;
}

const std::vector<CatalogueEntry>& catalogue()
{
    static const std::vector<CatalogueEntry> kEntries = [] {
        loadCatalogue();
        QFile file(QStringLiteral(":/catalogue.json"));
        const bool isOpen = file.open(QIODevice::ReadOnly);
        const auto entries = parseCatalogue(isOpen ? file.readAll() : QByteArray());
        Q_ASSERT_X(entries.has_value(), "catalogue", "the program's own catalogue is malformed");
        return entries.value_or(std::vector<CatalogueEntry>{});
    }();
    return kEntries;
}

} // namespace ui
