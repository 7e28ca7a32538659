#include "core/builtin/document_loss.h"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

Result<DocumentLoss> documentLoss(
    const Transformer& model, std::span<const std::int32_t> document, const Hooks& hooks)
{
    const at::NoGradGuard noGradients;
    std::vector<std::int64_t> tokens(document.begin(), document.end());
    tokens.push_back(document.front());
    const auto inputs = std::min<std::int64_t>(
        static_cast<std::int64_t>(tokens.size()) - 1, model.config().n_ctx);
    const at::Tensor ids = at::tensor(tokens, at::kLong);
    const auto logits = model.forward(ids.slice(0, 0, inputs).unsqueeze(0), hooks);
    if (!logits)
        return fail(logits.error());
    const at::Tensor logprobs = at::log_softmax((*logits)[0].to(at::kDouble), -1);
    const at::Tensor said = logprobs.gather(1, ids.slice(0, 1, inputs + 1).unsqueeze(1));
    return DocumentLoss{-said.sum().item<double>(), inputs};
}

} // namespace core
