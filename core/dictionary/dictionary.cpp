#include "core/dictionary/dictionary.h"

#include "core/dictionary/feature_activation.h"
#include "core/dictionary/input_normalization.h"
#include "core/dictionary/sparse_decode.h"
#include "core/dictionary/weight_product.h"

#include <ATen/ATen.h>

namespace core {

namespace {

at::Tensor indexTensor(const std::vector<FeatureId>& features)
{
    at::Tensor index = at::empty({static_cast<std::int64_t>(features.size())}, at::kLong);
    auto* out = index.data_ptr<std::int64_t>();
    for (const FeatureId feature : features)
        *out++ = feature.value;
    return index;
}

at::Tensor selected(const at::Tensor& vector, const at::Tensor& index)
{
    return vector.defined() ? vector.index_select(0, index.to(vector.device())) : at::Tensor();
}

/// Rows of a matrix as float32, where `like` is.
at::Tensor rowsHere(const at::Tensor& W, const at::Tensor& index, const at::Tensor& like)
{
    return widenedRows(W, index).to(like.device());
}

} // namespace

at::Tensor Dictionary::plain(const at::Tensor& x, int head) const
{
    at::Tensor values = x;
    if (choosesHead())
        values = values.select(-2, head);
    else if (m_config.flattensHeads && x.size(-1) != m_config.d_in)
        values = values.flatten(-2);
    return values.scalar_type() == at::kFloat ? values : values.to(at::kFloat);
}

at::Tensor Dictionary::centred(const at::Tensor& x) const
{
    const at::Tensor values = plain(x, m_config.headIn);
    return m_config.centersInput && !m_isPrepared ? values - values.mean(-1, true) : values;
}

at::Tensor Dictionary::saeInput(const at::Tensor& x) const
{
    at::Tensor sae_in = centred(x);
    if (m_config.inputFactor != 1.0)
        sae_in = sae_in * m_config.inputFactor;
    sae_in = normalizeInput(sae_in, m_config.normalization);
    if (m_weights.b_in.defined())
        return sae_in - m_weights.b_in;
    return m_config.applyBDecToInput && !m_config.isTranscoder ? sae_in - m_weights.b_dec : sae_in;
}

at::Tensor Dictionary::product(const at::Tensor& sae_in) const
{
    const bool isGated = m_config.activation == FeatureActivation::Gated;
    at::Tensor h
        = encoderProduct(sae_in, m_weights.W_enc, isGated ? at::Tensor() : m_weights.b_enc);
    return m_config.rescaleByDecoderNorm ? h * m_decoderNorms : h;
}

bool Dictionary::needsAllFeatures() const
{
    return m_config.activation == FeatureActivation::TopK
        || m_config.activation == FeatureActivation::GroupMax;
}

Encoding Dictionary::encode(const at::Tensor& x) const
{
    const ActivationWeights weights{
        m_weights.threshold, m_weights.b_enc, m_weights.b_gate, m_weights.r_mag};
    Encoding encoding;
    encoding.sae_in = saeInput(x);
    const at::Tensor h = product(encoding.sae_in);
    encoding.hidden_pre
        = m_config.activation == FeatureActivation::Gated ? gatedMagnitude(h, weights) : h.clone();
    encoding.feature_acts = activate(h, m_config, weights);
    return encoding;
}

Encoding Dictionary::encodeBatch(const at::Tensor& x) const
{
    if (m_config.batchK <= 0.0)
        return encode(x);
    Encoding encoding;
    encoding.sae_in = saeInput(x);
    encoding.hidden_pre = product(encoding.sae_in);
    const at::Tensor all = at::relu(encoding.hidden_pre).flatten();
    const auto vectors = static_cast<double>(all.numel() / m_config.d_sae);
    const auto kept = std::min(static_cast<std::int64_t>(m_config.batchK * vectors), all.numel());
    const auto [values, indices] = all.topk(kept);
    encoding.feature_acts
        = at::zeros_like(all).scatter(0, indices, values).view(encoding.hidden_pre.sizes());
    return encoding;
}

at::Tensor Dictionary::activations(const at::Tensor& x) const
{
    return activate(product(saeInput(x)), m_config,
        {m_weights.threshold, m_weights.b_enc, m_weights.b_gate, m_weights.r_mag});
}

at::Tensor Dictionary::decode(const at::Tensor& feature_acts, const at::Tensor& x) const
{
    const at::Tensor acts = m_decodeScale.defined() ? feature_acts * m_decodeScale : feature_acts;
    const at::Tensor& W_dec = m_weights.W_dec;
    at::Tensor y = decodeActive(acts, W_dec.dim() == 3 ? W_dec.select(1, 0) : W_dec);
    y = y + m_weights.b_dec;
    if (m_config.outputFactor != 1.0)
        y = y * m_config.outputFactor;
    if (m_config.isTranscoder) {
        if (m_weights.W_skip.defined())
            y = y + at::linear(centred(x), m_weights.W_skip);
        return y.to(x.scalar_type());
    }
    const at::Tensor values = plain(x, m_config.headIn);
    y = undoNormalization(y,
        m_config.normalization == InputNormalization::None ? values : centred(x),
        m_config.normalization);
    if (m_config.centersInput && !m_isPrepared)
        y = y + values.mean(-1, true);
    y = y.to(x.scalar_type());
    if (choosesHead()) {
        at::Tensor whole = x.clone();
        whole.select(-2, m_config.headIn).copy_(y);
        return whole;
    }
    return m_config.flattensHeads && x.size(-1) != m_config.d_in ? y.view(x.sizes()) : y;
}

at::Tensor Dictionary::reconstruct(const at::Tensor& x) const
{
    return decode(activations(x), x);
}

FeatureSlice Dictionary::slice(const std::vector<FeatureId>& features) const
{
    const at::Tensor index = indexTensor(features);
    FeatureSlice slice;
    slice.features = features;
    slice.decoderRows = decoderRows(index);
    if (needsAllFeatures())
        return slice; // which features win needs them all
    slice.W_enc = rowsHere(m_weights.W_enc, index, m_weights.b_dec).contiguous();
    slice.b_enc = selected(m_weights.b_enc, index);
    slice.threshold = selected(m_weights.threshold, index);
    slice.b_gate = selected(m_weights.b_gate, index);
    slice.r_mag = selected(m_weights.r_mag, index);
    if (m_config.rescaleByDecoderNorm) {
        const at::Tensor norms = selected(m_decoderNorms, index);
        slice.W_enc = slice.W_enc * norms.unsqueeze(1);
        slice.b_enc = slice.b_enc * norms;
    }
    return slice;
}

at::Tensor Dictionary::activationsOf(const at::Tensor& x, const FeatureSlice& slice) const
{
    if (needsAllFeatures())
        return activations(x).index_select(-1, indexTensor(slice.features).to(x.device()));
    const bool isGated = m_config.activation == FeatureActivation::Gated;
    return activate(at::linear(saeInput(x), slice.W_enc, isGated ? at::Tensor() : slice.b_enc),
        m_config, {slice.threshold, slice.b_enc, slice.b_gate, slice.r_mag});
}

at::Tensor Dictionary::activationsOf(
    const at::Tensor& x, const std::vector<FeatureId>& features) const
{
    return activationsOf(x, slice(features));
}

at::Tensor Dictionary::decoderRows(const std::vector<FeatureId>& features) const
{
    return decoderRows(indexTensor(features));
}

at::Tensor Dictionary::decoderRows(const at::Tensor& index) const
{
    at::Tensor rows = rowsHere(m_weights.W_dec, index, m_weights.b_dec);
    if (rows.dim() == 3)
        rows = rows.sum(1);
    if (m_decodeScale.defined())
        rows = rows * selected(m_decodeScale, index).unsqueeze(1);
    return m_config.outputFactor == 1.0 ? rows : rows * m_config.outputFactor;
}

at::Tensor Dictionary::decoderRowsAt(const at::Tensor& index, int offset) const
{
    if (m_weights.W_dec.dim() == 3 && offset >= 0 && offset < m_config.layersWritten)
        return rowsHere(m_weights.W_dec.select(1, offset), index, m_weights.b_dec);
    if (m_weights.W_dec.dim() == 2 && offset == 0)
        return decoderRows(index);
    return at::zeros({index.numel(), m_config.d_out}, m_weights.b_dec.options());
}

at::Tensor Dictionary::encoderRows(const at::Tensor& index) const
{
    at::Tensor rows = rowsHere(m_weights.W_enc, index, m_weights.b_dec).contiguous();
    if (m_config.rescaleByDecoderNorm)
        rows = rows * selected(m_decoderNorms, index).unsqueeze(1);
    return m_config.inputFactor == 1.0 ? rows : rows * m_config.inputFactor;
}

at::Tensor Dictionary::outputScale(const at::Tensor& x) const
{
    return normalizationScale(
        centred(x), m_config.isTranscoder ? InputNormalization::None : m_config.normalization);
}

at::Tensor Dictionary::target(const at::Tensor& value) const
{
    if (m_config.isTranscoder)
        return value.to(at::kFloat);
    return plain(value, m_config.headIn);
}

at::Tensor Dictionary::W_enc() const
{
    return m_weights.W_enc.to(at::kFloat);
}

at::Tensor Dictionary::W_dec() const
{
    const at::Tensor& W = m_weights.W_dec;
    if (W.dim() == 2)
        return W.to(at::kFloat);
    at::Tensor sum = W.select(1, 0).to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
    for (std::int64_t offset = 1; offset < W.size(1); ++offset)
        sum.add_(W.select(1, offset));
    return sum;
}

std::int64_t Dictionary::bytes() const
{
    std::int64_t total = 0;
    for (const at::Tensor* tensor : {&m_weights.W_enc, &m_weights.b_enc, &m_weights.W_dec,
             &m_weights.b_dec, &m_weights.threshold, &m_weights.W_skip, &m_weights.b_gate,
             &m_weights.r_mag, &m_weights.b_in, &m_weights.decodeScale})
        if (tensor->defined())
            total += tensor->numel() * static_cast<std::int64_t>(tensor->element_size());
    return total;
}

} // namespace core
