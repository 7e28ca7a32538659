#include "app/cli/quality_text.h"

#include <fmt/format.h>

namespace cli {

namespace {

Json spread(const core::FeatureSpread& of)
{
    return {{"q05", of.q05}, {"q25", of.q25}, {"q50", of.median}, {"q75", of.q75}, {"q95", of.q95}};
}

} // namespace

Json qualityJson(const core::DictionaryQuality& q)
{
    return {{"dictionary", q.dictionary}, {"note", q.note}, {"tokens", q.tokens}, {"l0", q.l0},
        {"l1", q.l1}, {"fvu", q.fvu}, {"explained_variance", q.explainedVariance},
        {"explained_variance_legacy", q.explainedVarianceLegacy}, {"mse", q.mse},
        {"cossim", q.cosine}, {"l2_norm_in", q.l2In}, {"l2_norm_out", q.l2Out},
        {"l2_ratio", q.l2Ratio}, {"relative_reconstruction_bias", q.relativeReconstructionBias},
        {"ce_clean", q.ceClean}, {"ce_sae", q.ceDictionary}, {"ce_zero", q.ceZero},
        {"ce_score", q.ceScore}, {"kl", q.kl}, {"kl_zero", q.klZero}, {"kl_score", q.klScore},
        {"dead_fraction", q.deadFraction}, {"density_histogram", q.densityHistogram},
        {"density", spread(q.density)}, {"consistent_activation", spread(q.consistency)},
        {"encoder_norm", spread(q.encoderNorm)}, {"encoder_bias", spread(q.encoderBias)},
        {"encoder_decoder_cosine",
            q.encoderDecoderCosine ? spread(*q.encoderDecoderCosine) : Json()},
        {"warning", q.warning}};
}

std::string qualityText(const core::DictionaryQuality& q)
{
    std::string text
        = fmt::format("{}: L0 {:.2f}, FVU {:.4f}, CE {:.4f} -> {:.4f} ({:+.4f}; zero {:.4f}), CE "
                      "score {:.4f}, KL {:.4f} (score {:.4f}), dead {:.1f} %",
            q.dictionary, q.l0, q.fvu, q.ceClean, q.ceDictionary, q.ceDictionary - q.ceClean,
            q.ceZero, q.ceScore, q.kl, q.klScore, 100 * q.deadFraction);
    text += fmt::format("\n  MSE {:.4g}, cosine {:.4f}, L1 {:.4g}, length {:.4g} of {:.4g} "
                        "(ratio {:.4f}), bias {:.4f}, density median {:.2g}",
        q.mse, q.cosine, q.l1, q.l2Out, q.l2In, q.l2Ratio, q.relativeReconstructionBias,
        q.density.median);
    if (q.encoderDecoderCosine)
        text += fmt::format(
            ", encoder and decoder cosine median {:.3f}", q.encoderDecoderCosine->median);
    if (!q.note.empty())
        text += "\n  " + q.note;
    if (!q.warning.empty())
        text += "\n  careful: " + q.warning;
    return text;
}

} // namespace cli
