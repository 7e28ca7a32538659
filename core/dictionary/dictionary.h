#pragma once

#include "core/base/ids.h"
#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/model/hook_point.h"
#include "core/model/model_config.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// How features come from hidden_pre h = sae_in W_enc + b_enc (docs/formats.md section 4).
enum class FeatureActivation : std::uint8_t {
    Relu,
    JumpRelu, ///< h where h > threshold.
    TopK, ///< The k largest of a token.
    Gated, ///< [p + b_gate > 0] relu(p exp(r_mag) + b_enc), p = sae_in W_enc.
    GroupMax, ///< The largest of each of k equal groups.
    TanhRelu ///< tanh(relu(h)).
};
enum class InputNormalization : std::uint8_t { None, LayerNorm, ConstantNormRescale };

/// What a dictionary's files say about its training text; changes no number.
struct TrainingFacts {
    std::optional<bool> prependBos;
    int contextSize = 0; ///< 0 = not said.
    std::string excludesSpecialTokens; ///< As written: "true", "[0, 1]"; empty = not said.
    std::string seqposSlice; ///< As written: "[1, null]"; empty = the whole window.
    std::string dataset, neuronpediaId;
    bool areConcepts = false; ///< Its rows are directions learnt from texts about named concepts.
};

/// What a dictionary is, without its weights.
struct DictionaryConfig {
    std::string name; ///< "saes/layer_2"; unique among those opened together.
    std::filesystem::path path;
    std::string format; ///< "SAELens", "circuit-tracer".
    std::string architecture; ///< As the format spells it: "standard", "topk", "jumprelu",
                              ///< "transcoder", ...
    bool isTranscoder = false; ///< Reads hookIn, predicts hookOut; an SAE rebuilds hookIn.
    int d_in = 0, d_out = 0, d_sae = 0;
    bool isPlaced = true; ///< False: the files do not say where in a model it belongs, hookIn and
                          ///< hookOut mean nothing. It can be looked at, but not put on a model.
    HookPoint hookIn, hookOut;
    int headIn = -1, headOut = -1; ///< The one attention head that is read or written; -1 = all.
    FeatureActivation activation = FeatureActivation::Relu;
    bool reluAfterGate = true; ///< circuit-tracer's JumpReLU and TopK do not clip below zero.
    bool picksBySize = false; ///< TopK picks by |h| (EleutherAI's `signed`).
    int k = 0; ///< TopK: features kept. GroupMax: groups.
    double batchK = 0; ///< A BatchTopK training checkpoint's k; see `encodeBatch`. 0 = none.
    bool rescaleByDecoderNorm = false; ///< Activations count in units of the decoder row's length:
                                       ///< h |W_dec| is compared, and kept (SAELens'
                                       ///< rescale_acts_by_decoder_norm).
    bool applyBDecToInput = true; ///< SAEs that subtract b_dec first.
    bool flattensHeads = false; ///< SAELens' reshape_activations "hook_z": reads [.., heads,
                                ///< d_head] as [.., d_in].
    bool centersInput = false; ///< Trained on a model whose writing weights were centred: takes the
                               ///< mean over d_model out of what our model gives, and puts it back.
    double inputFactor = 1.0, outputFactor = 1.0; ///< Fixed scales before b_dec and after the sum.
    InputNormalization normalization = InputNormalization::None;
    std::string normalizationName = "none";
    std::string dtype = "float32"; ///< As stored.
    std::string baseModel;
    bool isCrossLayer = false; ///< One layer of a cross-layer transcoder: writes to hookOut's layer
                               ///< and the layersWritten - 1 after it.
    int layersWritten = 1;
    TrainingFacts facts;
    std::vector<std::string> warnings; ///< What a person must know before believing its numbers.
};

/// An activation read by a dictionary and what it made of it. Leading dimensions are the input's.
struct Encoding {
    at::Tensor sae_in; ///< [.., d_in] after normalisation and b_dec.
    at::Tensor hidden_pre; ///< [.., d_sae]
    at::Tensor feature_acts; ///< [.., d_sae]
};

/// The rows of a few features, copied out once so that asking for their activations again and again
/// (each generated token) touches nothing else. Valid as long as its dictionary; made by
/// `Dictionary::slice`.
struct FeatureSlice {
    std::vector<FeatureId> features;
    at::Tensor W_enc; ///< [n, d_in]
    at::Tensor b_enc; ///< [n]
    at::Tensor threshold; ///< [n], JumpReLU only.
    at::Tensor b_gate, r_mag; ///< [n], Gated only.
    at::Tensor decoderRows; ///< [n, d_out]
};

/// A trained set of features for one place in a model: an SAE, a per-layer transcoder or one layer
/// of a cross-layer transcoder (docs/definitions.md sections 2, 3). Matrices stay as stored
/// (float32 or 16 bits, either way round, in the mapped file where they can); every number that
/// comes out is float32. Immutable after opening.
class Dictionary {
public:
    const DictionaryConfig& config() const { return m_config; }

