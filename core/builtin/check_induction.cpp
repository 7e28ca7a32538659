#include "core/builtin/check_context.h"

#include "core/builtin/random_source.h"
#include "core/builtin/word_pool.h"
#include "core/model/activation_cache.h"

#include <algorithm>
#include <cstdio>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

constexpr std::int64_t kSequences = 32;
constexpr std::int64_t kLength = 24; // of the row that is said twice

// Words of the pool that are one token each, or, where the tokenizer knows none whole, the tokens
// they begin with: hardly any two were ever seen side by side.
std::vector<std::int64_t> poolTokens(const CheckContext& context)
{
    std::vector<std::int64_t> whole, beginnings;
    for (const std::string& word : wordPool()) {
        const auto encoded = context.tokenizer->encode(" " + word, false);
        if (!encoded || encoded->ids.empty())
            continue;
        beginnings.push_back(encoded->ids.front().value);
        if (encoded->ids.size() == 1)
            whole.push_back(encoded->ids.front().value);
    }
    return whole.empty() ? beginnings : whole;
}

at::Tensor repeatedRows(const CheckContext& context, const std::vector<std::int64_t>& pool)
{
    RandomSource random(5);
    std::vector<std::int64_t> ids;
    for (std::int64_t row = 0; row < kSequences; ++row) {
        std::vector<std::int64_t> words;
        for (std::int64_t i = 0; i < kLength; ++i)
            words.push_back(pool[random.below(pool.size())]);
        ids.push_back(context.tokenizer->bos()->value);
        ids.insert(ids.end(), words.begin(), words.end());
        ids.insert(ids.end(), words.begin(), words.end());
    }
    return at::tensor(ids, at::kLong).view({kSequences, 2 * kLength + 1});
}

double bestInductionScore(const CheckContext& context, const CachedRun& run, std::string& where)
{
    double best = 0;
    for (int layer = 0; layer < context.model->config().n_layers; ++layer) {
        // From a token's second place to the one after its first: the diagonal kLength - 1 below.
        const at::Tensor scores = run.cache.at({HookKind::Pattern, Layer(layer)})
                                      .diagonal(-(kLength - 1), 2, 3)
                                      .slice(2, 2)
                                      .mean(at::IntArrayRef{0, 2});
        for (std::int64_t head = 0; head < scores.size(0); ++head) {
            if (const double score = scores[head].item<double>(); score > best) {
                best = score;
                where = "layer " + std::to_string(layer) + " head " + std::to_string(head);
            }
        }
    }
    return best;
}

} // namespace

Result<Claims> checkInduction(const CheckContext& context)
{
    const at::NoGradGuard noGradients;
    std::vector<HookPoint> patterns;
    for (int layer = 0; layer < context.model->config().n_layers; ++layer)
        patterns.push_back({HookKind::Pattern, Layer(layer)});
    const auto pool = poolTokens(context);
    const at::Tensor ids = repeatedRows(context, pool);
    const auto run = runWithCache(*context.model, ids.slice(1, 0, 2 * kLength), patterns);
    if (!run)
        return fail(run.error());
    const at::Tensor loss = -at::log_softmax(run->logits, -1)
                                 .gather(2, ids.slice(1, 1).unsqueeze(2))
                                 .squeeze(2); // [B, 2 n]
    const double first = loss.slice(1, 0, kLength).mean().item<double>();
    // The first token of the second half cannot be foreseen.
    const double second = loss.slice(1, kLength + 1).mean().item<double>();
    std::string where = "no head";
    const double score = bestInductionScore(context, *run, where);
    char halves[128];
    std::snprintf(halves, sizeof halves,
        "%.2f nats in the first half, %.2f in the second; %lld rows of %lld words drawn from %zu",
        first, second, static_cast<long long>(kSequences), static_cast<long long>(kLength),
        pool.size());
    return Claims{
        {"induction: loss of second half / first half", second / first, 0.5, true, false, halves},
        {"induction: best head's score", score, 0.4, false, false, where}};
}

} // namespace core
