#pragma once

#include "core/base/ids.h"
#include "core/circuits/attribution_graph.h"
#include "core/features/feature_card.h"
#include "core/steering/intervention.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// What requests ask and what they answer: plain values, immutable once sent, no tensors.
/// Every result carries what made it, so that a stale view can tell.
namespace core {

/// Which model to open or to look at, and how.
struct OpenModelRequest {
    std::string path; ///< A Hugging Face folder, or "builtin".
    std::string device; ///< "auto", "cpu", "cuda", "cuda:1"; empty = as the engine was started.
    std::string dtype; ///< "float32", "bfloat16", "float16", "int8"; empty likewise.
};

/// What a model will take in memory in one way of opening it.
struct MemoryCost {
    std::string device; ///< "cpu", "cuda:0".
    std::string dtype; ///< As in OpenModelRequest.
    std::int64_t mappedBytes = 0; ///< Weights that stay in their files; the system can drop them.
    std::int64_t weightBytes = 0; ///< Weights converted into memory.
    std::int64_t kvCacheBytes = 0, activationBytes = 0; ///< Two streams, at most 1,024 tokens.
    std::int64_t freeBytes = 0; ///< Free now on that device; 0 when the system does not say.
    bool fits = true;
    std::string note; ///< "weights stay in the file", "12 % of the weights round"; may be empty.

