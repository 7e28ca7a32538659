#pragma once

#include "core/features/word_features.h"
#include "core/features/word_vectors.h"
#include "core/store/workspace_writer.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace bench {

/// A workspace as a harvest of many wide dictionaries leaves it, made up: passages of 200 topics
/// over 5,000 words with a long tail, features that fire in one topic, promote six of its words and
/// are told by four of them.
class GeneratedWorkspace {
public:
    static constexpr int kTopics = 200, kTopicWords = 25, kPassages = 20'000, kPassageTokens = 48,
                         kSamples = 16;

    GeneratedWorkspace()
    {
        for (int w = 0; w < kTopics * kTopicWords; ++w)
            m_vocabulary.push_back(" " + madeUpWord(w));
    }

    const std::vector<std::string>& vocabulary() const { return m_vocabulary; }
    int dictionaries(std::int64_t features) const { return features > 2'000'000 ? 10 : 8; }

    void write(const std::filesystem::path& path, std::int64_t features)
    {
        auto writer = core::WorkspaceWriter::open(path).value();
        check(writer->putVocabulary(m_vocabulary));
        for (int p = 0; p < kPassages; ++p) {
            core::Passage& passage = m_passages.emplace_back();
            for (int t = 0; t < kPassageTokens; ++t) {
                // Half of its topic, half of all words, few of them very often.
                const int word = m_random() % 2 ? wordOf(p % kTopics) : commonWord();
                passage.tokens.push_back(core::TokenId(word));
                passage.text += m_vocabulary[static_cast<std::size_t>(word)];
            }
        }
        m_tokens = std::int64_t(kPassages) * kPassageTokens;
        const std::int32_t corpus = writer->putCorpus("generated", m_tokens, m_passages).value();
        const auto vectors = core::WordVectors::learn(m_passages);
        check(writer->putWordVectors(corpus, vectors.write()));
        const int count = dictionaries(features);
        for (int d = 0; d < count; ++d) {
            core::DictionaryLabels labels;
            const core::HarvestedDictionary harvest
                = dictionary(d, features / count, corpus, labels);
            check(writer->putHarvest(harvest));
            const auto reader = core::WorkspaceReader::open(path).value();
            const auto stored = reader->dictionary(harvest.dictionary.name).value().value();
            labels.dictionary = stored.id;
            check(writer->putLabels(labels));
            check(core::storeWordFeatures(*reader, *writer, stored));
            std::fprintf(stderr, "  %s written\n", harvest.dictionary.name.c_str());
        }
        check(writer->pack());
    }

private:
    static void check(const core::Result<void>& done)
    {
        if (!done) {
            std::fprintf(stderr, "%s\n", done.error().message.c_str());
            std::exit(1);
        }
    }
    static std::string madeUpWord(int number)
    {
        static constexpr const char* kSyllables[]{"ba", "co", "du", "fe", "gi", "ho", "ju", "ka",
            "le", "mi", "no", "pu", "ra", "so", "ti", "va", "we", "xi", "yo", "zu"};
        std::string word;
        for (int i = 0; i < 3; ++i, number /= 20)
            word += kSyllables[number % 20];
        return word + "n"; // no ending that the stemmer takes away
    }
    int wordOf(int topic)
    {
        const unsigned a = m_random() % kTopicWords, b = m_random() % kTopicWords;
        return topic * kTopicWords + static_cast<int>(std::min(a, b));
    }
    int commonWord()
    {
        const double u = (m_random() % 100000 + 1) / 100000.0;
        return static_cast<int>(kTopics * kTopicWords * u * u * u * 0.999);
    }

    core::HarvestedDictionary dictionary(
        int number, std::int64_t size, std::int32_t corpus, core::DictionaryLabels& labels)
    {
        core::HarvestedDictionary out;
        out.dictionary = {0, "saes/layer_" + std::to_string(number), "/nowhere", "hash",
            "blocks.0.hook_resid_post", core::Layer(number), size, false, m_tokens, corpus};
        for (std::int64_t f = 0; f < size; ++f) {
            const int topic = static_cast<int>(m_random() % kTopics);
            core::StoredEffects effects;
            std::string promoted, words, label;
            for (int i = 0; i < 6; ++i) {
                const int word = m_random() % 4 ? wordOf(topic) : commonWord();
                effects.positive.emplace_back(core::TokenId(word), 2.0f - 0.1f * float(i));
                promoted += m_vocabulary[static_cast<std::size_t>(word)] + "\n";
            }
            for (int i = 0; i < 4; ++i)
                words += m_vocabulary[static_cast<std::size_t>(wordOf(topic))].substr(i ? 0 : 1);
            label = words.substr(0, words.find(' ', words.find(' ') + 1));
            const bool isDead = m_random() % 16 == 0;
            out.columns.density.push_back(
                isDead ? 0.0f : std::exp2(-14.0f + float(m_random() % 8192) / 1024));
            out.columns.max.push_back(isDead ? 0.0f : std::exp2(float(m_random() % 65536) / 13000));
            out.columns.mean.push_back(out.columns.max.back() / 3);
            out.columns.samples.push_back(isDead ? 0.0f : float(kSamples));
            out.columns.outputScore.push_back(float(m_random() % 1000) / 1000);
            core::FeatureEvidence evidence;
            if (!isDead) {
                evidence.histogram.assign(10, 3.0f);
                core::StoredInterval interval{0, out.columns.max.back(), 1.0, {}};
                for (int e = 0; e < 2; ++e)
                    interval.examples.push_back(
                        {passageOf(topic), 0, std::vector<float>(16, 0.5f)});
                evidence.intervals.push_back(std::move(interval));
                for (int s = 0; s < kSamples; ++s)
                    out.samples[passageOf(topic)].push_back(
                        {core::FeatureId(f), std::int32_t(m_random() % kPassageTokens)});
            }
            out.evidence.push_back(std::move(evidence));
            out.effects.push_back(std::move(effects));
            out.nearest.emplace_back();
            out.promoted.push_back(std::move(promoted));
            out.words.emplace_back();
            out.suggestedLabels.emplace_back();
            labels.words.push_back(std::move(words));
            labels.labels.push_back(std::move(label));
            labels.tests.push_back({0.5 + 0.5 * double(m_random() % 1000) / 1000, 0.65,
                "some_rule\t1\t0.5\tword", "", ""});
        }
        return out;
    }
    std::int64_t passageOf(int topic)
    {
        const auto at
            = static_cast<std::size_t>(topic) + kTopics * (m_random() % (kPassages / kTopics));
        return m_passages[at].id;
    }

    std::mt19937 m_random{1};
    std::vector<std::string> m_vocabulary;
    std::vector<core::Passage> m_passages;
    std::int64_t m_tokens = 0;
};

} // namespace bench
