#include "core/training/check_options.h"

#include "core/training/start_weights.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace core {

namespace {

using Kind = DictionaryObjective;

constexpr std::int64_t kMostFeatures = std::int64_t(1) << 31;
constexpr std::int64_t kMostTokens = std::int64_t(1) << 50;

struct Range {
    const char* field;
    double value, low, high;
};

/// The first number that no training can have; empty when all can be.
std::string numberProblem(const DictionaryTrainerOptions& o)
{
    constexpr double kAny = 1e30;
    const auto number = [](std::int64_t value) { return static_cast<double>(value); };
    const ScheduleOptions& schedule = o.schedule;
    for (const Range& range : {
             Range{"d_sae", number(o.d_sae), 0, number(kMostFeatures)},
             Range{"expansion_factor", number(o.expansion_factor), 0, 1 << 20},
             Range{"training_tokens", number(o.training_tokens), 1, number(kMostTokens)},
             Range{"train_batch_size_tokens", number(o.train_batch_size_tokens), 1, 1 << 24},
             Range{"lr", schedule.lr, 1e-12, kAny},
             Range{"lr_end", schedule.lr_end, 0,
                 schedule.lr_scheduler_name == LrScheduler::Constant ? kAny : schedule.lr},
             Range{"lr_warm_up_steps", number(schedule.lr_warm_up_steps), 0, kAny},
             Range{"lr_decay_steps", number(schedule.lr_decay_steps), 0, kAny},
             Range{"l1_coefficient", o.l1_coefficient, 0, kAny},
             Range{"l0_coefficient", o.l0_coefficient, 0, kAny},
             Range{"l1_warm_up_steps", number(o.l1_warm_up_steps), 0, kAny},
             Range{"jumprelu_tanh_scale", o.jumprelu_tanh_scale, 1e-9, kAny},
             Range{"pre_act_loss_coefficient", o.pre_act_loss_coefficient, 0, kAny},
             Range{"dead_feature_window", number(o.dead_feature_window), 1, kAny},
             Range{"aux_k", number(o.aux_k), 0, number(kMostFeatures)},
             Range{"aux_loss_coefficient", o.aux_loss_coefficient, 0, kAny},
             Range{"resample_every", number(o.resample_every), 0, kAny},
             Range{"max_grad_norm", o.adam.maxGradNorm, 0, kAny},
         })
        if (!(range.value >= range.low && range.value <= range.high)) // also what is no number
            return range.high < kAny
                ? fmt::format("{} is {:.15g}. Choose a value from {:.15g} to {:.15g}.", range.field,
                    range.value, range.low, range.high)
                : fmt::format(
                    "{} is {:.15g}. Choose {:.15g} or more.", range.field, range.value, range.low);
    if (o.objective == Kind::JumpRelu
        && !(o.jumprelu_bandwidth > 0.0 && o.jumprelu_init_threshold > 0.0))
        return fmt::format("jumprelu_bandwidth is {} and jumprelu_init_threshold is {}; both must "
                           "be above 0.",
            o.jumprelu_bandwidth, o.jumprelu_init_threshold);
    return {};
}

/// Of a transcoder, what no file holds or nothing can mean.
std::string transcoderProblem(const DictionaryTrainerOptions& options)
{
    if (!options.isTranscoder())
        return options.has_skip ? "has_skip is true, but a skip connection makes sense only for a "
                                  "transcoder: an SAE would copy its input through it. Set it to "
                                  "false."
                                : "";
    if (options.objective == Kind::Gated || options.objective == Kind::AbsTopK)
        return fmt::format(
            "architecture: no file format holds a {} transcoder. Choose batchtopk or jumprelu.",
            options.objective == Kind::Gated ? "gated" : "signed TopK");
    if (options.hookIn.layer == options.hookOut.layer && options.hookIn.kind > options.hookOut.kind)
        return fmt::format("hook_name is {}, which the model computes after {} (hook_name_out). "
                           "Read what comes before it, for instance {}.",
            options.hookIn.name(), options.hookOut.name(),
            HookPoint{HookKind::MlpIn, options.hookIn.layer}.name());
    return {};
}

std::string matryoshkaProblem(const DictionaryTrainerOptions& options, std::int64_t d_sae)
{
    const auto& widths = options.matryoshka_widths;
    const bool ascends
        = std::adjacent_find(widths.begin(), widths.end(), std::greater_equal<>()) == widths.end();
    if (!ascends || (!widths.empty() && (widths.front() < 1 || widths.back() > d_sae)))
        return fmt::format(
            "matryoshka_widths must ascend from 1 or more to at most d_sae = {}.", d_sae);
    if (options.matryoshka_levels < 1 || options.matryoshka_levels > 30
        || (d_sae >> (options.matryoshka_levels - 1)) < 1)
        return fmt::format("matryoshka_levels is {}; each level is half of the next, and {} "
                           "features cannot be halved so often.",
            options.matryoshka_levels, d_sae);
    return {};
}

std::string optionProblem(const DictionaryTrainerOptions& options, std::int64_t d_in)
{
    if (std::string why = numberProblem(options); !why.empty())
        return why;
    const std::int64_t d_sae = featuresOf(options, d_in);
    if (d_sae < 1)
        return "d_sae and expansion_factor are both 0: say how many features there should be.";
    if (options.hasK() && (options.k < 1 || options.k > d_sae))
        return fmt::format("k is {}; it must be from 1 to d_sae = {}.", options.k, d_sae);
    if (std::string why = transcoderProblem(options); !why.empty())
        return why;
    if (!options.normalizesDecoder && options.hasK())
        return "normalize_sae_decoder is false, but an architecture with k compares activations "
               "and needs decoder rows of one length. Set it to true.";
    if (options.decoder_init_norm < 0.0
        || (options.decoder_init_norm > 0.0 && options.normalizesDecoder))
        return fmt::format("decoder_init_norm is {}, but decoder rows are kept at length one. Set "
                           "normalize_sae_decoder to false, or leave it out.",
            options.decoder_init_norm);
    if (options.objective == Kind::JumpRelu
        && options.jumprelu_sparsity_loss_mode == JumpReluPenalty::Quadratic
        && !(options.target_l0 > 0.0 && options.target_l0 <= static_cast<double>(d_sae)))
        return fmt::format("target_l0 is {}; the quadratic penalty needs one above 0 and up to "
                           "d_sae = {}.",
            options.target_l0, d_sae);
    return options.objective == Kind::Matryoshka ? matryoshkaProblem(options, d_sae)
                                                 : std::string();
}

} // namespace

