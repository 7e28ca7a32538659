#include "core/store/feature_blobs.h"

#include "core/store/byte_stream.h"

#include <algorithm>
#include <cmath>

namespace core {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kSignedVersion = 2; // of evidence with activations below zero

bool hasNegative(const FeatureEvidence& evidence)
{
    for (const StoredInterval& interval : evidence.intervals)
        for (const StoredExample& example : interval.examples)
            for (const float a : example.activations)
                if (a < 0)
                    return true;
    return false;
}

void writeExample(ByteWriter& out, const StoredExample& example, bool isSigned)
{
    const auto peak = example.activations.empty()
        ? 0.0f
        : *std::max_element(example.activations.begin(), example.activations.end(),
            [](float a, float b) { return std::fabs(a) < std::fabs(b); });
    out.count(static_cast<std::uint64_t>(example.passage));
    out.count(static_cast<std::uint64_t>(example.start));
    out.value(peak);
    out.count(example.activations.size());
    // Most tokens do not fire: a bit for each, then 16 bits for those that do.
    std::vector<std::uint8_t> mask((example.activations.size() + 7) / 8);
    for (std::size_t i = 0; i < example.activations.size(); ++i)
        if (example.activations[i] != 0)
            mask[i / 8] |= static_cast<std::uint8_t>(1u << (i % 8));
    for (const std::uint8_t byte : mask)
        out.value(byte);
    for (const float a : example.activations)
        if (a != 0 && isSigned)
            out.value(static_cast<std::int16_t>(std::lround(32767.0 * (double(a) / peak))));
        else if (a != 0)
            out.value(static_cast<std::uint16_t>(std::lround(65535.0 * (double(a) / peak))));
}

StoredExample readExample(ByteReader& in, bool isSigned)
{
    StoredExample example;
    example.passage = static_cast<std::int64_t>(in.count());
    example.start = static_cast<std::int32_t>(in.count());
    const auto peak = in.value<float>();
    const std::uint64_t length = in.count();
    constexpr std::uint64_t kLongest
        = 4096; // Far above any window; keeps damage from asking for memory.
    if (length > kLongest || !(isSigned || peak >= 0) || !std::isfinite(peak)) {
        in.spoil();
        return {};
    }
    std::vector<std::uint8_t> mask((length + 7) / 8);
    for (std::uint8_t& byte : mask)
        byte = in.value<std::uint8_t>();
    example.activations.resize(length);
    for (std::size_t i = 0; i < length; ++i)
        if (mask[i / 8] >> (i % 8) & 1)
            example.activations[i] = static_cast<float>(double(peak)
                * (isSigned ? in.value<std::int16_t>() / 32767.0
                            : in.value<std::uint16_t>() / 65535.0));
    return example;
}

void writePairs(ByteWriter& out, const std::vector<std::pair<TokenId, float>>& pairs)
{
    out.count(pairs.size());
    for (const auto& [token, effect] : pairs) {
        out.count(static_cast<std::uint32_t>(token.value));
        out.value(effect);
    }
}

std::vector<std::pair<TokenId, float>> readPairs(ByteReader& in)
{
    std::vector<std::pair<TokenId, float>> pairs(in.size(5));
    for (auto& [token, effect] : pairs) {
        token = TokenId(static_cast<std::int64_t>(in.count()));
        effect = in.value<float>();
    }
    return pairs;
}

template <typename T> Result<T> checked(T value, const ByteReader& in, const std::string& what)
{
    if (auto good = in.check(what); !good)
        return fail(good.error());
    return value;
}

} // namespace

std::string encodeEvidence(const FeatureEvidence& evidence)
{
    const bool isSigned = hasNegative(evidence);
    ByteWriter out('E', isSigned ? kSignedVersion : kVersion);
    // Counts of at most a few hundred thousand: whole numbers in one to three bytes.
    out.count(evidence.histogram.size());
    for (const float bin : evidence.histogram)
        out.count(static_cast<std::uint64_t>(bin));
    out.count(evidence.intervals.size());
    for (const StoredInterval& interval : evidence.intervals) {
        out.value(interval.low);
        out.value(interval.high);
        out.value(interval.share);
        out.count(interval.examples.size());
        for (const StoredExample& example : interval.examples)
            writeExample(out, example, isSigned);
    }
    return out.take();
}

