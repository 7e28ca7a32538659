#pragma once

#include "core/api/attribution_graph.h"
#include "core/api/node_key.h"
#include "core/api/story.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct Explanation;

/// Tells a traced graph as a story: a few boxes of nodes that mean the same, and a sentence for
/// each arrow between them, measured in the model (docs/definitions.md section 6.6).
struct ExplainRequest {
    using Answer = Explanation;
    static constexpr std::string_view kName = "explain";

    /// As it is shown: its nodes are what boxes are made of. Its unpruned matrix must be here
    /// still.
    std::shared_ptr<const AttributionGraph> graph;
    int logit = -1; ///< The node to explain; -1 = the most probable one.
    double share = 0.6; ///< Of the influence on it that the boxes are to carry, 0 to 1.
    int mostBoxes = 7; ///< Words and the answer included; at least 3.
    /// Merging ends where the subgraph's replacement score would have fallen by more than this.
    double mostLost = 0.05;
    double leastLikeness = 0.3; ///< Of two boxes that become one, 0 to 1.
    bool freezesAttention = true; ///< In the checks: patterns stay those of the unchanged prompt.
};

/// A few nodes under one name.
struct ExplainedBox {
    std::string name;
    std::vector<NodeKey> nodes; ///< The strongest first.
    NodeKind kind = NodeKind::Feature; ///< Feature, Token or Logit.
    double share = 0; ///< Of the influence on the answer: what passes through it to the boxes.
    /// Features: the sum of its members' activations. The answer: its logit, of a difference that
    /// of both. 0 for words.
    double activation = 0;
};

/// A word of the prompt that no box stands for.
struct WordLeftOut {
    std::string name;
    double influence = 0; ///< Share of the influence on the answer that begins at it.
};

/// What one box does to another: by the graph, and in the model when the first is taken out.
struct ExplainedArrow {
    int from = 0, to = 0; ///< Boxes.
    double effect = 0; ///< Sum of the graph's direct effects.
    double share = 0; ///< Of the influence on the answer: what passes along it.
    double targetBefore = 0, targetAfter = 0; ///< `activation` of the target with and without.
    /// Probability of the answer with and without; of a difference its logit difference.
    double answerBefore = 0, answerAfter = 0;
    bool isBorneOut = false; ///< The target moved the way the graph says, and not just a little.
    /// "{from} raises {to} by 5.0; without it {to} falls from 6.1 to 0.4": names are left open, so
    /// that a box may be given another.
    std::string pattern;
};

struct Explanation {
    ExplainRequest request;
    std::vector<ExplainedBox> boxes; ///< Words, features from the bottom up, the answer.
    std::vector<ExplainedArrow> arrows; ///< As the lines of the story.
    double probability = 0; ///< Of the answer.
    /// Shares of the influence on the answer; they sum to 1.
    double carried = 0; ///< Ways from the boxes' words to the answer that stay in the boxes.
    double throughErrors = 0; ///< Enters the boxes at error nodes.
    double leftOut = 0; ///< Enters the boxes from other features and words.
    std::vector<WordLeftOut> wordsLeftOut; ///< The few with the most influence.
    double replacementScore = 0; ///< Of the graph's features, before merging ..
    double mergedScore = 0; ///< .. and after.
    int features = 0; ///< Of the graph that were merged and chosen from.
    bool isFewest = false; ///< No smaller choice carries as much; else the search ended early.
    Story story;
    double seconds = 0;
};

} // namespace core