    /// x is a value of hookIn, [.., d_in] or [.., heads, d_head] where heads are flattened or one
    /// is chosen.
    Encoding encode(const at::Tensor& x) const;
    /// As `encode`, with x as one batch of training: a BatchTopK training checkpoint keeps the k a
    /// vector largest of them all, as its training code does. Others know no batch.
    Encoding encodeBatch(const at::Tensor& x) const;
    /// feature_acts alone: no pass over [.., d_sae] but the product's own and one in place.
    at::Tensor activations(const at::Tensor& x) const;
    /// feature_acts [.., d_sae] to the output [.., d_out]; `x` (the raw input) is needed for skip
    /// connections, for undoing a normalisation, and for the other heads of a one-head dictionary.
    /// In x's type. One layer of a cross-layer transcoder gives its part of its own layer's output.
    at::Tensor decode(const at::Tensor& feature_acts, const at::Tensor& x) const;
    /// encode, then decode.
    at::Tensor reconstruct(const at::Tensor& x) const;
    /// The activations of a few features alone, [.., features.size()]; touches only their rows, but
    /// for TopK and GroupMax.
    at::Tensor activationsOf(const at::Tensor& x, const std::vector<FeatureId>& features) const;
    FeatureSlice slice(const std::vector<FeatureId>& features) const;
    at::Tensor activationsOf(const at::Tensor& x, const FeatureSlice& slice) const;
    /// What one unit of each feature adds to the model's activation: [features.size(), d_out].
    /// Where the input was normalised, `scale` (see `outputScale`) turns it into model units.
    /// Cross-layer: summed over the layers written.
    at::Tensor decoderRows(const std::vector<FeatureId>& features) const;
    at::Tensor decoderRows(const at::Tensor& index) const; ///< index [n], int64.
    /// Cross-layer: what it adds to the output of the layer `offset` layers after its own; zeros
    /// where it writes nothing. offset 0 of any other dictionary is `decoderRows`.
    at::Tensor decoderRowsAt(const at::Tensor& index, int offset) const;
    /// How each feature reads the normalised input: [n, d_in].
    at::Tensor encoderRows(const at::Tensor& index) const;
    /// Model units per unit of the dictionary's output at each x: [.., 1]; ones without
    /// normalisation.
    at::Tensor outputScale(const at::Tensor& x) const;
    /// The part of a value of hookOut that is rebuilt: [.., d_out], heads flattened or one chosen.
    at::Tensor target(const at::Tensor& value) const;

    /// The whole matrices in float32: views where stored so, otherwise widened copies; for a few
    /// features take the rows above. Without `inputFactor` and `outputFactor`.
    at::Tensor W_enc() const; ///< [d_sae, d_in]: rows are features, whichever way it is stored.
    at::Tensor W_dec() const; ///< [d_sae, d_out]; cross-layer: summed over the layers written.
    /// Cross-layer: the decoder to the layer `offset` layers after its own, [d_sae, d_out], as
    /// stored and in place.
    at::Tensor decoderAt(int offset) const { return m_weights.W_dec.select(1, offset); }
    const at::Tensor& b_enc() const { return m_weights.b_enc; } ///< [d_sae]
    const at::Tensor& b_dec() const { return m_weights.b_dec; } ///< [d_out]
    const at::Tensor& threshold() const { return m_weights.threshold; } ///< [d_sae], JumpReLU only.
    const at::Tensor& W_skip() const
    {
        return m_weights.W_skip;
    } ///< [d_out, d_in], skip transcoders only.
    const at::Tensor& b_gate() const { return m_weights.b_gate; } ///< [d_sae], Gated only.
    const at::Tensor& r_mag() const { return m_weights.r_mag; } ///< [d_sae], Gated only.
    /// [d_sae] log10 of how often each feature fired in training; undefined where the files do not
    /// say.
    const at::Tensor& logFiringFrequency() const { return m_weights.logFiringFrequency; }
    std::int64_t bytes() const; ///< Of its weights as stored.
    /// Takes a bias from its input that is not the one it adds to its output.
    bool subtractsOwnBias() const { return m_weights.b_in.defined(); }

    /// The same for vectors that were already prepared (taken from a file, a test): no centring, no
    /// choosing of a head. Shares the weights.
    std::shared_ptr<const Dictionary> withoutCentring() const;
    /// Where W_enc and W_dec are kept when a dictionary goes to a device that they do not fit: on
    /// the host, from where they go up a block at a time whenever they are used. Slower, with the
    /// same numbers.
    enum class Matrices : std::uint8_t { OnTheDevice, OnTheHost };
    /// The same on another device.
    std::shared_ptr<const Dictionary> to(
        const at::Device& device, Matrices matrices = Matrices::OnTheDevice) const;
    bool streamsMatrices() const; ///< They are on the host, what it answers is not.
    /// The same reconstruction with decoder rows of length one, as dashboards count activations
    /// (docs/formats.md section 4.1). Refused where it would change which features win (TopK).
    /// Copies the matrices.
    Result<std::shared_ptr<const Dictionary>> withUnitDecoder() const;

