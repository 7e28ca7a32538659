#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct LearnedConcept {
    std::string name;
    std::int64_t texts = 0, tokens = 0; ///< Read; a quarter of the texts only for `separation`.
    std::int64_t named = 0; ///< Tokens of its name among them; 0: learnt from topic alone.
    /// How often a held-out text about it fires more than one about another; 0.5 is chance.
    double separation = 0;
};

struct LearnedConcepts {
    std::string folder; ///< Of the dictionary, to open.
    std::string labels; ///< A file of its features' names, for ImportLabelsRequest.
    std::vector<LearnedConcept> concepts; ///< In the order of features.
    double seconds = 0;
};

/// Makes a feature for each concept of which there are texts: the direction of the residual stream
/// that tells them from the others' (docs/definitions.md section 4.8), saved as a dictionary that
/// opens, harvests and steers like any other. What it is not is a part of an SAE: no feature of one
/// need point there.
struct LearnConceptsRequest {
    using Answer = LearnedConcepts;
    static constexpr std::string_view kName = "learn-concepts";

    /// A folder with a file of texts for each concept, named as the texts write it
    /// ("Golden Gate Bridge.jsonl"); .txt and .jsonl as a harvest reads them.
    std::string texts;
    std::string field = "text"; ///< Of a .jsonl: a text or a conversation.
    int layer = 0; ///< The residual stream after it.
    std::int64_t tokensEach = 20'000; ///< At most so many of a concept are read.
    std::string out; ///< A new folder; written whole, or not at all.
};

} // namespace core