std::int64_t featuresOf(const DictionaryTrainerOptions& options, std::int64_t d_in)
{
    return options.start    ? options.start->config().d_sae
        : options.d_sae > 0 ? options.d_sae
                            : options.expansion_factor * d_in;
}

Result<void> checkOptions(const DictionaryTrainerOptions& options, std::int64_t d_in)
{
    if (options.start)
        if (auto checked = checkStart(*options.start, options); !checked)
            return checked;
    if (std::string why = optionProblem(options, d_in); !why.empty())
        return fail(Error::Code::Unsupported, std::move(why));
    return {};
}

Result<void> checkNumbers(const DictionaryTrainerOptions& options)
{
    if (std::string why = numberProblem(options); !why.empty())
        return fail(Error::Code::Unsupported, std::move(why));
    return {};
}

Result<void> checkCrossLayerOptions(const std::vector<DictionaryTrainerOptions>& layers)
{
    if (layers.empty())
        return fail(
            Error::Code::Unsupported, "A cross-layer transcoder needs the layers of a model.");
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const DictionaryTrainerOptions& options = layers[i];
        const Layer layer(static_cast<std::int64_t>(i));
        if (!options.isTranscoder() || options.hookIn.layer != layer
            || options.hookOut.layer != layer)
            return fail(Error::Code::Unsupported,
                fmt::format("{}: a cross-layer transcoder reads and writes every layer, from layer "
                            "0 on and in order. Leave `layers` out.",
                    options.name));
        if (options.has_skip)
            return fail(Error::Code::Unsupported,
                "A cross-layer transcoder has no skip connection. Set has_skip to false.");
        if (options.objective == Kind::Matryoshka || !options.normalizesDecoder)
            return fail(Error::Code::Unsupported,
                "A cross-layer transcoder is trained with decoder rows of length one and at its "
                "whole width. Choose batchtopk or jumprelu as architecture, and leave "
                "normalize_sae_decoder true.");
        if (options.objective == Kind::TopK)
            return fail(Error::Code::Unsupported,
                "architecture: no file format holds a TopK cross-layer transcoder. Choose "
                "batchtopk, which is saved as JumpReLU.");
    }
    return {};
}

} // namespace core
