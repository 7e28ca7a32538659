#include "core/features/search_topic.h"

#include <algorithm>
#include <numeric>

namespace core {

namespace {

constexpr int kMostMatches = 10'000; // Ids of passages: a few milliseconds.
constexpr std::size_t kReadForOneUsed = 3; // Where phrases fail.
constexpr std::size_t kLeastPassagesCounted = 6;

/// 0 .. n-1, each beginning spread evenly: steps of the golden section.
std::vector<std::size_t> spreadOrder(std::size_t n)
{
    std::size_t step = std::max<std::size_t>(1, static_cast<std::size_t>(double(n) * 0.618));
    while (std::gcd(step, n) > 1)
        ++step;
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i)
        order[i] = i * step % n;
    return order;
}

/// Which tokens are part of the words; empty when the passage does not say what is wanted.
std::vector<char> wordTokens(const Passage& passage, const std::vector<std::string>& vocabulary,
    const ConceptQuery& query, ConceptQuery::Needs needs)
{
    std::string text;
    std::vector<std::size_t> ends;
    for (const TokenId id : passage.tokens) {
        if (id.isValid() && id.index() < vocabulary.size())
            text += vocabulary[id.index()];
        ends.push_back(text.size());
    }
    const auto words = query.wordsOf(text);
    if (!query.isMetBy(words, needs))
        return {};
    const auto said = query.saidWords(words);
    std::vector<char> isWord(passage.tokens.size(), 0);
    for (std::size_t w = 0; w < words.size(); ++w) {
        if (!said[w])
            continue;
        auto token = static_cast<std::size_t>(
            std::upper_bound(ends.begin(), ends.end(), words[w].begin) - ends.begin());
        for (; token < ends.size() && (token == 0 || ends[token - 1] < words[w].end); ++token)
            isWord[token] = 1;
    }
    return isWord;
}

} // namespace

bool isLarge(const std::map<std::int32_t, StoredDictionary>& dictionaries)
{
    constexpr std::int64_t kManyFeatures = 200'000;
    std::int64_t features = 0;
    for (const auto& [id, dictionary] : dictionaries)
        features += dictionary.d_sae;
    return features > kManyFeatures;
}

Result<Topic> findTopic(WorkspaceReader& reader, const ConceptQuery& query,
    ConceptQuery::Needs needs, std::int32_t corpus, std::size_t mostPassages,
    const std::stop_token& stop)
{
    const auto ids = reader.matchPassageIds(
        query.fullText(needs, ConceptQuery::Index::KeepsNoPlaces), corpus, kMostMatches, stop);
    if (!ids)
        return fail(ids.error());
    Topic topic;
    if (ids->empty())
        return topic;
    const auto vocabulary = reader.vocabulary();
    if (!vocabulary)
        return fail(vocabulary.error());
    std::size_t read = 0;
    for (const std::size_t place : spreadOrder(ids->size())) {
        if (stop.stop_requested())
            return cancelled();
        if (topic.passages.size() == mostPassages || read == kReadForOneUsed * mostPassages)
            break;
        ++read;
        const auto passage = reader.passage((*ids)[place]);
        if (!passage)
            return fail(passage.error());
        auto isWord = wordTokens(*passage, **vocabulary, query, needs);
        if (isWord.empty())
            continue;
        topic.tokens += static_cast<double>(isWord.size());
        topic.wordTokens += static_cast<double>(std::count(isWord.begin(), isWord.end(), char(1)));
        topic.passages.push_back({passage->id, std::move(isWord)});
    }
    topic.scale = double(ids->size()) / double(read);
    topic.tokens *= topic.scale;
    topic.wordTokens *= topic.scale;
    return topic;
}

Result<TopicSamples> countSamples(WorkspaceReader& reader, const StoredDictionary& dictionary,
    const Topic& topic, std::size_t most, const std::stop_token& stop)
{
    // One number a sample, sorted: a few thousand, of a dictionary of whatever width.
    std::vector<std::uint64_t> samples;
    std::size_t read = 0;
    for (const Topic::OfPassage& passage : topic.passages) {
        if (stop.stop_requested())
            return cancelled();
        if (samples.size() >= most && read >= kLeastPassagesCounted)
            break;
        ++read;
        const auto of = reader.samples(dictionary.id, passage.id);
        if (!of)
            return fail(of.error());
        for (const PassageSample& sample : *of) {
            if (sample.feature.value < 0 || sample.feature.value >= dictionary.d_sae)
                continue;
            const auto position = static_cast<std::size_t>(sample.position);
            const bool isWord = position < passage.isWord.size() && passage.isWord[position];
            samples.push_back(std::uint64_t(sample.feature.index()) << 1 | (isWord ? 1u : 0u));
        }
    }
    std::sort(samples.begin(), samples.end());
    TopicSamples counted;
    counted.scale
        = topic.scale * double(topic.passages.size()) / double(std::max<std::size_t>(1, read));
    for (const std::uint64_t sample : samples) {
        const FeatureId feature(static_cast<std::int64_t>(sample >> 1));
        if (counted.features.empty() || counted.features.back().feature != feature)
            counted.features.push_back({feature, 0, 0});
        counted.features.back().inTopic += 1;
        counted.features.back().onWords += static_cast<double>(sample & 1);
    }
    return counted;
}

} // namespace core
