#pragma once

#include "core/base/result.h"
#include "core/store/feature_record.h"

#include <string>
#include <string_view>
#include <vector>

/// The BLOB formats of a workspace: versioned, checked for size when read. One BLOB per feature and
/// kind is 27 times faster to write and 10 times faster to read than a row per example
/// (docs/performance.md section 6).
namespace core {

std::string encodeEvidence(const FeatureEvidence& evidence);
Result<FeatureEvidence> decodeEvidence(std::string_view bytes, const std::string& what);

std::string encodeEffects(const StoredEffects& effects);
Result<StoredEffects> decodeEffects(std::string_view bytes, const std::string& what);

std::string encodeNearest(const StoredNearest& nearest);
Result<StoredNearest> decodeNearest(std::string_view bytes, const std::string& what);

std::string encodeTokens(const std::vector<TokenId>& tokens);
Result<std::vector<TokenId>> decodeTokens(std::string_view bytes, const std::string& what);

/// Sorts them first.
std::string encodeSamples(std::vector<PassageSample> samples);
Result<std::vector<PassageSample>> decodeSamples(std::string_view bytes, const std::string& what);

std::string encodeWordFeatures(const std::vector<WordFeature>& features);
/// The first `most` of them.
Result<std::vector<WordFeature>> decodeWordFeatures(
    std::string_view bytes, std::size_t most, const std::string& what);

/// A column: exactly `size` floats.
std::string encodeColumn(const std::vector<float>& values);
Result<std::vector<float>> decodeColumn(
    std::string_view bytes, std::size_t size, const std::string& what);

} // namespace core
