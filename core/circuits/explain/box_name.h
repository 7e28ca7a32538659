#pragma once

#include <string>
#include <vector>

namespace core {

/// What a box of features may be called after.
struct BoxEvidence {
    struct Member {
        std::string label; ///< Empty: none.
        bool isByPerson = false;
        double influence = 0; ///< Its weight among the members.
        std::vector<std::string> promoted; ///< Tokens, the strongest first.
    };

    std::vector<Member> members; ///< The strongest first.
    std::string token; ///< Where it stands.
    bool isAtAnswer = false; ///< It stands where the answer is read.
    bool isNextToAnswer = false; ///< .. and most of its effect goes straight to the answer.
    bool raisesAnswer = false;
    std::string answer;
    std::vector<std::string> promoted; ///< By all members together as they fire here.
};

/// A label of two sides, "Texan cities → says Austin": the part that fits.
std::string labelSide(const std::string& label, bool isOutput);

/// A label in few words with both its sides: "Dallas, Houston, Waco … (says Texas)".
std::string middleName(const std::string& label);

/// Whether there is a label that a box can be named after.
bool hasTellingLabel(const BoxEvidence& evidence);

/// A short name: the label that most of the box's influence agrees with, of a two-sided one what it
/// says next to the answer (where it raises that by saying others, what it reads), else both sides;
/// "says Austin" for what stands next to the answer and promotes it; where there is no telling
/// label, what the graph itself shows (the token where it fires, what it does to the answer, or the
/// token that it promotes). A person's label always wins.
std::string boxName(const BoxEvidence& evidence);

/// Without white space around it and with an ellipsis where it is long.
std::string shortText(const std::string& text, std::size_t most = 40);

} // namespace core
