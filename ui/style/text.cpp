#include "ui/style/text.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

namespace ui {

namespace {
constexpr int kPromotedInTitle = 3;

QString oneLine(QString text)
{
    text.replace(QLatin1Char('\n'), QStringLiteral("⏎"));
    text.replace(QLatin1Char('\t'), QStringLiteral("⇥"));
    return text;
}

} // namespace

QString withNote(const QString& sentence, const std::string& note)
{
    return note.empty() ? sentence : sentence + QLatin1Char(' ') + toQString(note);
}

QString toQString(const std::string& text)
{
    return QString::fromStdString(text);
}

QString featureName(const core::FeatureRef& feature, core::Layer layer)
{
    if (layer.isValid())
        //: %1 is the layer, %2 the number of the feature in its dictionary
        return QCoreApplication::translate("ui", "layer %1 / %2")
            .arg(layer.value)
            .arg(feature.feature.value);
    return QStringLiteral("%1 / %2").arg(toQString(feature.dictionary)).arg(feature.feature.value);
}

QString featureInDictionary(const core::FeatureRef& feature, core::Layer layer,
    const std::vector<core::DictionaryInfo>& open)
{
    const auto lastPart = [](const std::string& name) { return name.substr(name.rfind('/') + 1); };
    const auto found = std::find_if(open.begin(), open.end(),
        [&](const core::DictionaryInfo& info) { return info.name == feature.dictionary; });
    if (found == open.end())
        return featureName(feature, layer);
    const std::string last = lastPart(found->name);
    const auto same
        = std::count_if(open.begin(), open.end(), [&](const core::DictionaryInfo& info) {
              return shortKindName(info) == shortKindName(*found) && lastPart(info.name) == last;
          });
    //: %1 is the kind of a dictionary, %2 its name, %3 the number of the feature in it
    return QCoreApplication::translate("ui", "%1 %2 / %3")
        .arg(shortKindName(*found), toQString(same > 1 ? found->name : last))
        .arg(feature.feature.value);
}

QString labelText(const core::FeatureRow& row)
{
    return row.label.source == core::LabelSource::None ? QString() : toQString(row.label.text);
}

QString featureAddress(const core::FeatureRef& feature)
{
    return QStringLiteral("%1:%2").arg(toQString(feature.dictionary)).arg(feature.feature.value);
}

QString featureTitle(const core::FeatureRow& row)
{
    const QString label = labelText(row);
    if (!label.isEmpty())
        return label;
    QStringList tokens;
    for (const std::string& token : row.promoted) {
        if (tokens.size() < kPromotedInTitle)
            tokens.append(QStringLiteral("“%1”").arg(oneLine(toQString(token))));
    }
    return tokens.isEmpty() ? featureName(row.feature, row.layer)
                            : tokens.join(QStringLiteral(" "));
}

QString numberedTitle(const core::FeatureRow& row)
{
    if (labelText(row).isEmpty() && row.promoted.empty())
        return QCoreApplication::translate("ui", "feature %1").arg(row.feature.feature.value);
    return QStringLiteral("%1  %2").arg(row.feature.feature.value).arg(featureTitle(row));
}

QString outputScoreText(const core::FeatureRow& row)
{
    return row.outputScore
        ? QStringLiteral("%1 %2").arg(formatNumber(*row.outputScore, 2), readsOrWrites(row))
        : QStringLiteral("–");
}

QString readsOrWrites(const core::FeatureRow& row)
{
    if (!row.outputScore)
        return {};
    return row.writes() ? QCoreApplication::translate("ui", "writes")
                        : QCoreApplication::translate("ui", "reads");
}

QString outputScoreExplained()
{
    return QCoreApplication::translate("ui",
        "Output score, 0 to 1: added strongly once to a neutral text, how probable the best of the "
        "20 tokens it promotes becomes as the next word, times how near the top of the ranks it "
        "stands. From %1 on it is said to write: steering with it changes what the model says. "
        "Below it reads: it recognises something, and the layers behind it make little of it.")
        .arg(core::kWritesFrom);
}

QString labelScoreExplained(const core::FeatureRow& row)
{
    if (!row.label.score)
        return QCoreApplication::translate("ui",
            "Not tested: it fires on too few places, its label has no words of the harvested text, "
            "or the workspace is older than such tests.");
    const QString score = formatNumber(*row.label.score, 2);
    if (row.label.source == core::LabelSource::Person)
        return QCoreApplication::translate(
            "ui", "Its words predict firing: %1 (0.5 is guessing, 1 is always right).")
            .arg(score);
    return QCoreApplication::translate("ui",
        "The best rule that was found predicts its firing on held-out text with %1 (0.5 is "
        "guessing, "
        "1 is always right). Where that is too little there is no label.")
        .arg(score);
}

QString shortKindName(const core::DictionaryInfo& info)
{
    if (info.areConcepts)
        return QCoreApplication::translate("ui", "concept");
    return info.kind == core::DictionaryKind::CrossLayerTranscoder
        ? QCoreApplication::translate("ui", "CLT")
        : kindName(info);
}

QString kindName(const core::DictionaryInfo& info)
{
    if (info.areConcepts)
        return QCoreApplication::translate("ui", "concept directions");
    switch (info.kind) {
    case core::DictionaryKind::Transcoder:
        return QCoreApplication::translate("ui", "transcoder");
    case core::DictionaryKind::CrossLayerTranscoder:
        return QCoreApplication::translate("ui", "cross-layer transcoder");
    case core::DictionaryKind::Sae:
        break;
    }
    return QCoreApplication::translate("ui", "SAE");
}

QString visibleToken(const QString& token)
{
    QString shown = token;
    shown.replace(QLatin1Char('\n'), QStringLiteral("⏎"));
    shown.replace(QLatin1Char('\t'), QStringLiteral("⇥"));
    shown.replace(QLatin1Char(' '), QStringLiteral("·"));
    return shown;
}

QString visibleToken(const std::string& token)
{
    return visibleToken(toQString(token));
}

QString formatBytes(std::int64_t bytes)
{
    return QLocale().formattedDataSize(bytes, 1, QLocale::DataSizeTraditionalFormat);
}

QString formatCount(std::int64_t count)
{
    return QLocale().toString(static_cast<qlonglong>(count));
}

QString formatNumber(double value, int significant)
{
    if (value == 0.0)
        return QLocale().toString(0);
    if (!std::isfinite(value))
        return QStringLiteral("–");
    const int magnitude = static_cast<int>(std::floor(std::log10(std::fabs(value))));
    if (magnitude < -4 || magnitude > 6)
        return QLocale().toString(value, 'e', significant - 1);
    return QLocale().toString(value, 'f', std::max(0, significant - 1 - magnitude));
}

QString formatPercent(double share)
{
    //: %1 is a number
    return QCoreApplication::translate("ui", "%1 %").arg(formatNumber(100.0 * share));
}

} // namespace ui
