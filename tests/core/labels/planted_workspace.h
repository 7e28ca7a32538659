#pragma once

#include "core/labels/contrast.h"
#include "core/labels/label_maker.h"
#include "tests/core/store/workspace_fixture.h"

#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tests {

/// A workspace whose features were planted by saying where they fire: 600 short texts about cities,
/// every fifth of them in the fog, one token a word.
class PlantedWorkspace {
public:
    /// The words of a text, the place in it, and how strongly the feature fires there.
    using Fires = std::function<double(const std::vector<std::string>& words, std::size_t at)>;

    PlantedWorkspace()
    {
        std::mt19937 random(5);
        const auto one
            = [&](const std::vector<std::string>& of) { return of[random() % of.size()]; };
        const std::vector<std::string> texan{"Dallas", "Houston", "Lubbock", "Austin"},
            others{"Oakland", "Fresno", "Chicago", "Peoria", "Miami", "Tampa", "Boston", "Salem"},
            things{"park", "street", "market", "river", "school", "museum", "garden", "house"},
            looks{"old", "green", "quiet", "large", "warm", "famous"},
            foggy{"fog", "bay", "bridge", "ferry"};
        for (int p = 0; p < 600; ++p) {
            const bool isFoggy = p % 5 == 0;
            std::vector<std::string> words{
                "<s>", p % 2 == 0 ? "In" : "Near", p % 3 == 0 ? one(texan) : one(others)};
            for (int s = 0; s < 4; ++s) {
                const std::string what = isFoggy ? one(foggy) : one(things);
                for (const std::string& word :
                    {std::string("the"), what, std::string("is"), one(looks), std::string(".")})
                    words.push_back(word);
            }
            texts.push_back(words);
        }
    }

    int plant(Fires fires)
    {
        features.push_back(std::move(fires));
        return static_cast<int>(features.size()) - 1;
    }

    /// Writes the workspace; `isNoted` says whether the harvest noted where features rest.
    void write(const std::filesystem::path& path, bool isNoted)
    {
        auto opened = core::WorkspaceWriter::open(path).value();
        std::vector<std::string> vocabulary;
        std::map<std::string, std::int32_t> ids;
        std::vector<core::Passage> passages;
        std::int64_t tokens = 0;
        for (const auto& words : texts) {
            core::Passage& passage = passages.emplace_back();
            for (const std::string& word : words) {
                const auto [known, isNew]
                    = ids.try_emplace(word, static_cast<std::int32_t>(vocabulary.size()));
                if (isNew)
                    vocabulary.push_back(word == "<s>" || word == "." ? word : " " + word);
                passage.tokens.emplace_back(known->second);
                passage.text
                    += word == "<s>" ? "" : vocabulary[static_cast<std::size_t>(known->second)];
            }
            tokens += static_cast<std::int64_t>(words.size()) - 1;
        }
        ASSERT_TRUE(opened->putVocabulary(vocabulary));
        core::HarvestedDictionary harvest;
        const auto size = features.size();
        harvest.dictionary = {0, "d", "/somewhere", "hash-1", "blocks.0.hook_resid_post",
            core::Layer(0), static_cast<std::int64_t>(size), false, tokens,
            opened->putCorpus("corpus-1", tokens, passages).value()};
        const core::CorpusText corpus(passages, vocabulary);
        core::FiringNotes notes(size, 64);
        for (std::size_t f = 0; f < size; ++f) {
            std::vector<core::Place> firing;
            for (std::int32_t p = 0; p < corpus.passages(); ++p)
                for (std::int32_t t = 1; t < corpus.length(p); ++t)
                    if (strength(f, {p, t}) > 0)
                        firing.push_back({p, t});
            std::vector<core::Place> kept;
            for (std::size_t i = 0; i < std::min<std::size_t>(64, firing.size()); ++i)
                kept.push_back(
                    firing[i * firing.size() / std::min<std::size_t>(64, firing.size())]);
            for (const core::Place& place : kept)
                harvest.samples[passages[static_cast<std::size_t>(place.passage)].id].push_back(
                    {core::FeatureId(static_cast<std::int64_t>(f)), place.position});
            const auto contrast = core::contrastPlaces(corpus, kept, f);
            for (std::size_t slot = 0; slot < contrast.size(); ++slot)
                if (strength(f, contrast[slot]) > 0)
                    notes.setFires(f, static_cast<int>(slot));
            for (std::size_t i = 0; i < kept.size(); ++i)
                notes.setStrength(f, i, strength(f, kept[i]));
            harvest.columns.density.push_back(
                static_cast<float>(double(firing.size()) / double(tokens)));
            harvest.columns.max.push_back(firing.empty() ? 0.0f : 1.0f);
            harvest.columns.mean.push_back(firing.empty() ? 0.0f : 1.0f);
            harvest.columns.samples.push_back(static_cast<float>(kept.size()));
            core::FeatureEvidence evidence;
            if (!kept.empty()) { // windows of whole texts
                core::StoredInterval interval{0.0f, 1.0f, 1.0, {}};
                for (std::size_t i = 0; i < kept.size(); i += 4) {
                    core::StoredExample example{
                        passages[static_cast<std::size_t>(kept[i].passage)].id, 0, {}};
                    for (std::int32_t t = 0; t < corpus.length(kept[i].passage); ++t)
                        example.activations.push_back(
                            static_cast<float>(strength(f, {kept[i].passage, t})));
                    interval.examples.push_back(example);
                }
                evidence.intervals = {interval};
            }
            harvest.evidence.push_back(evidence);
            harvest.effects.emplace_back();
            harvest.nearest.emplace_back();
            harvest.promoted.emplace_back();
            harvest.words.emplace_back();
            harvest.suggestedLabels.emplace_back();
        }
        if (isNoted)
            harvest.contrast = notes.bytes();
        ASSERT_TRUE(opened->putHarvest(harvest));
        writer = std::move(opened);
        reader = core::WorkspaceReader::open(path).value();
        dictionary = reader->dictionary("d").value().value();
    }

    double strength(std::size_t feature, core::Place place) const
    {
        const auto& words = texts[static_cast<std::size_t>(place.passage)];
        const auto at = static_cast<std::size_t>(place.position);
        return at == 0 ? 0.0 : features[feature](words, at);
    }
    core::FeatureKey key(int feature) const { return {dictionary.id, core::FeatureId(feature)}; }
    core::Label label(int feature) { return reader->label(key(feature)).value(); }
    core::StoredLabelTest test(int feature)
    {
        return reader->labelTest(key(feature), core::LabelSource::Suggested)
            .value()
            .value_or(core::StoredLabelTest());
    }

    std::vector<std::vector<std::string>> texts;
    std::vector<Fires> features;
    std::unique_ptr<core::WorkspaceWriter> writer;
    std::unique_ptr<core::WorkspaceReader> reader;
    core::StoredDictionary dictionary;
};

} // namespace tests
