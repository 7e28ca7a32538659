#include "core/api/self_check.h"

#include "core/engine/request_table.h"
#include "core/model/self_check.h"

#include <algorithm>

namespace core {

namespace {

/// A sentence with names, numbers and punctuation; ids spread over the vocabulary where no
/// tokenizer can read it.
std::vector<TokenId> checkedTokens(const LoadedModel& model)
{
    constexpr std::size_t kMost = 32, kLeast = 8;
    std::vector<TokenId> ids;
    if (const auto prompt = promptFromText(model,
            "On 14 March 1879 the lighthouse keeper, Anna, wrote: \"Three ships passed; none of "
            "them stopped.\""))
        ids = prompt->ids;
    for (std::size_t i = 1; ids.size() < kLeast; ++i)
        ids.emplace_back(static_cast<std::int64_t>(i) * 7919 % model.info.d_vocab);
    ids.resize(std::min({ids.size(), kMost, static_cast<std::size_t>(model.info.n_ctx)}));
    return ids;
}

} // namespace

Result<SelfCheck> run(const SelfCheckRequest&, const LoadedModel& model, Context& context)
{
    context.progress({"Comparing with the files", 0, 0, ""});
    const auto checked = checkAgainstFiles(
        *model.transformer, model.info.path, checkedTokens(model), context.stop);
    if (!checked)
        return fail(checked.error());
    SelfCheck out;
    out.model = model.info.name;
    out.device = model.info.device;
    out.dtype = model.info.computeDtype;
    out.tokens = checked->tokens;
    out.maxLogitDifference = checked->maxLogitDifference;
    out.maxDecodeDifference = checked->maxDecodeDifference;
    out.logitSpread = checked->logitSpread;
    out.meanKl = checked->meanKl;
    out.maxKl = checked->maxKl;
    out.topAgreement = checked->topAgreement;
    out.seconds = checked->seconds;
    out.isGood = checked->isGood;
    out.verdict = checked->verdict;
    return out;
}

const Handles<SelfCheckRequest> kSelfCheck(Runs::AsAnAnswer, run);

} // namespace core
