#include "core/model/self_check.h"

#include "core/model/token_ids.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include <ATen/ATen.h>

namespace core {

namespace {

/// What a precision may cost before something is wrong with it.
///
/// float32 differs by the order of sums alone: 1e-6 of the spread in a small model, some 1e-4 after
/// a hundred layers, while a wrong kernel or switch moves logits by tenths of the spread. Weights
/// rounded to 8 (bfloat16) and 11 (float16) bits of mantissa, and to int8 by groups of 64, move the
/// distribution: language models lose some 1e-3, 1e-4 and 2e-3 nats in the mean, ten times that is
/// more than rounding.
struct Limits {
    double differencePerSpread = 0; ///< 0: not judged.
    double meanKl = 0;
};

Limits limitsFor(const Precision& precision)
{
    switch (precision.weights) {
    case WeightForm::AsStored:
        return {1e-3, 1e-4};
    case WeightForm::BFloat16:
        return {0, 1e-2};
    case WeightForm::Float16:
        return {0, 1e-3};
    case WeightForm::Int8:
        break;
    }
    return {0, 2e-2};
}

struct Comparison {
    double maxDifference = 0, meanKl = 0, maxKl = 0, topAgreement = 0;
};

/// Both [positions, d_vocab], float32 on the CPU.
Comparison compare(const at::Tensor& reference, const at::Tensor& inUse)
{
    const at::Tensor logReference = reference.to(at::kDouble).log_softmax(-1);
    const at::Tensor logInUse = inUse.to(at::kDouble).log_softmax(-1);
    const at::Tensor kl = (logReference.exp() * (logReference - logInUse)).sum(-1);
    const at::Tensor agrees = reference.argmax(-1).eq(inUse.argmax(-1)).to(at::kDouble);
    return {(reference - inUse).abs().max().item<double>(), kl.mean().item<double>(),
        kl.max().item<double>(), agrees.mean().item<double>()};
}

at::Tensor onCpu(const at::Tensor& logits)
{
    return logits.squeeze(0).to(at::kCPU, at::kFloat);
}

Result<at::Tensor> wholePass(
    const Transformer& model, const at::Tensor& ids, const std::stop_token& stop)
{
    ForwardOptions options;
    options.stop = stop;
    const auto logits = model.forward(ids, {}, options);
    if (!logits)
        return fail(logits.error());
    return onCpu(*logits);
}

Result<at::Tensor> tokenByToken(
    const Transformer& model, const at::Tensor& ids, const std::stop_token& stop)
{
    KvCache cache(model.config().n_layers, ids.size(1));
    ForwardOptions options;
    options.stop = stop;
    options.cache = &cache;
    std::vector<at::Tensor> rows;
    for (std::int64_t t = 0; t < ids.size(1); ++t) {
        const auto logits = model.forward(ids.narrow(1, t, 1), {}, options);
        if (!logits)
            return fail(logits.error());
        rows.push_back(onCpu(*logits));
    }
    return at::cat(rows);
}

std::string number(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2g", value);
    return text;
}

std::string verdictOf(const FileCheck& check, const Precision& precision)
{
    const std::string what = precision.dtypeName() + " on " + precision.deviceName();
    const double difference = std::max(check.maxLogitDifference, check.maxDecodeDifference);
    const std::string figures = "logits differ by at most " + number(difference) + " and spread by "
        + number(check.logitSpread) + "; mean KL " + number(check.meanKl)
        + " nats, the most probable token agrees at "
        + std::to_string(static_cast<int>(std::floor(100 * check.topAgreement)))
        + " % of positions.";
    if (check.isGood)
        return what + " agrees with the files: " + figures;
    const bool isExact = precision.weights == WeightForm::AsStored;
    return what + " does not agree with the files: " + figures
        + (isExact ? " Do not trust what it shows; try another device."
                   : " Open the model in a wider precision before you trust what it shows.");
}

} // namespace

Result<FileCheck> checkAgainstFiles(const Transformer& inUse, const std::filesystem::path& folder,
    const std::vector<TokenId>& tokens, const std::stop_token& stop)
{
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const c10::InferenceMode inference;
    at::Tensor ids = idsTensor(tokens);

    at::Tensor expected;
    {
        const ReferenceScope plain;
        const auto reference = Transformer::open(folder, {}, stop);
        if (!reference)
            return fail(reference.error());
        auto logits = wholePass(**reference, ids, stop);
        if (!logits)
            return fail(logits.error());
        expected = std::move(*logits);
    }
    const auto whole = wholePass(inUse, ids, stop);
    if (!whole)
        return fail(whole.error());
    const auto decoded = tokenByToken(inUse, ids, stop);
    if (!decoded)
        return fail(decoded.error());
    if (whole->sizes() != expected.sizes())
        return fail(Error::Code::InvalidFile,
            folder.string() + ": its vocabulary has " + std::to_string(expected.size(1))
                + " entries, that of the open model " + std::to_string(whole->size(1))
                + ". The folder may have changed since the model was opened.");

    const Comparison pass = compare(expected, *whole), decode = compare(expected, *decoded);
    FileCheck check;
    check.tokens = static_cast<int>(tokens.size());
    check.maxLogitDifference = pass.maxDifference;
    check.maxDecodeDifference = decode.maxDifference;
    check.logitSpread = expected.std(-1).mean().item<double>();
    check.meanKl = std::max(pass.meanKl, decode.meanKl);
    check.maxKl = std::max(pass.maxKl, decode.maxKl);
    check.topAgreement = std::min(pass.topAgreement, decode.topAgreement);
    const Limits limits = limitsFor(inUse.precision());
    const double difference = std::max(pass.maxDifference, decode.maxDifference);
    // Comparisons with what is not a number are false.
    check.isGood = pass.meanKl <= limits.meanKl && decode.meanKl <= limits.meanKl
        && (limits.differencePerSpread <= 0
            || difference <= limits.differencePerSpread * check.logitSpread);
    check.verdict = verdictOf(check, inUse.precision());
    check.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return check;
}

} // namespace core
