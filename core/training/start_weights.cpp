#include "core/training/start_weights.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace core {

Result<void> checkStart(const Dictionary& dictionary, const DictionaryTrainerOptions& options)
{
    const DictionaryConfig& config = dictionary.config();
    const auto refuse = [&](const std::string& why) {
        return fail(Error::Code::Unsupported,
            fmt::format("{}: training cannot begin with it: {}.", config.name, why));
    };
    if (!config.isPlaced || config.hookIn != options.hookIn || config.hookOut != options.hookOut)
        return refuse(fmt::format(
            "it is not a dictionary from {} to {}", options.hookIn.name(), options.hookOut.name()));
    if (config.headIn >= 0 || config.headOut >= 0 || config.flattensHeads || config.centersInput)
        return refuse("it reads the value of its hook in another way than training does");
    if (config.activation != FeatureActivation::Relu
        && config.activation != FeatureActivation::JumpRelu
        && config.activation != FeatureActivation::TopK)
        return refuse("its features are not thresholded sums (ReLU, JumpReLU, TopK)");
    if (config.normalization != InputNormalization::None || config.rescaleByDecoderNorm
        || config.picksBySize || dictionary.subtractsOwnBias())
        return refuse("it normalises its input or its features, which training does not");
    if (dictionary.W_skip().defined() != options.has_skip)
        return refuse(options.has_skip ? "it has no skip connection, the settings ask for one"
                                       : "it has a skip connection, the settings do not");
    return {};
}

DictionaryWeights startWeights(const Dictionary& dictionary, const DictionaryScaling& scaling,
    const DictionaryTrainerOptions& options, const std::vector<double>& outScales)
{
    const at::NoGradGuard noGrad;
    const at::Tensor all = at::arange(dictionary.config().d_sae, at::kLong);
    std::vector<at::Tensor> decoders;
    for (std::size_t offset = 0; offset < outScales.size(); ++offset)
        decoders.push_back(dictionary.decoderRowsAt(all, static_cast<int>(offset)).to(at::kFloat)
            * outScales[offset]);
    DictionaryWeights weights;
    weights.W_dec = at::cat(decoders, 1);
    const at::Tensor norm = weights.W_dec.norm(2, 1).clamp_min(1e-12); // [d_sae]
    weights.W_dec = weights.W_dec.div(norm.unsqueeze(1)).contiguous();

    const at::Tensor W_enc = dictionary.encoderRows(all).to(at::kFloat);
    at::Tensor b_enc = dictionary.b_enc().to(at::kFloat);
    at::Tensor b_dec = dictionary.b_dec().to(at::kFloat) * dictionary.config().outputFactor;
    weights.W_enc = (W_enc * (norm / scaling.in).unsqueeze(1)).contiguous();
    if (options.isTranscoder())
        b_enc = b_enc + at::mv(W_enc, scaling.inMean); // training centres the input itself
    else if (!dictionary.config().applyBDecToInput)
        b_enc = b_enc + at::mv(W_enc, b_dec); // training subtracts b_dec first
    if (dictionary.W_skip().defined()) {
        const at::Tensor W_skip = dictionary.W_skip().to(at::kFloat);
        b_dec = b_dec + at::mv(W_skip, scaling.inMean);
        weights.W_skip = (W_skip * (scaling.out / scaling.in)).contiguous();
    }
    weights.b_enc = (b_enc * norm).contiguous();
    weights.b_dec = (b_dec * scaling.out).contiguous();
    if (options.objective == DictionaryObjective::JumpRelu)
        weights.log_threshold = dictionary.threshold().defined()
            ? (dictionary.threshold().to(at::kFloat) * norm).clamp_min(1e-6).log().contiguous()
            : at::full({all.size(0)}, options.jumprelu_init_threshold, at::kFloat).log();
    return weights;
}

} // namespace core
