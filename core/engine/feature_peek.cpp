#include "core/engine/feature_peek.h"

#include "core/features/logit_effects.h"
#include "core/labels/firing_test.h"
#include "core/labels/label_rule.h"
#include "core/labels/learn_rule.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

constexpr std::size_t kPeekFeatures = 12, kPeekExamples = 3;
constexpr int kPeekPromoted = 5;
constexpr std::int32_t kTokensBeside = 8; // of an example's peak, on each side
constexpr std::int64_t kEncodedRows = 256; // at a time: TopK needs all features of a row at once
constexpr std::int64_t kFewestFirings = 2;
// A rule that covers half of the firing and errs at hardly any resting place; a harvest asks for
// less but holds it against shuffled features too.
constexpr double kPeekLabelFrom = 0.75;

} // namespace

FeaturePeek::FeaturePeek(
    std::shared_ptr<const LoadedModel> model, std::shared_ptr<const HeldOutText> text)
    : m_model(std::move(model))
    , m_text(std::move(text))
{
    std::vector<std::string> vocabulary;
    for (int id = 0; id < m_model->tokenizer->size(); ++id)
        vocabulary.push_back(m_model->tokenizer->display(TokenId(id)));
    std::vector<Passage> passages;
    for (const auto& tokens : m_text->passages()) {
        passages.push_back({static_cast<std::int64_t>(passages.size()), tokens, {}});
        m_rowOf.emplace_back(tokens.size(), -1);
    }
    m_corpus = std::make_unique<CorpusText>(passages, vocabulary);
    for (std::size_t row = 0; row < m_text->rows().size(); ++row) {
        const HeldOutText::Row& at = m_text->rows()[row];
        m_rowOf[static_cast<std::size_t>(at.passage)][static_cast<std::size_t>(at.position)]
            = static_cast<std::int64_t>(row);
    }
}

std::vector<FeatureId> FeaturePeek::choose(
    const std::string& dictionary, const std::vector<std::int64_t>& firings)
{
    std::vector<FeatureId>& chosen = m_chosen[dictionary];
    std::erase_if(chosen, [&](FeatureId f) { return firings[f.index()] < kFewestFirings; });
    std::vector<FeatureId> firing;
    for (std::size_t f = 0; f < firings.size(); ++f)
        if (firings[f] >= kFewestFirings)
            firing.emplace_back(static_cast<std::int64_t>(f));
    std::stable_sort(firing.begin(), firing.end(),
        [&](FeatureId a, FeatureId b) { return firings[a.index()] > firings[b.index()]; });
    const auto isChosen
        = [&](FeatureId f) { return std::find(chosen.begin(), chosen.end(), f) != chosen.end(); };
    for (std::size_t i = 0; i < kPeekFeatures && chosen.size() < kPeekFeatures; ++i) {
        const std::size_t at = (2 * i + 1) * firing.size() / (2 * kPeekFeatures);
        if (at < firing.size() && !isChosen(firing[at]))
            chosen.push_back(firing[at]);
    }
    return chosen;
}

void FeaturePeek::addExamples(const std::vector<float>& acts, PeekFeature& feature) const
{
    std::vector<std::size_t> order;
    for (std::size_t row = 0; row < acts.size(); ++row)
        if (acts[row] != 0.0f)
            order.push_back(row);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
        return std::abs(acts[a]) > std::abs(acts[b]); // of AbsTopK some are below 0
    });
    std::set<std::int32_t> seen;
    for (const std::size_t row : order) {
        const HeldOutText::Row& at = m_text->rows()[row];
        if (feature.examples.size() == kPeekExamples || !seen.insert(at.passage).second)
            continue;
        const auto& passage = m_text->passages()[static_cast<std::size_t>(at.passage)];
        const auto& rowOf = m_rowOf[static_cast<std::size_t>(at.passage)];
        PeekExample example;
        for (auto t = std::max(at.position - kTokensBeside, 0);
             t < std::min<std::int32_t>(
                 at.position + kTokensBeside + 1, static_cast<std::int32_t>(passage.size()));
             ++t) {
            const std::int64_t tokenRow = rowOf[static_cast<std::size_t>(t)];
            if (tokenRow < 0)
                continue; // special
            if (t == at.position)
                example.peak = static_cast<int>(example.tokens.size());
            example.tokens.push_back(
                m_model->tokenizer->display(passage[static_cast<std::size_t>(t)]));
            example.activations.push_back(
                static_cast<double>(acts[static_cast<std::size_t>(tokenRow)]));
        }
        feature.examples.push_back(std::move(example));
    }
    if (!order.empty())
        feature.maximum = static_cast<double>(acts[order.front()]);
    feature.density = static_cast<double>(order.size())
        / static_cast<double>(std::max<std::size_t>(acts.size(), 1));
}

