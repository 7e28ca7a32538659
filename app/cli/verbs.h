#pragma once

#include "app/cli/options.h"

namespace cli {

/// A file of verbs defines one of these, which adds them to the program.
using AddVerbs = void(Verb& program);

AddVerbs addModelVerbs, addTokenizeVerbs, addGenerateVerb, addSweepVerb, addDictionaryVerbs,
    addHarvestVerb, addWriteVerb, addPackVerb, addFeatureVerbs, addTrainVerbs, addTraceVerb,
    addExplainVerb, addInterveneVerb, addSwapVerbs, addPatchVerbs, addSessionVerbs, addBuiltinVerbs;

/// Of the group `features`.
void addSteeringVerb(Verb& features);
void addRisenWordsVerb(Verb& features);
void addLabelVerbs(Verb& features);

/// Of the group `dictionary`.
void addEvaluateVerb(Verb& dictionary);
void addCompareVerb(Verb& dictionary);

/// Of the group `train`.
void addKnownFeaturesVerb(Verb& train);
void addConceptsVerb(Verb& train);

/// In the order of --help. A new verb is a file of its own and its name here and above.
inline constexpr AddVerbs* kVerbs[] = {addModelVerbs, addTokenizeVerbs, addGenerateVerb,
    addSweepVerb, addDictionaryVerbs, addHarvestVerb, addWriteVerb, addPackVerb, addFeatureVerbs,
    addTrainVerbs, addTraceVerb, addExplainVerb, addInterveneVerb, addSwapVerbs, addPatchVerbs,
    addSessionVerbs, addBuiltinVerbs};

} // namespace cli
