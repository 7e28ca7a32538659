#include "core/dictionary/dictionary.h"

#include "core/dictionary/weight_product.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

// How dictionaries come to be: checked, and made from one another.
namespace core {

namespace {

/// Matrices of many megabytes stay unread in the map; a broken export nearly always shows in the
/// vectors too.
bool isReadWhole(const at::Tensor& tensor)
{
    constexpr std::int64_t kReadAtMost = 16'000'000;
    return tensor.dim() == 1 || tensor.numel() <= kReadAtMost;
}

struct Expected {
    const char* name;
    const at::Tensor* tensor;
    std::vector<std::int64_t> shape;
    bool isNeeded = true;
};

Result<void> check(const DictionaryConfig& config, const Expected& expected)
{
    const auto refuse = [&](const std::string& problem) {
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: tensor `{}` {}", config.path.string(), expected.name, problem));
    };
    const at::Tensor& tensor = *expected.tensor;
    if (!tensor.defined()) {
        if (!expected.isNeeded)
            return {};
        return refuse(fmt::format("is missing; a dictionary of architecture {} needs it. Export it "
                                  "again with all of its weights.",
            config.architecture));
    }
    if (tensor.sizes().vec() != expected.shape)
        return refuse(fmt::format("has shape [{}], the sizes d_in {}, d_out {}, d_sae {} ask for "
                                  "[{}]. The configuration may belong to other weights.",
            fmt::join(tensor.sizes().vec(), ", "), config.d_in, config.d_out, config.d_sae,
            fmt::join(expected.shape, ", ")));
    if (isReadWhole(tensor) && !std::isfinite(tensor.detach().sum(at::kDouble).item<double>()))
        return refuse("holds values that are not finite (NaN or infinity). Export or train it "
                      "again.");
    return {};
}

Result<void> checkConfig(const DictionaryConfig& config)
{
    const auto refuse = [&](const std::string& problem) {
        return fail(Error::Code::InvalidFile, fmt::format("{}: {}", config.path.string(), problem));
    };
    if (config.d_in <= 0 || config.d_out <= 0 || config.d_sae <= 0)
        return refuse(fmt::format("the sizes d_in {}, d_out {}, d_sae {} must all be above zero.",
            config.d_in, config.d_out, config.d_sae));
    if (!config.isTranscoder && config.d_in != config.d_out)
        return refuse(fmt::format("an SAE rebuilds what it reads, but d_in is {} and d_out is {}.",
            config.d_in, config.d_out));
    const bool counts = config.activation == FeatureActivation::TopK
        || config.activation == FeatureActivation::GroupMax;
    if (counts && (config.k <= 0 || config.k > config.d_sae))
        return refuse(fmt::format(
            "field `k` is {}; it must lie between 1 and d_sae = {}.", config.k, config.d_sae));
    if (config.activation == FeatureActivation::GroupMax && config.d_sae % config.k != 0)
        return refuse(fmt::format(
            "{} features cannot be cut into k = {} equal groups.", config.d_sae, config.k));
    if (config.rescaleByDecoderNorm
        && (config.activation == FeatureActivation::Gated || config.isCrossLayer))
        return refuse("activations in units of the decoder's length are not defined for gated and "
                      "cross-layer dictionaries.");
    return {};
}

} // namespace

Result<std::shared_ptr<const Dictionary>> Dictionary::create(
    DictionaryConfig config, Weights weights)
{
    if (auto checked = checkConfig(config); !checked)
        return fail(checked.error());
    const std::int64_t d_in = config.d_in, d_out = config.d_out, d_sae = config.d_sae;
    const bool jumps = config.activation == FeatureActivation::JumpRelu;
    const bool isGated = config.activation == FeatureActivation::Gated;
    const std::vector<std::int64_t> decoder = config.isCrossLayer
        ? std::vector<std::int64_t>{d_sae, config.layersWritten, d_out}
        : std::vector<std::int64_t>{d_sae, d_out};
    for (const Expected& expected : {
             Expected{"W_enc", &weights.W_enc, {d_sae, d_in}},
             Expected{"b_enc", &weights.b_enc, {d_sae}},
             Expected{"W_dec", &weights.W_dec, decoder},
             Expected{"b_dec", &weights.b_dec, {d_out}},
             Expected{"threshold", &weights.threshold, {d_sae}, jumps},
             Expected{"b_gate", &weights.b_gate, {d_sae}, isGated},
             Expected{"r_mag", &weights.r_mag, {d_sae}, isGated},
             Expected{"W_skip", &weights.W_skip, {d_out, d_in}, false},
             Expected{"b_in", &weights.b_in, {d_in}, false},
             Expected{"decodeScale", &weights.decodeScale, {d_sae}, false},
             Expected{"sparsity", &weights.logFiringFrequency, {d_sae}, false},
         })
        if (auto checked = check(config, expected); !checked)
            return fail(checked.error());

    // Vectors are used at every token and cost nothing: float32, whatever they are stored as.
    for (at::Tensor* vector :
        {&weights.b_enc, &weights.b_dec, &weights.threshold, &weights.b_gate, &weights.r_mag,
            &weights.b_in, &weights.decodeScale, &weights.logFiringFrequency, &weights.W_skip})
        if (vector->defined())
            *vector = vector->to(at::kFloat).contiguous();

    auto dictionary = std::make_shared<Dictionary>();
    dictionary->m_config = std::move(config);
    dictionary->m_weights = std::move(weights);
    dictionary->m_decodeScale = dictionary->m_weights.decodeScale;
    if (dictionary->m_config.rescaleByDecoderNorm) {
        dictionary->m_decoderNorms = rowNorms(dictionary->m_weights.W_dec);
        const at::Tensor inverse = dictionary->m_decoderNorms.clamp_min(1e-30).reciprocal();
        dictionary->m_decodeScale
            = dictionary->m_decodeScale.defined() ? dictionary->m_decodeScale * inverse : inverse;
    }
    return dictionary;
}

std::shared_ptr<const Dictionary> Dictionary::withoutCentring() const
{
    auto copy = std::make_shared<Dictionary>(*this);
    copy->m_isPrepared = true;
    return copy;
}

std::shared_ptr<const Dictionary> Dictionary::to(const at::Device& device, Matrices matrices) const
{
    auto copy = std::make_shared<Dictionary>(*this);
    Weights& w = copy->m_weights;
    for (at::Tensor* tensor :
        {&w.b_enc, &w.b_dec, &w.threshold, &w.W_skip, &w.b_gate, &w.r_mag, &w.b_in, &w.decodeScale,
            &w.logFiringFrequency, &copy->m_decoderNorms, &copy->m_decodeScale})
        if (tensor->defined())
            *tensor = tensor->to(device);
    for (at::Tensor* matrix : {&w.W_enc, &w.W_dec})
        *matrix = matrix->to(matrices == Matrices::OnTheHost ? at::Device(at::kCPU) : device);
    return copy;
}

bool Dictionary::streamsMatrices() const
{
    return m_weights.W_dec.device() != m_weights.b_dec.device();
}

Result<std::shared_ptr<const Dictionary>> Dictionary::withUnitDecoder() const
{
    const auto refuse = [&](const char* why) {
        return fail(Error::Code::Unsupported,
            fmt::format(
                "{}: its decoder cannot be brought to unit length: {}.", m_config.name, why));
    };
    if (m_config.isCrossLayer)
        return refuse("a cross-layer feature has a decoder row for every layer it writes to");
    const bool picks = needsAllFeatures() || m_config.activation == FeatureActivation::TanhRelu;
    if (picks && !m_config.rescaleByDecoderNorm)
        return refuse("that would change which features are active");

    const at::Tensor W_dec = this->W_dec();
    // A feature whose row is zero adds nothing; it keeps its scale.
    at::Tensor norms = rowNorms(W_dec);
    norms = norms.masked_fill(norms.le(0.0), 1.0);
    Weights folded = m_weights;
    DictionaryConfig config = m_config;
    folded.W_dec = W_dec / norms.unsqueeze(1);
    folded.W_enc = W_enc() * norms.unsqueeze(1);
    folded.b_enc = folded.b_enc * norms;
    if (folded.b_gate.defined())
        folded.b_gate = folded.b_gate * norms;
    if (config.rescaleByDecoderNorm)
        config.rescaleByDecoderNorm = false; // what was compared already counts in these units
    else if (folded.threshold.defined())
        folded.threshold = folded.threshold * norms;
    return create(std::move(config), std::move(folded));
}

} // namespace core