void FeaturePeek::addLabel(
    const std::vector<float>& acts, std::uint64_t seed, PeekFeature& feature) const
{
    StoredFiring firing;
    firing.isComplete = true;
    for (std::size_t row = 0; row < acts.size(); ++row)
        if (acts[row] != 0.0f)
            firing.samples.push_back({m_text->rows()[row].passage, m_text->rows()[row].position});
    firing.firings = static_cast<double>(firing.samples.size());
    std::sort(firing.samples.begin(), firing.samples.end());
    const FiringEvidence evidence = firingEvidence(*m_corpus, firing, seed, nullptr);
    if (!evidence.isEnough())
        return;
    const LearntRule learnt = learnRule(*m_corpus, evidence.learn);
    if (learnt.rule.isEmpty())
        return;
    const double score = balancedAccuracy(RuleMatcher(learnt.rule, *m_corpus), evidence.test);
    if (score < kPeekLabelFrom)
        return;
    feature.label = describe(learnt.rule);
    feature.labelScore = score;
}

Result<std::vector<PeekFeature>> FeaturePeek::look(const Dictionary& dictionary,
    const std::vector<std::int64_t>& firings, const std::function<void()>& pause,
    const std::stop_token& stop)
{
    const at::NoGradGuard noGrad;
    const std::vector<FeatureId> chosen = choose(dictionary.config().name, firings);
    if (chosen.empty())
        return std::vector<PeekFeature>();
    const ActivationStore& store = m_text->activations();
    const at::Device device = m_model->transformer->device();
    std::vector<std::vector<float>> acts(chosen.size());
    for (std::int64_t row = 0; row < store.tokens(); row += kEncodedRows) {
        if (stop.stop_requested())
            return cancelled();
        pause();
        const at::Tensor rows
            = at::arange(row, std::min(row + kEncodedRows, store.tokens()), at::kLong);
        const at::Tensor some
            = dictionary
                  .activationsOf(store.rows(dictionary.config().hookIn, rows).to(device), chosen)
                  .to(at::kCPU, at::kFloat)
                  .contiguous();
        const float* const values = some.data_ptr<float>();
        for (std::size_t r = 0; r < static_cast<std::size_t>(some.size(0)); ++r)
            for (std::size_t f = 0; f < chosen.size(); ++f)
                acts[f].push_back(values[r * chosen.size() + f]);
    }
    std::vector<std::int64_t> index;
    for (const FeatureId feature : chosen)
        index.push_back(feature.value);
    const auto effects = logitEffects(*m_model->transformer,
        addedDirections(*m_model->transformer, dictionary, at::tensor(index, at::kLong).to(device)),
        kPeekPromoted, m_model->tokenizer->size(), stop, pause);
    if (!effects)
        return fail(effects.error());
    std::vector<PeekFeature> features;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        if (stop.stop_requested())
            return cancelled();
        pause();
        PeekFeature& feature = features.emplace_back();
        feature.feature = chosen[i].value;
        addExamples(acts[i], feature);
        addLabel(acts[i], static_cast<std::uint64_t>(chosen[i].value), feature);
        if (i < effects->size())
            for (const auto& [token, effect] : (*effects)[i].positive)
                feature.promoted.push_back(m_model->tokenizer->display(token));
    }
    std::stable_sort(features.begin(), features.end(),
        [](const auto& a, const auto& b) { return a.density > b.density; });
    return features;
}

} // namespace core