Result<FeatureEvidence> decodeEvidence(std::string_view bytes, const std::string& what)
{
    const bool isSigned = bytes.size() > 1 && static_cast<std::uint8_t>(bytes[1]) == kSignedVersion;
    ByteReader in(bytes, 'E', isSigned ? kSignedVersion : kVersion);
    FeatureEvidence evidence;
    evidence.histogram.resize(in.size(1));
    for (float& bin : evidence.histogram)
        bin = static_cast<float>(in.count());
    evidence.intervals.resize(in.size(17));
    for (StoredInterval& interval : evidence.intervals) {
        interval.low = in.value<float>();
        interval.high = in.value<float>();
        interval.share = in.value<double>();
        interval.examples.resize(in.size(7));
        for (StoredExample& example : interval.examples)
            example = readExample(in, isSigned);
    }
    return checked(std::move(evidence), in, what);
}

std::string encodeEffects(const StoredEffects& effects)
{
    ByteWriter out('L', kVersion);
    writePairs(out, effects.positive);
    writePairs(out, effects.negative);
    return out.take();
}

Result<StoredEffects> decodeEffects(std::string_view bytes, const std::string& what)
{
    ByteReader in(bytes, 'L', kVersion);
    StoredEffects effects;
    effects.positive = readPairs(in);
    effects.negative = readPairs(in);
    return checked(std::move(effects), in, what);
}

std::string encodeNearest(const StoredNearest& nearest)
{
    ByteWriter out('N', kVersion);
    out.count(nearest.size());
    for (const auto& [feature, cosine] : nearest) {
        out.count(static_cast<std::uint32_t>(feature.value));
        out.value(cosine);
    }
    return out.take();
}

Result<StoredNearest> decodeNearest(std::string_view bytes, const std::string& what)
{
    ByteReader in(bytes, 'N', kVersion);
    StoredNearest nearest(in.size(5));
    for (auto& [feature, cosine] : nearest) {
        feature = FeatureId(static_cast<std::int64_t>(in.count()));
        cosine = in.value<float>();
    }
    return checked(std::move(nearest), in, what);
}

std::string encodeTokens(const std::vector<TokenId>& tokens)
{
    ByteWriter out('T', kVersion);
    out.count(tokens.size());
    for (const TokenId token : tokens)
        out.count(static_cast<std::uint32_t>(token.value));
    return out.take();
}

Result<std::vector<TokenId>> decodeTokens(std::string_view bytes, const std::string& what)
{
    ByteReader in(bytes, 'T', kVersion);
    std::vector<TokenId> tokens(in.size(1));
    for (TokenId& token : tokens)
        token = TokenId(static_cast<std::int64_t>(in.count()));
    return checked(std::move(tokens), in, what);
}

std::string encodeSamples(std::vector<PassageSample> samples)
{
    std::sort(samples.begin(), samples.end());
    ByteWriter out('S', kVersion);
    out.count(samples.size());
    std::int32_t last = 0;
    for (const PassageSample& sample : samples) {
        out.count(static_cast<std::uint32_t>(sample.feature.value - last));
        out.count(static_cast<std::uint32_t>(sample.position));
        last = sample.feature.value;
    }
    return out.take();
}

Result<std::vector<PassageSample>> decodeSamples(std::string_view bytes, const std::string& what)
{
    ByteReader in(bytes, 'S', kVersion);
    std::vector<PassageSample> samples(in.size(2));
    std::int64_t feature = 0;
    for (PassageSample& sample : samples) {
        feature += static_cast<std::int64_t>(in.count() & 0xffffffff);
        sample.feature = FeatureId(feature);
        sample.position = static_cast<std::int32_t>(in.count());
    }
    return checked(std::move(samples), in, what);
}

std::string encodeWordFeatures(const std::vector<WordFeature>& features)
{
    ByteWriter out('W', kVersion);
    out.count(features.size());
    for (const WordFeature& one : features) {
        out.count(static_cast<std::uint64_t>(one.feature.value));
        out.value(static_cast<std::uint8_t>(std::lround(255.0f * one.share)));
    }
    return out.take();
}

Result<std::vector<WordFeature>> decodeWordFeatures(
    std::string_view bytes, std::size_t most, const std::string& what)
{
    ByteReader in(bytes, 'W', kVersion);
    std::vector<WordFeature> features(std::min(most, in.size(2)));
    for (WordFeature& one : features) {
        one.feature = FeatureId(static_cast<std::int64_t>(in.count()));
        one.share = static_cast<float>(in.value<std::uint8_t>()) / 255.0f;
    }
    if (!in.isGood())
        return fail(in.check(what).error());
    return features;
}

std::string encodeColumn(const std::vector<float>& values)
{
    ByteWriter out('C', kVersion);
    out.array(values);
    return out.take();
}

Result<std::vector<float>> decodeColumn(
    std::string_view bytes, std::size_t size, const std::string& what)
{
    ByteReader in(bytes, 'C', kVersion);
    auto values = in.array<float>();
    if (values.size() != size)
        in.spoil();
    return checked(std::move(values), in, what);
}

} // namespace core
