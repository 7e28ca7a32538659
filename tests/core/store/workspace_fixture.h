#pragma once

#include "tests/core/files/temporary_folder.h"

#include "core/store/workspace_reader.h"
#include "core/store/workspace_writer.h"

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace tests {

inline core::FeatureEvidence someEvidence(std::int64_t passage)
{
    core::FeatureEvidence evidence;
    evidence.histogram = {5, 0, 300};
    core::StoredInterval high{2.0f, 4.0f, 0.25, {}};
    high.examples.push_back({passage, 1, {0.0f, 4.0f, 0.0f, 1.5f}});
    high.examples.push_back({passage, 0, {3.0f}});
    evidence.intervals = {high, {0.0f, 2.0f, 0.75, {}}};
    return evidence;
}

/// A dictionary of four features with evidence, over a corpus of two passages.
inline core::HarvestedDictionary someHarvest(core::WorkspaceWriter& writer, const std::string& name)
{
    std::vector<core::Passage> passages{{0,
                                            {core::TokenId(0), core::TokenId(1), core::TokenId(2),
                                                core::TokenId(3), core::TokenId(70000)},
                                            "The bridges in the fog"},
        {0, {core::TokenId(3), core::TokenId(1)}, "A quiet library"}};
    core::HarvestedDictionary harvest;
    harvest.dictionary = {0, name, "/somewhere", "hash-1", "blocks.2.hook_resid_post",
        core::Layer(2), 4, false, 7, 0};
    harvest.dictionary.corpus = writer.putCorpus("corpus-1", 7, passages).value();
    harvest.columns = {{0.1f, 0.2f, 0.0f, 1.0f}, {4, 3, 0, 2}, {1, 2, 0, 1}, {2, 1, 0, 2}};
    harvest.evidence.assign(4, someEvidence(passages[0].id));
    harvest.effects.assign(4, {{{core::TokenId(1), 2.5f}}, {{core::TokenId(70000), -1.0f}}});
    harvest.nearest.assign(4, {{core::FeatureId(3), 0.5f}});
    harvest.promoted = {" bridge  fog", " book", "", " one"};
    harvest.words = {"bridge fog ferry", "library", "", "number"};
    harvest.suggestedLabels = {"bridge, fog", "library", "", "number"};
    harvest.samples[passages[0].id]
        = {{core::FeatureId(3), 2}, {core::FeatureId(0), 1}, {core::FeatureId(0), 4}};
    harvest.samples[passages[1].id] = {{core::FeatureId(1), 1}};
    return harvest;
}

} // namespace tests
