#include "core/dictionary/decoder_matching.h"

#include <algorithm>
#include <string>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

at::Tensor unitDecoderRows(const Dictionary& dictionary, const at::Device& device)
{
    const at::Tensor W_dec = dictionary.W_dec().to(device, at::kFloat);
    return W_dec / W_dec.norm(2, 1, true).clamp_min(1e-12);
}

std::vector<float> plainFloats(const at::Tensor& values)
{
    const at::Tensor plain = values.to(at::kCPU).contiguous();
    return {plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()};
}

std::vector<std::int32_t> plainRows(const at::Tensor& values)
{
    const at::Tensor plain = values.to(at::kCPU, at::kInt).contiguous();
    return {plain.data_ptr<std::int32_t>(), plain.data_ptr<std::int32_t>() + plain.numel()};
}

} // namespace

Result<DecoderMatching> matchDecoders(const Dictionary& left, const Dictionary& right,
    const ProgressFn& progress, const std::stop_token& stop)
{
    if (left.config().d_out != right.config().d_out)
        return fail(Error::Code::Unsupported,
            left.config().name + " writes vectors of " + std::to_string(left.config().d_out)
                + " numbers and " + right.config().name + " of "
                + std::to_string(right.config().d_out)
                + ". Features can be compared only where both write to places of one width.");
    const at::NoGradGuard noGrad;
    const at::Device device = left.b_enc().device();
    const at::Tensor a = unitDecoderRows(left, device), b = unitDecoderRows(right, device).t();
    constexpr std::int64_t kCosinesAtOnce = std::int64_t{1} << 24;
    const std::int64_t rows = std::max<std::int64_t>(1, kCosinesAtOnce / b.size(1));
    std::vector<at::Tensor> leftBest, leftRows;
    at::Tensor rightBest, rightRows;
    for (std::int64_t begin = 0; begin < a.size(0); begin += rows) {
        if (stop.stop_requested())
            return cancelled();
        if (progress)
            progress({"Comparing decoders", begin, a.size(0), "features"});
        const std::int64_t count = std::min(rows, a.size(0) - begin);
        const at::Tensor cosines = at::mm(a.narrow(0, begin, count), b);
        auto [best, row] = cosines.max(1);
        leftBest.push_back(best);
        leftRows.push_back(row);
        auto [back, backRow] = cosines.max(0);
        backRow += begin;
        if (!rightBest.defined()) {
            rightBest = back;
            rightRows = backRow;
            continue;
        }
        rightRows = at::where(back > rightBest, backRow, rightRows);
        rightBest = at::maximum(back, rightBest);
    }
    return DecoderMatching{plainRows(at::cat(leftRows)), plainRows(rightRows),
        plainFloats(at::cat(leftBest)), plainFloats(rightBest)};
}

} // namespace core
