#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Quality of one dictionary on one text.
struct DictionaryQuality {
    std::string dictionary;
    std::int64_t tokens = 0;
    double l0 = 0, fvu = 0, explainedVariance = 0, ceClean = 0, ceDictionary = 0, ceZero = 0,
           ceScore = 0, kl = 0, deadFraction = 0;
    std::vector<double> densityHistogram; ///< Features by log10 of density: below -6, then one bin
                                          ///< for each half decade up to 0.
    std::string note; ///< What was put in front of the text, and why; empty when nothing.
    std::string warning; ///< What the numbers say against believing a picture; empty when nothing.
};

/// Measures one open dictionary on one text.
struct EvaluateRequest {
    using Answer = DictionaryQuality;
    static constexpr std::string_view kName = "evaluate";

    std::string dictionary; ///< Its name.
    std::string text; ///< Documents are separated by blank lines.
    std::string corpusPath; ///< A text file, instead of `text`.
    std::int64_t tokens = 0; ///< At most so many; 0 = all.
};

} // namespace core
