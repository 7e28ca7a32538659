#include "core/steering/risen_words.h"

#include "core/labels/log_odds.h"
#include "core/steering/sweep.h"
#include "core/text/search_words.h"

#include <algorithm>
#include <map>
#include <set>

namespace core {

namespace {

constexpr double kClearZ = 2.5;
/// Pseudo-texts that say a word as often as all texts together do: with fewer, the error of a word
/// that one side never says is so large that nothing is ever clear.
constexpr double kPriorTexts = 10;
constexpr std::size_t kMostWords = 12;
constexpr std::size_t kShortestWord = 2; // a letter alone is mostly a piece of a word

struct SeenIn {
    std::string word;
    int steered = 0, normal = 0;
};

void countTexts(
    const std::vector<std::string>& texts, int SeenIn::*of, std::map<std::string, SeenIn>& seen)
{
    for (const std::string& text : texts) {
        std::set<std::string> said;
        for (const SearchWord& word : searchWords(text)) {
            if (word.text.size() < kShortestWord || !said.insert(word.stem).second)
                continue;
            SeenIn& one = seen[word.stem];
            if (one.word.empty())
                one.word = text.substr(word.begin, word.end - word.begin);
            ++(one.*of);
        }
    }
}

} // namespace

std::vector<RisenWord> risenAmong(
    const std::vector<std::string>& steered, const std::vector<std::string>& normal)
{
    std::map<std::string, SeenIn> seen;
    countTexts(steered, &SeenIn::steered, seen);
    countTexts(normal, &SeenIn::normal, seen);
    const auto steeredTexts = double(steered.size()), normalTexts = double(normal.size());
    std::vector<RisenWord> risen;
    for (const auto& [stem, of] : seen) {
        const double prior
            = kPriorTexts * double(of.steered + of.normal) / (steeredTexts + normalTexts);
        const double z = logOddsZ(
            double(of.steered), steeredTexts, double(of.normal), normalTexts, prior, kPriorTexts);
        if (z >= kClearZ) // not for what every text says, where it is no number
            risen.push_back({of.word, of.steered, of.normal, z});
    }
    std::stable_sort(risen.begin(), risen.end(),
        [](const RisenWord& a, const RisenWord& b) { return a.z > b.z; });
    risen.resize(std::min(risen.size(), kMostWords));
    return risen;
}

Result<RisenWords> risenWords(const Transformer& model,
    const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& prompt,
    const RisenWordsRequest& request, const Dictionaries& dictionaries,
    const MaxActivationFn& maxActivation, bool skipsBos, const ProgressFn& progress,
    std::stop_token stop)
{
    Intervention held;
    held.feature = request.feature;
    held.value = request.multiple;
    held.isMultipleOfMax = true;
    auto active = ActiveInterventions::create({held}, dictionaries, maxActivation);
    if (!active)
        return fail(active.error());
    const auto live = std::make_shared<LiveInterventions>(*active);
    const auto texts = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::max(1, request.texts)), 1, kTextsAtOnce / 2);
    std::vector<TextPlan> plans(2 * texts);
    for (std::size_t i = 0; i < plans.size(); ++i) {
        TextPlan& plan = plans[i];
        plan.hasReference = false;
        plan.sampler.temperature = 1.0;
        plan.sampler.seed = request.seed + i % texts;
        if (i >= texts)
            continue;
        plan.interventions = live;
        if (request.isGuarded) {
            plan.guard = FluencyGuard();
            plan.guard->candidates = 1; // each text is a draw of its own
        }
    }
    WriteOptions options;
    options.maxTokens = std::max(1, request.tokens);
    options.skipsBos = skipsBos;
    const auto tell = [&](const WriteStep& step) {
        if (progress)
            progress(
                {"Sampling what it makes the model say", step.index, request.tokens, "tokens"});
    };
    const auto written = writeTexts(model, tokenizer, prompt, plans, options, tell, stop);
    if (!written)
        return fail(written.error());
    if (stop.stop_requested())
        return cancelled();
    std::vector<std::string> steered, normal;
    for (std::size_t i = 0; i < plans.size(); ++i)
        (i < texts ? steered : normal).push_back(written->texts[i].text);
    RisenWords out;
    out.request = request;
    out.words = risenAmong(steered, normal);
    out.steered = steered.front();
    out.normal = normal.front();
    return out;
}

} // namespace core
