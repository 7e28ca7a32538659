#pragma once

#include "core/api/dictionary_info.h"
#include "core/api/feature_row.h"

#include <cstdint>
#include <string>
#include <vector>

#include <QString>

/// How ids, numbers and tokens are written on the screen, in one place.
namespace ui {

QString toQString(const std::string& text);
/// A sentence of the page, and behind it what an answer says of itself, if anything.
QString withNote(const QString& sentence, const std::string& note);

/// "layer 2 / 1234"; the dictionary's own name when its layer is not known.
QString featureName(const core::FeatureRef& feature, core::Layer layer = {});
/// "SAE layer_1 / 834": kind and name of its dictionary, as tables of several say it; "layer 2 / 7"
/// or the dictionary's own name where it is not open (null). A name keeps its folder only where
/// `open` has another of this kind with the same last part.
QString featureInDictionary(const core::FeatureRef& feature, core::Layer layer,
    const std::vector<core::DictionaryInfo>& open);
/// "saes/layer_2:1234", as the command line takes it.
QString featureAddress(const core::FeatureRef& feature);
/// The person's label, else the suggestion, else the strongest promoted tokens in quotes.
QString featureTitle(const core::FeatureRow& row);
/// "12  bridges"; "feature 12" when nothing is known about it. For lists within one dictionary.
QString numberedTitle(const core::FeatureRow& row);
/// The label alone, empty when there is none.
QString labelText(const core::FeatureRow& row);

/// "0.43 writes", "0.002 reads"; a dash where the score is unknown.
QString outputScoreText(const core::FeatureRow& row);
/// "writes", "reads"; empty where the score is unknown.
QString readsOrWrites(const core::FeatureRow& row);
/// What the output score is, and from where on a feature writes.
QString outputScoreExplained();
/// What the score of a row's label says, in words.
QString labelScoreExplained(const core::FeatureRow& row);

QString shortKindName(const core::DictionaryInfo& info); ///< "SAE", "transcoder", "CLT", "concept"
/// "SAE", "transcoder", "cross-layer transcoder", "concept directions"
QString kindName(const core::DictionaryInfo& info);

/// A token with its white space made visible: "·the", "⏎".
QString visibleToken(const QString& token);
QString visibleToken(const std::string& token);

/// Sizes as Qt counts them.
template <typename Container> int countOf(const Container& container)
{
    return static_cast<int>(container.size());
}

QString formatBytes(std::int64_t bytes); ///< "1.4 GB"
QString formatCount(std::int64_t count); ///< "24,576"
QString formatNumber(double value, int significant = 3); ///< "0.0123", "-4.51"
QString formatPercent(double share); ///< "1.23 %", "0.004 %", "0 %"

} // namespace ui
