#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace core {

/// How a dictionary that is trained keeps its features few (docs/definitions.md section 2).
enum class TrainedArchitecture : std::uint8_t {
    BatchTopK,
    TopK,
    L1,
    JumpRelu,
    Gated,
    Matryoshka, ///< BatchTopK whose first features rebuild the target alone.
    AbsTopK ///< TopK by size: activations are signed.
};

/// What JumpReLU pays for what fires.
enum class FiringPenalty : std::uint8_t {
    Tanh, ///< A saturating function of an activation's size.
    Count, ///< L0.
    TargetCount ///< The square of L0's distance from a target.
};

/// What the learning rate does after its warm-up.
enum class LearningRateDecay : std::uint8_t {
    Cosine, ///< Down to zero over the run.
    LastFifth, ///< Constant, then linearly to zero over the last fifth.
    None
};

/// The text that activations are recorded on.
struct TrainingText {
    std::string path; ///< A .txt or .jsonl file or a folder of them; empty: the model writes its
                      ///< own.
    std::string field = "text"; ///< The text's field in each line of a .jsonl file.
    std::int64_t tokens = 200'000; ///< At most so many are read, or written; they are seen again
                                   ///< and again until the run has had its tokens. 0: all of a
                                   ///< file.

    double heldOut = 0.05; ///< Share of its documents that is not learned from but measured on.
    bool mixesFiles = true; ///< Of a folder: a document of each file in turn; else file after file.
    bool isCached = false; ///< Activations lie in the run's folder instead of memory.

    bool isWritten() const { return path.empty(); }
    bool operator==(const TrainingText&) const = default;
};

/// One setting that takes several values: a dictionary for each, all from one pass over the text.
struct TrainingSweep {
    std::string field; ///< "k", "lambda", "expansion" or "architecture"; empty: nothing is swept.
    std::vector<std::string> values; ///< As a configuration file writes them.

    bool isEmpty() const { return field.empty(); }
    bool operator==(const TrainingSweep&) const = default;
};

/// What to train on the open model, in plain values; lengths of time as shares of the run, so that
/// they hold for a short and a long one.
struct TrainingSettings {
    bool isTranscoder = false; ///< MLP input to MLP output; an SAE reads and rebuilds one place.
    bool isCrossLayer = false; ///< Transcoders: one (CLT) that reads every layer and writes to it
                               ///< and all later ones; `layers` is then empty.
    std::string hook = "hook_resid_post"; ///< Of an SAE, without "blocks.N.".
    std::vector<int> layers; ///< A dictionary for each, from one pass; empty = every layer.
    TrainedArchitecture architecture = TrainedArchitecture::Matryoshka;
    std::int64_t expansion = 8; ///< Features for each number of the activation: d_sae / d_in.
    std::int64_t k = 24; ///< TopK: active features a token; BatchTopK: on average.
    std::int64_t levels = 5; ///< Matryoshka: nested widths, each half of the next.
    double lambda = 1.0; ///< L1, Gated and JumpReLU: the weight of the penalty.
    FiringPenalty firingPenalty = FiringPenalty::Tanh; ///< JumpReLU.
    double targetL0 = 40.0; ///< JumpReLU with TargetCount.
    double lambdaWarmUp = 0.05; ///< Share of the run over which λ rises to its value.
    std::int64_t tokens = 1'000'000; ///< Trained on, repetitions included.
    std::int64_t batch = 2048; ///< Tokens a step.
    double learningRate = 2e-3;
    double warmUp = 0.05; ///< Share of the run over which the learning rate rises.
    LearningRateDecay decay = LearningRateDecay::Cosine;
    double deadWindow = 0.1; ///< A feature that fires nowhere for this share of the run is dead.
    bool restartsDead = true; ///< L1, Gated and JumpReLU: at a quarter, half and three quarters of
                              ///< the run. (Those with k have the auxiliary loss for it.)
    double auxiliary = 1.0 / 32.0; ///< Those with k: weight of the auxiliary loss.
    double clippedNorm = 1.0; ///< Gradients are scaled down together to this norm; 0 = never.
    bool startsFromData = false; ///< Features begin as tokens of the text, else at random.
    bool startsAtMedian = false; ///< b_dec begins at the geometric median, else at the mean.
    bool hasFreeDecoder = false; ///< L1, Gated and JumpReLU: decoder rows of any length, which the
                                 ///< penalty counts; else they are kept at length one.
    double decoderNorm = 0.1; ///< Of free rows at the start.
    bool hasSkip = false; ///< Transcoders: a linear path beside the features.
    std::int64_t seed = 0;
    std::string startFrom; ///< Path of a dictionary, or of a set, to begin with its weights
                           ///< (fine-tuning); `expansion` is then not used. Empty: new ones.
    double measureEvery = 0.025; ///< Share of the run between two measurements, behind one at its
                                 ///< start; 0: only at the end.
    double checkpointEvery = 60.0; ///< Seconds: what a crash may cost at most.
    std::string dtype = "float32"; ///< Of the file: or "float16", "bfloat16".
    TrainingSweep sweep;

    bool hasK() const
    {
        return architecture != TrainedArchitecture::L1
            && architecture != TrainedArchitecture::JumpRelu
            && architecture != TrainedArchitecture::Gated;
    }
    bool operator==(const TrainingSettings&) const = default;
};

} // namespace core