    /// For readers and trainers; `create` checks that shapes agree and that vectors are finite.
    struct Weights {
        at::Tensor W_enc; ///< [d_sae, d_in], as a view of either way round; float32 or 16 bits.
        at::Tensor b_enc; ///< [d_sae]; Gated: b_mag.
        at::Tensor W_dec; ///< [d_sae, d_out]; cross-layer [d_sae, layersWritten, d_out].
        at::Tensor b_dec; ///< [d_out]
        at::Tensor threshold = {}, W_skip = {}, b_gate = {}, r_mag = {};
        at::Tensor b_in = {}; ///< [d_in] subtracted from the input, where it is not b_dec.
        at::Tensor decodeScale = {}; ///< [d_sae] multiplies activations on decoding only.
        at::Tensor logFiringFrequency = {};
    };
    static Result<std::shared_ptr<const Dictionary>> create(
        DictionaryConfig config, Weights weights);

private:
    at::Tensor plain(const at::Tensor& x, int head) const; // [.., d] float32, one head or all
    at::Tensor centred(const at::Tensor& x) const; // plain input, without its mean if need be
    at::Tensor saeInput(const at::Tensor& x) const;
    at::Tensor product(const at::Tensor& sae_in) const; // h, or p for Gated
    bool needsAllFeatures() const;
    bool choosesHead() const { return m_config.headIn >= 0 && !m_isPrepared; }

    DictionaryConfig m_config;
    Weights m_weights;
    at::Tensor m_decoderNorms; // [d_sae], rescaleByDecoderNorm only
    at::Tensor m_decodeScale; // [d_sae], what activations are multiplied by on decoding, or none
    bool m_isPrepared = false; // see withoutCentring
};

using Dictionaries = std::vector<std::shared_ptr<const Dictionary>>;

/// One of several that cannot be used, and why.
struct DictionaryRefusal {
    std::string name;
    std::filesystem::path path;
    Error error;
};

struct OpenedDictionaries {
    Dictionaries dictionaries;
    std::vector<DictionaryRefusal> refused;
};

/// Opens whatever of docs/formats.md sections 4 and 5 lies at `path`: a file, a folder of one
/// dictionary or a set, or a folder with such up to four levels down. Formats are told by content.
/// Names are the last parts of the path ("saes/layer_2"), so that they do not depend on which
/// folder was opened. Layers in ascending order. One that does not open leaves the others alone; an
/// error when none opens.
Result<OpenedDictionaries> openThoseOf(const std::filesystem::path& path,
    const ProgressFn& progress = {}, const std::stop_token& stop = {});
/// The same where all are needed: the first refusal is the error.
Result<Dictionaries> openDictionaries(const std::filesystem::path& path,
    const ProgressFn& progress = {}, const std::stop_token& stop = {});
Result<Dictionaries> allOf(Result<OpenedDictionaries> opened);
/// What to say where not one of several opened.
Error noneOpened(const std::vector<DictionaryRefusal>& refused, const std::string& where);

/// Whether a dictionary's place, widths and layers exist in a model; says which does not and what
/// both sides have.
Result<void> fitsModel(const DictionaryConfig& dictionary, const ModelConfig& model);
/// What to say where a dictionary names another base model than the one at hand; empty where they
/// agree, by whichever of its usual names, or where one of them is not known.
std::string baseModelMismatch(const DictionaryConfig& dictionary, const ModelConfig& model);

/// What a whole cross-layer transcoder rebuilds: for each of its layers the output from all layers'
/// inputs x[l] [.., d_in]. `layers` are those of one set, in ascending order from layer 0.
Result<std::vector<at::Tensor>> reconstructLayers(
    const Dictionaries& layers, const std::vector<at::Tensor>& x);

/// Writers, atomic per file: SAELens v6 folder (cfg.json, sae_weights.safetensors) ...
Result<void> saveSaeLens(
    const Dictionary& dictionary, const std::filesystem::path& folder, const std::string& dtype);
/// ... and a circuit-tracer transcoder set (config.yaml, layer_N.safetensors), one dictionary per
/// layer.
Result<void> saveTranscoderSet(const Dictionaries& layers, const std::filesystem::path& folder,
    const std::string& dtype, const std::string& modelName);
/// ... and a cross-layer transcoder, its layers in ascending order from layer 0 (config.yaml,
/// W_enc_N.safetensors, W_dec_N.safetensors).
Result<void> saveCrossLayerSet(const Dictionaries& layers, const std::filesystem::path& folder,
    const std::string& dtype, const std::string& modelName);

} // namespace core
