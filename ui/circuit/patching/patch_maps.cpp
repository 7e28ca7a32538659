#include "ui/circuit/patching/patch_maps.h"

#include "ui/circuit/translated.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <QStringList>

namespace ui {

namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
constexpr int kNamedDifferences = 3;

std::size_t at(int i)
{
    return static_cast<std::size_t>(i);
}

QString quoted(const std::string& token)
{
    return visibleToken(toQString(token).trimmed());
}

double metricGap(const core::PatchResult& result)
{
    return result.cleanMetric - result.corruptMetric;
}

/// In the order of the engine: layer 0 first.
std::vector<float> valuesOf(
    const core::PatchResult& result, const core::PatchMap& map, PatchView view)
{
    std::vector<float> values = view.values == PatchValues::Exact ? map.exact : map.approximate;
    if (view.values == PatchValues::Difference)
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] -= map.exact[i];
    if (view.isShare)
        for (float& value : values)
            value = static_cast<float>(static_cast<double>(value) / metricGap(result));
    return values;
}

double largest(const std::vector<float>& values)
{
    double most = 0.0;
    for (const float value : values)
        if (std::isfinite(value))
            most = std::max(most, std::fabs(static_cast<double>(value)));
    return most;
}

/// One scale for exact, approximate and their difference, so that what changes is the values.
double scaleOf(const core::PatchResult& result, const core::PatchMap& map, PatchView view)
{
    const double most = std::max(largest(map.exact), largest(map.approximate));
    return view.isShare ? most / std::fabs(metricGap(result)) : most;
}

std::vector<SignedMap::Column> columnsOf(const core::PatchResult& result, const core::PatchMap& map)
{
    std::vector<SignedMap::Column> columns(at(map.columns));
    const bool hasTokens = map.site != core::PatchSite::Head;
    for (int column = 0; column < map.columns; ++column) {
        SignedMap::Column& name = columns[at(column)];
        name.number = QString::number(column);
        if (!hasTokens || column >= countOf(result.cleanTokens))
            continue;
        name.text = visibleToken(result.cleanTokens[at(column)].text);
        if (column < countOf(result.corruptTokens)) {
            const QString other = visibleToken(result.corruptTokens[at(column)].text);
            name.second = other == name.text ? QString() : other;
        }
    }
    return columns;
}

SignedMap frameOf(const core::PatchResult& result, const core::PatchMap& map, PatchView view)
{
    SignedMap shown;
    shown.rowAxis = translated("layer");
    shown.columnAxis
        = map.site == core::PatchSite::Head ? translated("head") : translated("position");
    shown.unit = view.isShare ? translated("of clean − corrupt") : translated("logits");
    shown.columns = columnsOf(result, map);
    for (int row = 0; row < map.rows; ++row)
        shown.rows.push_back(QString::number(layerOfRow(map, row).value));
    return shown;
}

/// The engine's rows from the lowest layer up become the screen's from the top down.
std::vector<float> upsideDown(const std::vector<float>& values, int rows, int columns)
{
    std::vector<float> turned;
    turned.reserve(values.size());
    for (int row = rows - 1; row >= 0; --row)
        turned.insert(
            turned.end(), values.begin() + row * columns, values.begin() + (row + 1) * columns);
    return turned;
}

const core::PatchMap* sameMap(const core::PatchResult& result, const core::PatchMap& map)
{
    for (const core::PatchMap& other : result.maps)
        if (other.site == map.site && other.hook == map.hook && other.rows == map.rows)
            return &other;
    return nullptr;
}

} // namespace

QString patchSiteName(core::PatchSite site)
{
    switch (site) {
    case core::PatchSite::ResidPre:
        return QStringLiteral("resid_pre");
    case core::PatchSite::AttnOut:
        return QStringLiteral("attn_out");
    case core::PatchSite::MlpOut:
        return QStringLiteral("mlp_out");
    case core::PatchSite::Head:
        return translated("heads");
    case core::PatchSite::Feature:
        break;
    }
    return translated("features");
}

QString patchSiteName(const core::PatchMap& map)
{
    const QString prefix = QStringLiteral("hook_");
    QString hook = toQString(map.hook);
    if (hook.startsWith(prefix))
        hook = hook.mid(prefix.size());
    if (map.site == core::PatchSite::Feature) {
        const QString what = isErrorMap(map) ? translated("error terms") : patchSiteName(map.site);
        const QString place = hook.section(QLatin1Char('.'), 0, -2);
        // Transcoders are the usual case; other dictionaries say where they stand.
        return place.isEmpty() || place == QLatin1String("mlp_out")
            ? what
            : QStringLiteral("%1 (%2)").arg(what, place);
    }
    return map.site == core::PatchSite::Head || hook.isEmpty() ? patchSiteName(map.site) : hook;
}

bool isErrorMap(const core::PatchMap& map)
{
    return map.site == core::PatchSite::Feature && map.hook.ends_with("error");
}

QString patchValuesName(PatchValues values)
{
    switch (values) {
    case PatchValues::Exact:
        return translated("exact");
    case PatchValues::Approximate:
        return translated("approximate");
    case PatchValues::Difference:
        break;
    }
    return translated("approximate − exact");
}

QString directionName(core::PatchDirection direction)
{
    return direction == core::PatchDirection::Denoise
        ? translated("Denoise: clean into the corrupt run")
        : translated("Noise: corrupt into the clean run");
}

bool hasValues(const core::PatchMap& map, PatchValues values)
{
    const bool hasExact = !map.exact.empty(), hasApproximate = !map.approximate.empty();
    return values == PatchValues::Exact      ? hasExact
        : values == PatchValues::Approximate ? hasApproximate
                                             : hasExact && hasApproximate;
}

