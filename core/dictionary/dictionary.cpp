#include "core/dictionary/dictionary.h"

#include "core/dictionary/input_normalization.h"
#include "core/dictionary/sparse_decode.h"
#include "core/model/transformer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace core {

namespace {

at::Tensor indexTensor(const std::vector<FeatureId>& features, const at::Device& device)
{
    at::Tensor index = at::empty({static_cast<std::int64_t>(features.size())}, at::kLong);
    for (std::size_t i = 0; i < features.size(); ++i)
        index[static_cast<std::int64_t>(i)] = features[i].value;
    return index.to(device);
}

Result<void> checkShape(const DictionaryConfig& config, const char* name, const at::Tensor& tensor,
    std::vector<std::int64_t> expected, bool isOptional = false)
{
    if (!tensor.defined()) {
        if (isOptional)
            return {};
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: tensor `{}` is missing; a dictionary of architecture {} needs it. "
                        "Export it again "
                        "with all of its weights.",
                config.path.string(), name, config.architecture));
    }
    if (tensor.sizes().vec() != expected)
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: tensor `{}` has shape [{}], the sizes d_in {}, d_out {}, d_sae {} ask "
                        "for [{}]. The "
                        "configuration may belong to other weights.",
                config.path.string(), name, fmt::join(tensor.sizes().vec(), ", "), config.d_in,
                config.d_out, config.d_sae, fmt::join(expected, ", ")));
    // Matrices of many megabytes stay unread in the map; a broken export nearly always shows in the
    // vectors too.
    constexpr std::int64_t kReadAtMost = 16'000'000;
    const bool isVector = tensor.dim() == 1;
    if ((isVector || tensor.numel() <= kReadAtMost)
        && !std::isfinite(tensor.detach().sum().item<double>()))
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: tensor `{}` holds values that are not finite (NaN or infinity). "
                        "Export or train it "
                        "again.",
                config.path.string(), name));
    return {};
}

} // namespace

Result<std::shared_ptr<const Dictionary>> Dictionary::create(
    DictionaryConfig config, Weights weights)
{
    const std::int64_t d_in = config.d_in, d_out = config.d_out, d_sae = config.d_sae;
    if (d_in <= 0 || d_out <= 0 || d_sae <= 0)
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: the sizes d_in {}, d_out {}, d_sae {} must all be above zero.",
                config.path.string(), d_in, d_out, d_sae));
    if (!config.isTranscoder && d_in != d_out)
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: an SAE rebuilds what it reads, but d_in is {} and d_out is {}.",
                config.path.string(), d_in, d_out));
    if (config.activation == FeatureActivation::TopK && (config.k <= 0 || config.k > d_sae))
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: field `k` is {}; it must lie between 1 and d_sae = {}.",
                config.path.string(), config.k, d_sae));

    const bool hasThreshold = config.activation == FeatureActivation::JumpRelu;
    for (const Result<void>& checked : {
             checkShape(config, "W_enc", weights.W_enc, {d_sae, d_in}),
             checkShape(config, "b_enc", weights.b_enc, {d_sae}),
             checkShape(config, "W_dec", weights.W_dec, {d_sae, d_out}),
             checkShape(config, "b_dec", weights.b_dec, {d_out}),
             checkShape(config, "threshold", weights.threshold, {d_sae}, !hasThreshold),
             checkShape(config, "W_skip", weights.W_skip, {d_out, d_in}, /*isOptional=*/true),
         })
        if (!checked)
            return fail(checked.error());

    auto dictionary = std::make_shared<Dictionary>();
    dictionary->m_config = std::move(config);
    dictionary->m_W_enc = std::move(weights.W_enc);
    dictionary->m_b_enc = std::move(weights.b_enc);
    dictionary->m_W_dec = std::move(weights.W_dec);
    dictionary->m_b_dec = std::move(weights.b_dec);
    dictionary->m_threshold = std::move(weights.threshold);
    dictionary->m_W_skip = std::move(weights.W_skip);
    if (dictionary->m_config.rescaleByDecoderNorm)
        dictionary->m_decoderNorms = at::norm(dictionary->m_W_dec, 2, -1);
    return dictionary;
}

/// hook_z arrives as [.., heads, d_head]; a caller may also have flattened it already.
static at::Tensor flattenHeads(const DictionaryConfig& config, const at::Tensor& x)
{
    return config.flattensHeads && x.size(-1) != config.d_in ? x.flatten(-2) : x;
}

