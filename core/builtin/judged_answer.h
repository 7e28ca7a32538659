#pragma once

#include <string_view>

namespace core {

/// An answer by the world's own grammar and topics, sentence by sentence. A sentence that the limit
/// cut does not count.
struct JudgedAnswer {
    int sentences = 0;
    int grammatical = 0; ///< The world's writers could have produced it.
    int about = 0; ///< It could be said of the landmark.
    int telling = 0; ///< Of those, it could be said of at most three landmarks.
    bool repeats = false; ///< A sentence is said twice.

    /// What a reader accepts as an answer about the landmark: whole sentences, all grammatical,
    /// none twice, at least half of them about it and one that few other landmarks could have.
    bool isGood() const
    {
        return sentences > 0 && grammatical == sentences && !repeats && 2 * about >= sentences
            && telling > 0;
    }
};

/// `hasEnded`: the writer ended the text, the limit did not cut it. `landmark` is a position in
/// `landmarks()`.
JudgedAnswer judgeAnswer(std::string_view text, bool hasEnded, int landmark);

} // namespace core