bool hasShares(const core::PatchResult& result)
{
    constexpr double kLeast = 1e-3; // logits: below this the prompts answer alike
    return std::fabs(metricGap(result)) >= kLeast;
}

QString metricName(const core::PatchResult& result)
{
    //: %1 and %2 are tokens
    return translated("logit(%1) − logit(%2)").arg(quoted(result.answer), quoted(result.other));
}

QString promptsDiffer(const core::PatchResult& result)
{
    QStringList clean, corrupt;
    const auto count = std::min(result.cleanTokens.size(), result.corruptTokens.size());
    for (std::size_t i = 0; i < count; ++i)
        if (result.cleanTokens[i].text != result.corruptTokens[i].text) {
            clean << quoted(result.cleanTokens[i].text);
            corrupt << quoted(result.corruptTokens[i].text);
        }
    if (clean.isEmpty())
        return translated("the same prompt twice");
    if (clean.size() > kNamedDifferences) {
        clean = clean.mid(0, kNamedDifferences) << QStringLiteral("…");
        corrupt = corrupt.mid(0, kNamedDifferences) << QStringLiteral("…");
    }
    return QStringLiteral("%1 | %2").arg(
        clean.join(QLatin1Char(' ')), corrupt.join(QLatin1Char(' ')));
}

SignedMap patchMap(const core::PatchResult& result, const core::PatchMap& map, PatchView view)
{
    SignedMap shown = frameOf(result, map, view);
    shown.title = QStringLiteral("%1, %2").arg(patchSiteName(map), patchValuesName(view.values));
    shown.scale = scaleOf(result, map, view);
    if (hasValues(map, view.values))
        shown.values = upsideDown(valuesOf(result, map, view), map.rows, map.columns);
    else
        shown.values.assign(at(map.rows) * at(map.columns), kNone);
    return shown;
}

SignedMap patchDifference(const core::PatchResult& result, const core::PatchMap& map,
    const core::PatchResult& kept, PatchView view)
{
    SignedMap shown = patchMap(result, map, view);
    shown.title = translated("%1, present minus kept").arg(shown.title);
    const core::PatchMap* other = sameMap(kept, map);
    if (!other || !hasValues(*other, view.values) || (view.isShare && !hasShares(kept))) {
        shown.values.assign(at(map.rows) * at(map.columns), kNone);
        return shown;
    }
    shown.scale = std::max(shown.scale, scaleOf(kept, *other, view));
    const std::vector<float> before
        = upsideDown(valuesOf(kept, *other, view), other->rows, other->columns);
    std::vector<int> partner;
    if (map.site == core::PatchSite::Head)
        for (int head = 0; head < map.columns; ++head)
            partner.push_back(head < other->columns ? head : -1);
    else
        partner = matchTokens(result.cleanTokens, kept.cleanTokens);
    for (int row = 0; row < map.rows; ++row)
        for (int column = 0; column < map.columns; ++column) {
            float& value = shown.values[at(row) * at(map.columns) + at(column)];
            const int from = column < countOf(partner) ? partner[at(column)] : -1;
            value = from >= 0 && from < other->columns
                ? value - before[at(row) * at(other->columns) + at(from)]
                : kNone;
        }
    return shown;
}

std::vector<int> matchTokens(
    const std::vector<core::TokenInfo>& a, const std::vector<core::TokenInfo>& b)
{
    const std::size_t n = a.size(), m = b.size();
    std::vector<std::vector<int>> longest(n + 1, std::vector<int>(m + 1, 0)); // of the rests
    for (std::size_t i = n; i-- > 0;)
        for (std::size_t j = m; j-- > 0;)
            longest[i][j] = a[i].text == b[j].text ? longest[i + 1][j + 1] + 1
                                                   : std::max(longest[i + 1][j], longest[i][j + 1]);
    std::vector<int> partner(n, -1);
    std::size_t i = 0, j = 0, startA = 0, startB = 0;
    const auto pairUp = [&](std::size_t endA, std::size_t endB) {
        if (endA - startA == endB - startB) // as many on both sides: "Dallas" stands for "Oakland"
            for (std::size_t k = 0; startA + k < endA; ++k)
                partner[startA + k] = static_cast<int>(startB + k);
    };
    while (i < n && j < m) {
        if (a[i].text == b[j].text) {
            pairUp(i, j);
            partner[i] = static_cast<int>(j);
            startA = ++i;
            startB = ++j;
        } else if (longest[i + 1][j] >= longest[i][j + 1]) {
            ++i;
        } else {
            ++j;
        }
    }
    pairUp(n, m);
    return partner;
}

QString differenceNote(const core::PatchResult& result, const core::PatchResult& kept)
{
    //: %1 and %2 are the tokens where the prompts differ: "Dallas | Oakland"
    QStringList sentences{translated("Present (%1) minus kept (%2), columns aligned by token.")
                              .arg(promptsDiffer(result), promptsDiffer(kept))};
    const std::vector<int> partner = matchTokens(result.cleanTokens, kept.cleanTokens);
    const auto alone = static_cast<int>(std::count(partner.begin(), partner.end(), -1));
    if (alone > 0)
        sentences << (alone == 1
                ? translated("1 column has no partner and is hatched.")
                : translated("%1 columns have no partner and are hatched.").arg(alone));
    if (result.answer != kept.answer || result.other != kept.other)
        sentences << translated("The metrics differ: %1 and %2.")
                         .arg(metricName(result), metricName(kept));
    if (result.request.direction != kept.request.direction)
        sentences << translated("The directions differ: %1; %2.")
                         .arg(directionName(result.request.direction),
                             directionName(kept.request.direction));
    return sentences.join(QLatin1Char(' '));
}

} // namespace ui