at::Tensor Dictionary::saeInput(const at::Tensor& x) const
{
    const at::Tensor normalized = normalizeInput(flattenHeads(m_config, x), m_config.normalization);
    return m_config.applyBDecToInput && !m_config.isTranscoder ? normalized - m_b_dec : normalized;
}

at::Tensor Dictionary::activate(const at::Tensor& hidden_pre, const at::Tensor& threshold) const
{
    switch (m_config.activation) {
    case FeatureActivation::Relu:
        return at::relu(hidden_pre);
    case FeatureActivation::JumpRelu: {
        const at::Tensor open = at::gt(hidden_pre, threshold);
        return (m_config.reluAfterGate ? at::relu(hidden_pre) : hidden_pre)
            .masked_fill(at::logical_not(open), 0.0);
    }
    case FeatureActivation::TopK: {
        auto [values, indices] = at::topk(hidden_pre, m_config.k, -1);
        if (m_config.reluAfterGate)
            values = at::relu(values);
        return at::zeros_like(hidden_pre).scatter(-1, indices, values);
    }
    }
    return hidden_pre;
}

Encoding Dictionary::encode(const at::Tensor& x) const
{
    Encoding encoding;
    encoding.sae_in = saeInput(x);
    // A SAELens file keeps W_enc [d_in, d_sae]: as stored, one to eight rows take the decode
    // kernel.
    const bool isInOut = m_W_enc.stride(1) != 1;
    encoding.hidden_pre
        = Linear{isInOut ? m_W_enc.t() : m_W_enc, m_b_enc, isInOut}.apply(encoding.sae_in);
    if (m_config.rescaleByDecoderNorm)
        encoding.hidden_pre = encoding.hidden_pre * m_decoderNorms;
    encoding.feature_acts = activate(encoding.hidden_pre, m_threshold);
    return encoding;
}

at::Tensor Dictionary::decode(const at::Tensor& feature_acts, const at::Tensor& x) const
{
    const at::Tensor acts
        = m_config.rescaleByDecoderNorm ? feature_acts / m_decoderNorms : feature_acts;
    at::Tensor y = decodeActive(acts, m_W_dec) + m_b_dec;
    if (m_config.isTranscoder)
        return m_W_skip.defined() ? y + at::linear(flattenHeads(m_config, x), m_W_skip) : y;
    y = undoNormalization(y, flattenHeads(m_config, x), m_config.normalization);
    return m_config.flattensHeads && x.size(-1) != m_config.d_in ? y.view(x.sizes()) : y;
}

at::Tensor Dictionary::reconstruct(const at::Tensor& x) const
{
    return decode(encode(x).feature_acts, x);
}

FeatureSlice Dictionary::slice(const std::vector<FeatureId>& features) const
{
    const at::Tensor index = indexTensor(features, m_W_dec.device());
    FeatureSlice slice;
    slice.features = features;
    slice.decoderRows = m_W_dec.index_select(0, index);
    if (m_config.rescaleByDecoderNorm)
        slice.decoderRows = slice.decoderRows / m_decoderNorms.index_select(0, index).unsqueeze(1);
    if (m_config.activation == FeatureActivation::TopK)
        return slice; // which features win needs them all
    slice.W_enc = m_W_enc.index_select(0, index).contiguous();
    slice.b_enc = m_b_enc.index_select(0, index);
    if (m_threshold.defined())
        slice.threshold = m_threshold.index_select(0, index);
    if (m_config.rescaleByDecoderNorm) {
        const at::Tensor norms = m_decoderNorms.index_select(0, index);
        slice.W_enc = slice.W_enc * norms.unsqueeze(1);
        slice.b_enc = slice.b_enc * norms;
    }
    return slice;
}

at::Tensor Dictionary::activationsOf(const at::Tensor& x, const FeatureSlice& slice) const
{
    if (m_config.activation == FeatureActivation::TopK)
        return encode(x).feature_acts.index_select(-1, indexTensor(slice.features, x.device()));
    return activate(at::linear(saeInput(x), slice.W_enc, slice.b_enc), slice.threshold);
}

at::Tensor Dictionary::activationsOf(
    const at::Tensor& x, const std::vector<FeatureId>& features) const
{
    return activationsOf(x, slice(features));
}

at::Tensor Dictionary::decoderRows(const std::vector<FeatureId>& features) const
{
    return slice(features).decoderRows;
}

at::Tensor Dictionary::outputScale(const at::Tensor& x) const
{
    return normalizationScale(flattenHeads(m_config, x),
        m_config.isTranscoder ? InputNormalization::None : m_config.normalization);
}

} // namespace core
