#pragma once

namespace tests {

/// A person at work in the real window on the real engine until the program is killed: prompts,
/// changes, pins, set-ups, labels and harvests at random. Says on stdout what was found at the
/// start, each thing as it is done and each as it is acknowledged, a line each:
/// "is STATE", "did N STATE", "kept N", "labelling I TEXT", "labelled I TEXT", "label I TEXT",
/// "harvesting N", "amid DONE/TOTAL WHAT", "harvested N", "harvest N"; "torn WHAT" where the
/// statistics found are not of one harvest. Arguments: a folder, which is worked on from one start
/// to the next, and a seed.
int workUntilKilled(int argc, char** argv);

} // namespace tests
