#pragma once

#include "core/circuits/graph_matrix.h"

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace core {

/// What is known of a feature's meaning. Whatever is missing is left empty.
struct FeatureMeaning {
    std::set<std::string> words; ///< Of its label, `meaningWords`.
    std::set<std::int64_t> passages; ///< Of its strongest examples.
    std::vector<float> direction; ///< Of its decoder, [d_model].
};

/// The words of a label that mean something: in lower case, without the words that labels are built
/// with ("says", "fires on") and without those of `place`, the token where the feature stands.
std::set<std::string> meaningWords(const std::string& label, const std::string& place);

/// How alike two features are, 0 to 1: the largest of what their labels share, what their examples
/// share (both as the part of all they have that both have), the cosine of their decoder
/// directions, and that of what they do in this graph, of which less counts where their labels have
/// nothing in common.
double likeness(const FeatureMeaning& a, const FeatureMeaning& b, double effectsCosine);

/// The cosine of the direct effects of two features on all other nodes; 0 for different layers,
/// where one may be what the other makes of it.
double effectsCosine(const GraphMatrix& matrix, std::int64_t a, std::int64_t b);

/// Whether two features may stand in one box: at one position, in the same or neighbouring layers.
bool areNeighbours(const FeatureAt& a, const FeatureAt& b);

} // namespace core
