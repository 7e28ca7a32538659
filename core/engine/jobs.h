#pragma once

#include "core/api/builtin.h"
#include "core/api/dictionary_info.h"
#include "core/api/encode.h"
#include "core/api/evaluate.h"
#include "core/api/feature_card.h"
#include "core/api/features_on_text.h"
#include "core/api/harvest.h"
#include "core/api/run_model.h"
#include "core/api/tokenize.h"
#include "core/api/train.h"
#include "core/base/progress.h"
#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

/// Headless work of the command line that opens its own files and runs on the caller's thread until
/// done. Paths may be "builtin" or "builtin:NAME" wherever a model or a dictionary is asked for.
/// Output files are written to a temporary and renamed.
namespace core {

struct JobControl {
    std::string resources; ///< Folder with `builtin/`.
    std::string dataFolder; ///< Where a person's workspaces are kept.
    int threads = 0; ///< 0 = every core.
    std::string device = "auto", dtype = "float32"; ///< As in OpenModelRequest.
    ProgressFn progress;
    std::stop_token stop;
};

struct RunModelRequest {
    std::string model, text;
    std::vector<TokenId> ids; ///< Instead of `text`.
    std::vector<std::string> hooks; ///< Hook point names, * and ? allowed.
    std::string out; ///< Safetensors: input_ids, logits and the hook points asked for.
};

struct RunModelSummary {
    std::int64_t n_tokens = 0;
    double seconds = 0;
    std::vector<std::string> written; ///< Tensor names.
};

struct Tokenization {
    std::vector<TokenId> ids;
    std::vector<std::string> tokens;
    std::vector<std::pair<int, int>> offsets; ///< Byte ranges.
};

struct EncodeRequest {
    std::string dictionary;
    std::string inputFile, inputTensor; ///< Either a tensor of a file (safetensors, npz, pt) ...
    std::string model, text; ///< ... or a text read by a model.
    std::string out; ///< Safetensors: feature_acts, reconstruction, sae_in.
};

struct EncodeSummary {
    double l0 = 0;
    std::optional<double> fvu; ///< None where what should be rebuilt is not known: a transcoder
                               ///< given its input alone.
    std::int64_t vectors = 0;
};

struct FeatureOnText {
    std::string dictionary;
    FeatureId feature;
    float activation = 0; ///< Largest on the text (difference of the largest ones with `against`).
    std::vector<std::string> tokens; ///< The tokens where it fires.
};

struct HarvestJob {
    std::string model;
    std::vector<std::string> dictionaries;
    std::string corpus, workspace; ///< An empty corpus: the model writes its own text.
    std::int64_t tokens = 200'000;
};

struct TrainMetrics {
    std::int64_t step = 0, tokens = 0;
    double loss = 0, mse = 0, l0 = 0, fvu = 0, learningRate = 0, tokensPerSecond = 0;
    std::int64_t deadFeatures = 0;
};

struct Claim {
    std::string name;
    double value = 0, required = 0;
    bool isAtMost = false; ///< The value must be at most `required`; otherwise at least.
    bool isRequired = true; ///< Must hold with this version; otherwise measured and reported.
    bool holds = false;
    std::string note; ///< How it was measured, and on how much.
};

Result<RunModelSummary> runModelJob(const RunModelRequest& request, const JobControl& control);
Result<Tokenization> tokenizeJob(
    const std::string& model, const std::string& text, bool addSpecial, const JobControl& control);
Result<std::string> detokenizeJob(const std::string& model, const std::vector<TokenId>& ids,
    bool skipSpecial, const JobControl& control);

Result<std::vector<DictionaryInfo>> inspectDictionaries(
    const std::string& path, const JobControl& control);
Result<EncodeSummary> encodeJob(const EncodeRequest& request, const JobControl& control);
Result<std::vector<DictionaryQuality>> evaluateJob(const std::string& model,
    const std::string& dictionary, const std::string& corpus, std::int64_t tokens,
    const JobControl& control);
Result<HarvestSummary> harvestJob(const HarvestJob& job, const JobControl& control);

Result<std::vector<SearchHit>> searchJob(const std::string& workspace, const std::string& query,
    int layer, int limit, const JobControl& control);
Result<std::vector<FeatureOnText>> featuresByTextJob(const std::string& model,
    const std::string& dictionary, const std::string& text, const std::string& against, int limit,
    const JobControl& control);
Result<FeatureCard> featureCardJob(
    const std::string& workspace, const FeatureRef& feature, const JobControl& control);
Result<void> labelJob(const std::string& workspace, const FeatureRef& feature,
    const std::string& text, const JobControl& control);
Result<std::int64_t> exportLabelsJob(
    const std::string& workspace, const std::string& file, const JobControl& control);
Result<std::int64_t> importLabelsJob(
    const std::string& workspace, const std::string& file, const JobControl& control);

/// `configFile` holds SAELens' field names; `printConfig` writes a commented default for an
/// architecture.
Result<std::vector<TrainMetrics>> trainDictionaryJob(bool isTranscoder, const std::string& model,
    const std::string& corpus, const std::string& configFile, const std::string& out,
    bool isResuming, const JobControl& control);
Result<std::vector<TrainMetrics>> trainLanguageModelJob(const std::string& corpus,
    const std::string& configFile, const std::string& out, const JobControl& control);
Result<std::string> defaultTrainingConfig(const std::string& architecture);

Result<void> makeBuiltinJob(const std::string& out, std::uint64_t seed, const JobControl& control);
/// `folder` empty = the built-in one.
Result<std::vector<Claim>> checkBuiltinJob(const std::string& folder, const JobControl& control);

} // namespace core
