#pragma once

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/model/hook_point.h"
#include "core/model/model_config.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

enum class FeatureActivation : std::uint8_t { Relu, JumpRelu, TopK };
enum class InputNormalization : std::uint8_t { None, LayerNorm, ConstantNormRescale };

/// What a dictionary is, without its weights.
struct DictionaryConfig {
    std::string name; ///< "saes/layer_2"; unique among those opened together.
    std::filesystem::path path;
    std::string format; ///< "SAELens", "circuit-tracer".
    std::string architecture; ///< As the format spells it: "standard", "topk", "jumprelu",
                              ///< "transcoder", ...
    bool isTranscoder = false; ///< Reads hookIn, predicts hookOut; an SAE rebuilds hookIn.
    int d_in = 0, d_out = 0, d_sae = 0;
    HookPoint hookIn, hookOut;
    FeatureActivation activation = FeatureActivation::Relu;
    bool reluAfterGate = true; ///< circuit-tracer's JumpReLU and TopK do not clip below zero.
    int k = 0; ///< TopK only.
    bool rescaleByDecoderNorm = false; ///< SAELens topk's rescale_acts_by_decoder_norm.
    bool applyBDecToInput = true; ///< SAEs that subtract b_dec first.
    bool flattensHeads = false; ///< SAELens' reshape_activations "hook_z": reads [.., heads,
                                ///< d_head] as [.., d_in].
    InputNormalization normalization = InputNormalization::None;
    std::string normalizationName = "none";
    std::string dtype = "float32"; ///< As stored.
    std::string baseModel;
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
    at::Tensor decoderRows; ///< [n, d_out]
};

/// A trained set of features for one place in a model: an SAE or a per-layer transcoder (DOMAIN.md
/// sections 2, 3). Weights are float32 at run time and may be views of the mapped file. Immutable
/// after opening.
class Dictionary {
public:
    const DictionaryConfig& config() const { return m_config; }

    Encoding encode(const at::Tensor& x) const; ///< x [.., d_in]
    /// feature_acts [.., d_sae] to the output [.., d_out]; `x` (the raw input) is needed for skip
    /// connections and for undoing a normalisation.
    at::Tensor decode(const at::Tensor& feature_acts, const at::Tensor& x) const;
    /// encode, then decode.
    at::Tensor reconstruct(const at::Tensor& x) const;
    /// The activations of a few features alone, [.., features.size()]; touches only their rows, but
    /// for TopK.
    at::Tensor activationsOf(const at::Tensor& x, const std::vector<FeatureId>& features) const;
    FeatureSlice slice(const std::vector<FeatureId>& features) const;
    at::Tensor activationsOf(const at::Tensor& x, const FeatureSlice& slice) const;
    /// What one unit of each feature adds to the model's activation: [features.size(), d_out] rows
    /// of W_dec. Where the input was normalised, `scale` (see `outputScale`) turns it into model
    /// units.
    at::Tensor decoderRows(const std::vector<FeatureId>& features) const;
    /// Model units per unit of the dictionary's output at each x: [.., 1]; ones without
    /// normalisation.
    at::Tensor outputScale(const at::Tensor& x) const;

    const at::Tensor& W_enc() const
    {
        return m_W_enc;
    } ///< [d_sae, d_in]: rows are features, whichever way it is stored.
    const at::Tensor& W_dec() const { return m_W_dec; } ///< [d_sae, d_out]
    const at::Tensor& b_enc() const { return m_b_enc; } ///< [d_sae]
    const at::Tensor& b_dec() const { return m_b_dec; } ///< [d_out]
    const at::Tensor& threshold() const { return m_threshold; } ///< [d_sae], JumpReLU only.
    const at::Tensor& W_skip() const { return m_W_skip; } ///< [d_out, d_in], skip transcoders only.

    /// For readers and trainers. Checks that shapes agree.
    struct Weights {
        at::Tensor W_enc, b_enc, W_dec, b_dec, threshold, W_skip; ///< W_enc [d_sae, d_in].
    };
    static Result<std::shared_ptr<const Dictionary>> create(
        DictionaryConfig config, Weights weights);

private:
    DictionaryConfig m_config;
    at::Tensor saeInput(const at::Tensor& x) const;
    at::Tensor activate(const at::Tensor& hidden_pre, const at::Tensor& threshold) const;

    at::Tensor m_W_enc, m_b_enc, m_W_dec, m_b_dec, m_threshold, m_W_skip;
    at::Tensor m_decoderNorms; // [d_sae], rescaleByDecoderNorm only
};

using Dictionaries = std::vector<std::shared_ptr<const Dictionary>>;

/// Opens a SAELens folder, a circuit-tracer per-layer transcoder set (a folder with config.yaml),
/// or a folder whose subfolders, one or two levels down, are such. A name is the last two parts of
/// the path ("saes/layer_2"), so that it does not depend on which folder was opened. Layers in
/// ascending order.
Result<Dictionaries> openDictionaries(const std::filesystem::path& path);

/// Whether a dictionary's widths and layers exist in a model; says which does not and what both
/// sides have.
Result<void> fitsModel(const DictionaryConfig& dictionary, const ModelConfig& model);

/// Writers, atomic per file: SAELens v6 folder (cfg.json, sae_weights.safetensors) ...
Result<void> saveSaeLens(
    const Dictionary& dictionary, const std::filesystem::path& folder, const std::string& dtype);
/// ... and a circuit-tracer transcoder set (config.yaml, layer_N.safetensors), one dictionary per
/// layer.
Result<void> saveTranscoderSet(const Dictionaries& layers, const std::filesystem::path& folder,
    const std::string& dtype, const std::string& modelName);

} // namespace core
