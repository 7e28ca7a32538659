#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// How well one label can be told from a few features of a dictionary.
struct ProbedLabel {
    std::string label;
    std::int64_t examples = 0;
    double accuracy = 0; ///< From the whole activation; 0.5 is guessing, as below.
    std::vector<double> accuracyOfFeatures, accuracyOfNeurons; ///< For each k.
    std::vector<std::int64_t> features; ///< Of the largest k, the telling ones first.
};

struct SparseProbe {
    std::string dictionary, labelField;
    std::int64_t documents = 0;
    std::vector<int> ks;
    double accuracy = 0; ///< Means over labels.
    std::vector<double> accuracyOfFeatures, accuracyOfNeurons;
    std::vector<ProbedLabel> labels; ///< Those with too few texts are left out.
    std::string note;
};

/// Sparse probing as SAEBench defines it (docs/definitions.md section 2.4).
struct ProbeRequest {
    using Answer = SparseProbe;
    static constexpr std::string_view kName = "probe";

    std::string dictionary; ///< The name of an open one.
    std::string corpusPath; ///< .jsonl, a file or a folder; "builtin": texts of the built-in world.
    std::string textField = "text";
    std::string labelField; ///< Of the built-in world: kind, language, topic.
    std::int64_t documents = 4'000; ///< At most so many.
    std::vector<int> ks{1, 2, 5};
};

/// How much of one label features have taken over that do not stand for it.
struct AbsorbedLabel {
    std::string label;
    std::int64_t examples = 0; ///< Words of the test half that the probe knows.
    double probeF1 = 0, featureF1 = 0;
    std::vector<std::int64_t> mainFeatures; ///< That stand for it.
    double fraction = 0, full = 0; ///< Mean absorption fraction; share of full absorption.
};

/// From this F1 of the probe on the activation on the model is said to know a label.
inline constexpr double kProbeKnowsFrom = 0.5;

struct Absorption {
    std::string dictionary;
    std::int64_t words = 0;
    std::int64_t labelsKnown = 0; ///< Whose probe reaches `kProbeKnowsFrom`.
    double fraction = 0, full = 0; ///< Means over those; 0 where there are none.
    std::vector<AbsorbedLabel> labels;
    std::string note;
};

/// Feature absorption as SAEBench defines it (docs/definitions.md section 2.5), on words: read one
/// at a time, at their last token.
struct AbsorptionRequest {
    using Answer = Absorption;
    static constexpr std::string_view kName = "absorption";

    std::string dictionary; ///< The name of an open one.
    /// "first-letter": tokens of the vocabulary that are words, by their first letter; "builtin":
    /// words of the built-in world, by what they are; else .jsonl with a text and a label.
    std::string words = "first-letter";
    std::string textField = "text", labelField = "label";
    std::int64_t most = 4'000; ///< At most so many.
};

} // namespace core