    std::int64_t total() const
    {
        return mappedBytes + weightBytes + kvCacheBytes + activationBytes;
    }
};

/// A model, before (inspect) or after loading.
struct ModelInfo {
    std::string path;
    std::string name;
    std::string modelType; ///< "gpt2", "llama", "gemma2".
    std::vector<std::string> parts; ///< What sets it apart, for people: "sliding window of 8 on
                                    ///< layers 0, 2", "4 query heads share a key head".
    int n_layers = 0, d_model = 0, n_heads = 0, n_key_value_heads = 0, d_head = 0, d_mlp = 0,
        d_vocab = 0, n_ctx = 0;
    std::int64_t parameters = 0;
    std::string dtype; ///< As stored: "float32", "bfloat16", "float16".
    std::int64_t bytes = 0; ///< Of the weight files.
    std::int64_t estimateBytes = 0; ///< Memory it takes in the way asked for: weights, KV cache,
                                    ///< activations.
    std::int64_t freeBytes = 0; ///< Memory free now.
    std::vector<MemoryCost> costs; ///< One for each way of opening it on this machine.
    std::string tokenizerType; ///< "byte-level BPE", "SentencePiece-style BPE".
    int tokenizerSize = 0;
    std::string tokenizerProblem; ///< Why it cannot read text, only ids; empty when it can.
    bool hasChatTemplate = false;
    std::string device; ///< "cpu", "cuda:0".
    std::string computeDtype; ///< As asked for: "float32", "int8".
    int threads = 0;
    bool isBlasSlow = false; ///< The linear algebra library is the slow reference one; `blasNote`
                             ///< says what to install.
    std::string blasNote;
    bool isLoaded = false;
};

enum class DictionaryKind : std::uint8_t { Sae, Transcoder, CrossLayerTranscoder };

struct DictionaryInfo {
    std::string name; ///< Unique among the open ones: "saes/layer_2".
    std::string path;
    std::string format; ///< "SAELens", "circuit-tracer".
    DictionaryKind kind = DictionaryKind::Sae;
    std::string architecture; ///< "standard", "topk", "jumprelu", "transcoder", "skip_transcoder".
    int d_in = 0, d_out = 0, d_sae = 0;
    Layer layer;
    std::string hookIn, hookOut;
    std::string normalization;
    std::string dtype;
    std::string baseModel; ///< The model it says it was made for.
    std::int64_t bytes = 0; ///< Of its weights as stored.
    bool isPlaced = true; ///< False: its files do not say where it belongs, hooks and layer are
                          ///< empty, and no model can use it.
    std::vector<std::string> facts; ///< About its training: "contexts of 128 tokens".
    bool isHarvested = false;
    std::int64_t harvestedTokens = 0;
    std::int64_t aliveFeatures = 0;
    std::string
        warning; ///< What a person must know before believing a picture; empty when all fits.
};

/// What is open now.
struct EngineState {
    ModelInfo model;
    std::vector<DictionaryInfo> dictionaries;
    std::string workspacePath;
};

/// Quality of one dictionary on one text.
struct DictionaryQuality {
    std::string dictionary;
    std::int64_t tokens = 0;
    double l0 = 0, fvu = 0, explainedVariance = 0, ceClean = 0, ceDictionary = 0, ceZero = 0,
           ceScore = 0, kl = 0, deadFraction = 0;
    std::vector<double> densityHistogram; ///< Features by log10 of density: below -6, then one bin
                                          ///< for each half decade up to 0.
    std::string warning; ///< What the numbers say against believing a picture; empty when nothing.
};

/// A short pass of the open model, on its device and in its precision, against the file's weights
/// in plain float32 on the CPU.
struct SelfCheck {
    std::string model, device, dtype;
    int tokens = 0;
    double maxLogitDifference = 0; ///< Largest |difference| of a logit, of the whole pass.
    double maxDecodeDifference = 0; ///< The same, token by token with the key-value cache.
    double logitSpread = 0; ///< Standard deviation of the reference's logits, to read it against.
    double meanKl = 0, maxKl = 0; ///< KL(reference || in use) over positions, nats.
    double topAgreement = 0; ///< Share of positions with the same most probable token.
    double seconds = 0;
    bool isGood = false; ///< Within what this precision should give.
    std::string verdict; ///< One sentence for people.
};

struct TokenInfo {
    TokenId id;
    std::string text; ///< As shown; bytes that are not UTF-8 alone are written <0xNN>.
    int begin = 0, end = 0; ///< Byte range in the prompt; equal for added special tokens.
};

struct AnalyzeRequest {
    std::string text;
    std::vector<std::string> dictionaries; ///< Names; empty = all open ones.
    int topFeatures = 40; ///< Rows of the heat map per dictionary, strongest by peak.
};

/// One feature over the tokens of a prompt.
struct FeatureTrace {
    FeatureRow row;
    std::vector<float> activations; ///< One per token.
    float peak = 0.0f;
};

struct NextToken {
    TokenId id;
    std::string text;
    float probability = 0.0f;
};

struct DictionaryAnalysis {
    std::string dictionary;
    std::vector<FeatureTrace>
        features; ///< The strongest, by peak over the prompt's non-special tokens.
    std::int64_t activeFeatures
        = 0; ///< How many fire anywhere on the prompt; more than shown are hidden.
    std::vector<int> l0; ///< Active features per token.
    std::vector<float> fvu; ///< Unexplained share per token.
};

struct PromptAnalysis {
    AnalyzeRequest request;
    std::string model;
    std::vector<TokenInfo> tokens;
    bool hasBos = false; ///< Token 0 is special: left out of peaks and means.
    std::vector<DictionaryAnalysis> dictionaries;
    std::vector<NextToken> next; ///< After the last token, most probable first.
    std::vector<float> tokenLoss; ///< -ln p of each token given those before; 0 for the first.
};

/// How a dictionary turns one activation into a few features: everything the diagram draws.
struct ArchitectureRequest {
    std::string text;
    std::string dictionary;
    Position position;
};

struct ActiveFeature {
    FeatureRow row;
    float hiddenPre = 0.0f; ///< Before the nonlinearity.
    float activation = 0.0f;
    float decoderNorm = 0.0f;
    std::vector<float> decoderColumn; ///< W_dec[i], [d_out].
};

struct ArchitectureView {
    ArchitectureRequest request;
    DictionaryInfo dictionary;
    std::string token;
    std::vector<float> input; ///< The activation read, [d_in].
    std::vector<float> target; ///< What should be rebuilt: the input (SAE) or the output hook's
                               ///< value (transcoder), [d_out].
    std::vector<float> reconstruction; ///< [d_out]
    std::vector<ActiveFeature> active; ///< Every active feature, strongest first.
    double reconstructionLoss = 0; ///< sum_d (target - reconstruction)^2
    double sparsityLoss = 0; ///< sum_i |f_i| ||W_dec,i||, before any coefficient.
    double fvu = 0;
    std::vector<NextToken> nextNormal; ///< The model's own next tokens at this position.
};

enum class FeatureSort : std::uint8_t { Index, Density, MaxActivation, Label };

struct FeatureQuery {
    std::vector<std::string> dictionaries; ///< Empty = all open ones.
    std::string text; ///< A concept; when not empty the order is by match and `sort` is ignored.
    FeatureSort sort = FeatureSort::MaxActivation;
    bool isDescending = true;
    bool isLabelledOnly = false; ///< Labels by a person.
    bool hideDead = true;
    double minDensity = 0.0, maxDensity = 1.0;
    int limit = 200; ///< Of a search by concept; ignored otherwise.
};

/// The features that match, in order. Rows are fetched by page.
struct FeatureList {
    FeatureQuery query;
    std::vector<FeatureRef> features;
    std::vector<std::string> why; ///< Search only: what matched, one per feature.
    std::int64_t total
        = 0; ///< How many match in all; more than `features` when a search was cut at `limit`.
};

struct LabelEdit {
    FeatureRef feature;
    Label label; ///< An empty text removes the person's label (a suggestion shows again).
};

struct GenerateSettings {
    int maxTokens = 60;
    double temperature = 0.0; ///< 0 = greedy.
    int topK = 0; ///< 0 = off.
    double topP = 1.0;
    double repetitionPenalty = 1.0, frequencyPenalty = 0.0;
    std::uint64_t seed = 0;
    bool freezeAttention
        = false; ///< The steered stream uses the normal stream's attention patterns on the prompt.
    bool measureKl = true; ///< Decodes a third row: the steered text without the change.
};

struct GenerateRequest {
    std::string prompt;
    bool isChat
        = false; ///< `prompt` is a user's message; the model's chat template goes around it.
    std::vector<TokenId> ids; ///< Used instead of `prompt` when not empty.
    GenerateSettings settings;
    std::vector<Intervention> interventions; ///< Empty: only the normal stream runs.
};

/// One token of both streams, as they are decoded together.
struct GenerateStep {
    int index = 0; ///< 0 is the first generated token.
    TokenInfo normal, steered; ///< An invalid id once that stream has ended.
    float normalLogprob = 0, steeredLogprob = 0;
    float kl = 0; ///< KL(steered || normal), nats, of the next-token distributions given the same
                  ///< (the steered) text.
    float deltaNormRatio
        = 0; ///< ||delta|| / ||x|| at the steered hook, largest over interventions.
};

struct StreamText {
    std::string text;
    std::vector<TokenInfo> tokens;
    std::vector<float> logprobs;
    double repetition = 0; ///< Share of generated 4-grams that were already said, 0 to 1.
};

struct Generation {
    GenerateRequest request;
    std::string model;
    StreamText normal, steered;
    std::vector<float> kl; ///< One per generated step, nats.
    std::vector<float> deltaNormRatio;
    double tokensPerSecond = 0; ///< Both streams counted.
    bool isComplete = true; ///< False when it was stopped.
    std::string note; ///< What was cut: "stopped at the context length of 256 tokens".
};

/// The program's own proposal for the strength of a feature: multiples tried, and the strongest
/// that keeps text whole.
struct SweetSpotRequest {
    FeatureRef feature;
    std::string prompt;
};

struct SweetSpot {
    SweetSpotRequest request;
    double multiple = 0; ///< Proposed clamp, in multiples of the maximum.
    struct Trial {
        double multiple = 0, kl = 0, repetition = 0, deltaNormRatio = 0;
        std::string text;
    };
    std::vector<Trial> trials;
};

struct TraceRequest {
    std::string prompt;
    std::vector<TokenId> ids;
    /// What to explain: "Austin", a token; "Austin - Sacramento", a logit difference; "#123", a
    /// vocabulary entry; each also as "...@7" at a position other than the last. Empty = the most
    /// probable next tokens by `settings`.
    std::vector<std::string> targets;
    TraceSettings settings;
    std::vector<std::string> dictionaries; ///< Empty = the open transcoders, one per layer, or
                                           ///< residual SAEs where no transcoder is open.
    /// Memory that tracing may take, bytes; 0 = four fifths of what is free. Where the whole matrix
    /// does not fit, the features with the most influence are traced and the result says so.
    std::int64_t memoryBytes = 0;
};

struct PruneRequest {
    std::uint64_t graph = 0;
    double nodeThreshold = 0.8, edgeThreshold = 0.98;
};

/// Sets one feature at one position to a value (circuit-tracer's feature intervention).
struct FeatureSetting {
    Layer layer;
    Position position;
    FeatureId feature;
    double value = 0; ///< The new activation; 0 = ablate.
};

struct InterveneRequest {
    std::string prompt;
    std::vector<TokenId> ids;
    std::vector<FeatureSetting> settings;
    std::vector<std::string> dictionaries; ///< Empty = the open transcoders, one per layer.
    bool freezeAttention = true;
    int constrainFirst = -1,
        constrainLast = -1; ///< Layers whose outputs are held while the change passes; -1 = none.
    int generate = 0; ///< Tokens to write after the change.
    bool comparesAttention = false; ///< Also with attention the other way: frozen and free.
};

struct InterveneResult {
    InterveneRequest request;
    std::vector<NextToken> before, after;
    std::string textBefore, textAfter;
    std::vector<NextToken> afterOther; ///< With `comparesAttention`: attention the other way.
    std::string textAfterOther;
};

/// Replace the features of one concept by those of another and read the answer.
struct SwapRequest {
    std::string prompt; ///< "The capital of the state containing Dallas is"
    std::string
        donor; ///< The same prompt about the other concept; supplies the features to put in.
    std::vector<std::string> dictionaries; ///< Empty = the open transcoders, one per layer.
};

struct SwapResult {
    SwapRequest request;
    std::vector<NextToken> before, after, donor;
    std::vector<FeatureRow> removed, inserted; ///< The features that changed.
    bool isSwapped = false; ///< The most probable token became the donor's.
};

struct HarvestRequest {
    std::vector<std::string> dictionaries; ///< Empty = all open ones.
    std::string corpusPath; ///< A text file; documents are separated by blank lines. Empty: the
                            ///< model writes its own text.
    std::int64_t tokens = 200'000;
};

struct HarvestSummary {
    std::int64_t tokens = 0;
    std::int64_t featuresAlive = 0, featuresTotal = 0;
    double seconds = 0;
};

} // namespace core
