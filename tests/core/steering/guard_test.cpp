// The guard held against sums computed independently of it: every distribution from a full forward
// pass without a cache, every KL term by term in double.
#include "core/interventions/guarded_sampler.h"
#include "tests/core/dictionary/random_dictionary.h"
#include "tests/core/steering/write_pair.h"
#include "tests/support/tiny_model.h"

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

using namespace core;

namespace guard_test {

namespace {

using Row = std::vector<double>;

std::vector<TokenId> someIds(std::size_t count)
{
    std::vector<TokenId> ids;
    for (std::size_t i = 0; i < count; ++i)
        ids.emplace_back(static_cast<std::int64_t>((i * 17 + 5) % 60));
    return ids;
}

Dictionaries openSae()
{
    DictionaryConfig config = tests::saeConfig(16, 30);
    config.name = "saes/a";
    config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(0)};
    return {tests::randomDictionary(config, 3)};
}

std::shared_ptr<LiveInterventions> clamp(double value)
{
    Intervention intervention;
    intervention.feature = {"saes/a", FeatureId(2)};
    intervention.value = value;
    return std::make_shared<LiveInterventions>(
        *ActiveInterventions::create({intervention}, openSae()));
}

std::shared_ptr<LiveInterventions> add(double value, std::int64_t feature = 2)
{
    Intervention intervention;
    intervention.feature = {"saes/a", FeatureId(feature)};
    intervention.mode = InterventionMode::Add;
    intervention.value = value;
    return std::make_shared<LiveInterventions>(
        *ActiveInterventions::create({intervention}, openSae()));
}

/// ln p of the next token after `text`, over [d_vocab], at a temperature.
Row nextOf(const Transformer& model, const std::vector<TokenId>& text, std::size_t promptLength,
    const LiveInterventions* changes, double temperature)
{
    const at::NoGradGuard noGrad;
    at::Tensor ids = at::empty({1, static_cast<std::int64_t>(text.size())}, at::kLong);
    for (std::size_t i = 0; i < text.size(); ++i)
        ids[0][static_cast<std::int64_t>(i)] = text[i].value;
    Hooks hooks;
    if (changes) {
        SteeredSpan span;
        span.length = ids.size(1);
        span.promptLength = static_cast<std::int64_t>(promptLength);
        ActiveInterventions::install(changes->get(), span, nullptr, hooks);
    }
    const at::Tensor logits = (*model.forward(ids, hooks))[0][-1].to(at::kDouble) / temperature;
    const at::Tensor row = logits.log_softmax(-1).contiguous();
    return {row.data_ptr<double>(), row.data_ptr<double>() + row.numel()};
}

/// q^(1 - lambda) p^lambda, normalised.
Row mixed(const Row& q, const Row& p, double lambda)
{
    Row out(q.size());
    double total = 0.0;
    for (std::size_t i = 0; i < q.size(); ++i)
        total += out[i] = std::exp((1 - lambda) * q[i] + lambda * p[i]);
    for (double& each : out)
        each /= total;
    return out;
}

double klOf(const Row& pi, const Row& logQ)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < pi.size(); ++i)
        if (pi[i] > 0)
            sum += pi[i] * (std::log(pi[i]) - logQ[i]);
    return sum;
}

/// The k most probable, then the fewest that reach topP, normalised.
Row cut(Row pi, int topK, double topP)
{
    std::vector<std::size_t> order(pi.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(
        order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return pi[a] > pi[b]; });
    if (topK > 0)
        order.resize(static_cast<std::size_t>(topK));
    double inK = 0.0, sum = 0.0;
    for (const std::size_t i : order)
        inK += pi[i];
    Row out(pi.size(), 0.0);
    for (const std::size_t i : order) {
        if (sum >= topP * inK)
            break;
        sum += out[i] = pi[i];
    }
    for (double& each : out)
        each /= sum;
    return out;
}

std::vector<float> logitsOf(const Row& row)
{
    return {row.begin(), row.end()};
}

constexpr double kTemperature = 0.8;

SamplerSettings drawn(std::uint64_t seed)
{
    SamplerSettings settings;
    settings.temperature = kTemperature;
    settings.seed = seed;
    return settings;
}

} // namespace

TEST(Guard, FiguresOfTheMixtureAreItsSums)
{
    const auto model = tests::tinyModel();
    const auto change = clamp(6.0);
    const auto text = someIds(9);
    const Row q = nextOf(*model, text, 9, nullptr, 1.0),
              p = nextOf(*model, text, 9, change.get(), 1.0);
    for (const double temperature : {0.5, 1.0, 2.0}) {
        const Mixture mixture(logitsOf(p), logitsOf(q), temperature);
        const Row tempered = [&] {
            Row row = q;
            double total = 0.0;
            for (double& each : row)
                total += std::exp(each /= temperature);
            for (double& each : row)
                each -= std::log(total);
            return row;
        }();
        Row steered = p;
        for (double& each : steered)
            each /= temperature;
        double last = -1.0;
        for (const double lambda : {0.0, 0.1, 0.35, 0.8, 1.0}) {
            const Row pi = mixed(tempered, steered, lambda);
            double surprisal = 0.0;
            for (std::size_t i = 0; i < pi.size(); ++i)
                surprisal -= pi[i] * tempered[i];
            const double kl = mixture.klAt(lambda);
            EXPECT_NEAR(kl, klOf(pi, tempered), 1e-5) << temperature << " " << lambda;
            EXPECT_NEAR(mixture.surprisalAt(lambda), surprisal, 1e-5)
                << temperature << " " << lambda;
            EXPECT_GT(kl, last);
            last = kl;
        }
    }
}

TEST(Guard, TakesTheLargestLambdaThatTheBudgetHolds)
{
    const auto model = tests::tinyModel();
    const auto change = clamp(25.0);
    const auto text = someIds(9);
    const Row q = nextOf(*model, text, 9, nullptr, kTemperature);
    const Row p = nextOf(*model, text, 9, change.get(), kTemperature);
    const auto logitsQ = logitsOf(q), logitsP = logitsOf(p);
    SamplerSettings settings = drawn(1);
    settings.temperature = 1.0; // the rows are tempered already
    for (const double peak : {0.0, 0.05, 0.3, 1.0, 100.0}) {
        GuardedSampler guard({0.0, peak, {}, 1});
        const auto choice = guard.choose(Sampler(settings, text), logitsP, logitsQ, 0);
        const auto klAt = [&](double lambda) { return klOf(mixed(q, p, lambda), q); };
        EXPECT_LE(klAt(choice.lambda), peak + 1e-5);
        EXPECT_NEAR(choice.kl, klAt(choice.lambda), 1e-5);
        EXPECT_EQ(choice.beyond, 0.0);
        if (choice.lambda < 1.0) {
            EXPECT_GT(klAt(choice.lambda + 1e-3), peak) << peak;
        }
        EXPECT_EQ(choice.lambda < 5e-3, peak == 0.0); // nothing but rounding
        EXPECT_EQ(choice.lambda == 1.0, klAt(1.0) <= peak);
        EXPECT_NEAR(guard.level(), peak - choice.kl, 1e-9);
    }
    // A cap on surprisal holds lambda back where the budget would not.
    GuardedSampler capped({0.0, 100.0, 0.2, 1});
    const auto choice = capped.choose(Sampler(settings, text), logitsP, logitsQ, 0);
    const auto surprisalAt = [&](double lambda) {
        const Row pi = mixed(q, p, lambda);
        double sum = 0.0;
        for (std::size_t i = 0; i < pi.size(); ++i)
            sum -= pi[i] * q[i];
        return sum;
    };
    EXPECT_LT(choice.lambda, 1.0);
    EXPECT_LE(surprisalAt(choice.lambda), surprisalAt(0.0) + 0.2 + 1e-5);
}

/// What is charged is the KL of what was really drawn from, and never more than was allowed.
TEST(Guard, TheTextsKlStaysWithinItsBudget)
{
    struct Case {
        int topK;
        double topP;
        FluencyGuard guard;
    };
    const auto model = tests::tinyModel();
    const auto change = clamp(8.0);
    const auto prompt = someIds(6);
    for (const Case& one : {Case{0, 1.0, {0.2, 1.5, {}, 1}}, Case{0, 1.0, {0.0, 0.0, {}, 1}},
             Case{12, 1.0, {0.3, 2.0, {}, 1}}, Case{0, 0.9, {0.3, 2.0, {}, 1}},
             Case{20, 0.8, {0.1, 0.5, {}, 1}}}) {
        tests::PairSettings settings;
        settings.maxTokens = 20;
        settings.sampler = drawn(7);
        settings.sampler.topK = one.topK;
        settings.sampler.topP = one.topP;
        settings.guard = one.guard;
        const auto pair = tests::writePair(model, nullptr, prompt, settings, change);
        ASSERT_TRUE(pair) << pair.error().message;
        std::vector<TokenId> text = prompt;
        double spent = 0.0;
        for (std::size_t i = 0; i < pair->steered.ids.size(); ++i) {
            const Row q = nextOf(*model, text, prompt.size(), nullptr, kTemperature);
            const Row p = nextOf(*model, text, prompt.size(), change.get(), kTemperature);
            const TokenFigures& figures = pair->steered.figures[i];
            // Where a token is about to be cut off, the next float of lambda decides.
            double nearest = 1e9, kl = 0.0;
            for (const double step : {-2e-6, 0.0, 2e-6}) {
                const double lambda
                    = std::clamp(static_cast<double>(figures.lambda) + step, 0.0, 1.0);
                const Row pi = cut(mixed(q, p, lambda), one.topK, one.topP);
                const double here = klOf(pi, q);
                if (std::abs(here - static_cast<double>(figures.spent)) < nearest
                    && pi[pair->steered.ids[i].index()] > 0.0) {
                    nearest = std::abs(here - static_cast<double>(figures.spent));
                    kl = here;
                }
            }
            EXPECT_LT(nearest, 2e-3) << i;
            spent += kl;
            text.push_back(pair->steered.ids[i]);
        }
        const KlAccount account = pair->steered.account(one.guard);
        EXPECT_NEAR(account.spent, spent, 2e-2);
        const auto tokens = static_cast<double>(pair->steered.ids.size());
        EXPECT_NEAR(account.allowed, one.guard.meanKl * tokens + one.guard.peakKl, 1e-9);
        EXPECT_LE(spent, account.allowed + account.beyond + 2e-2);
        if (one.topK == 0 && one.topP == 1.0) {
            EXPECT_LT(account.beyond, 1e-5);
        }
    }
}

/// The chain rule, by counting out every text of two tokens: the KL of the guarded distribution
/// over texts from the unsteered one is the expected sum of what was charged, and at most what was
/// allowed.
TEST(Guard, TheKlOverAllTextsIsTheExpectedCharge)
{
    const auto model = tests::tinyModel();
    const auto change = clamp(8.0);
    const auto prompt = someIds(5);
    const FluencyGuard guard{0.1, 0.6, {}, 1};
    const auto vocabulary = static_cast<std::size_t>(model->config().d_vocab);
    const Row q1 = nextOf(*model, prompt, prompt.size(), nullptr, kTemperature);
    const Row p1 = nextOf(*model, prompt, prompt.size(), change.get(), kTemperature);
    double klOfTexts = 0.0, expectedCharge = 0.0;
    std::optional<Row> first;
    for (std::size_t token = 0; token < vocabulary; ++token) {
        TextPlan plan;
        plan.interventions = change;
        plan.sampler = drawn(3);
        plan.guard = guard;
        plan.start = {TokenId(static_cast<std::int64_t>(token))};
        WriteOptions options;
        options.maxTokens = 2;
        const auto written = writeTexts(*model, nullptr, prompt, {plan}, options);
        ASSERT_TRUE(written) << written.error().message;
        const auto& figures = written->texts.front().figures;
        ASSERT_EQ(figures.size(), 2u);
        if (!first)
            first = mixed(q1, p1, static_cast<double>(figures[0].lambda));
        std::vector<TokenId> text = prompt;
        text.push_back(plan.start.front());
        const Row q2 = nextOf(*model, text, prompt.size(), nullptr, kTemperature);
        const Row p2 = nextOf(*model, text, prompt.size(), change.get(), kTemperature);
        const Row second = mixed(q2, p2, static_cast<double>(figures[1].lambda));
        const double here = (*first)[token];
        expectedCharge += here * static_cast<double>(figures[0].spent + figures[1].spent);
        for (std::size_t next = 0; next < vocabulary; ++next) {
            const double pi = here * second[next];
            if (pi > 0)
                klOfTexts += pi * (std::log(pi) - q1[token] - q2[next]);
        }
    }
    EXPECT_NEAR(klOfTexts, expectedCharge, 1e-4);
    EXPECT_LE(klOfTexts, guard.meanKl * 2 + guard.peakKl);
    EXPECT_GT(klOfTexts, 0.3); // it is spent
}

TEST(Guard, GreedyTextPaysForTheOneTokenItIsDrawnFrom)
{
    const auto model = tests::tinyModel();
    const auto change = clamp(8.0);
    const auto prompt = someIds(6);
    tests::PairSettings settings;
    settings.maxTokens = 15;
    settings.guard = FluencyGuard{1.0, 3.0, {}, 1};
    const auto pair = tests::writePair(model, nullptr, prompt, settings, change);
    ASSERT_TRUE(pair) << pair.error().message;
    std::vector<TokenId> text = prompt;
    for (std::size_t i = 0; i < pair->steered.ids.size(); ++i) {
        const Row q = nextOf(*model, text, prompt.size(), nullptr, 1.0);
        const TokenFigures& figures = pair->steered.figures[i];
        EXPECT_NEAR(static_cast<double>(figures.spent), -q[pair->steered.ids[i].index()], 2e-3);
        if (figures.lambda > 0.0f) {
            EXPECT_LT(figures.beyond, 1e-5f);
        }
        text.push_back(pair->steered.ids[i]);
    }
}

TEST(Guard, NoBudgetIsTheModelAsItIsAndAnyBudgetThePureClamp)
{
    const auto model = tests::tinyModel("gpt2");
    const auto change = clamp(8.0);
    tests::PairSettings settings;
    settings.maxTokens = 16;
    settings.sampler = drawn(5);
    const auto pure = tests::writePair(model, nullptr, someIds(7), settings, change);
    settings.guard = FluencyGuard{0.0, 0.0, {}, 1};
    const auto held = tests::writePair(model, nullptr, someIds(7), settings, change);
    settings.guard = FluencyGuard{0.0, 1e6, {}, 1};
    const auto free = tests::writePair(model, nullptr, someIds(7), settings, change);
    ASSERT_TRUE(pure && held && free);
    EXPECT_EQ(held->steered.ids, held->normal.ids);
    EXPECT_EQ(free->steered.ids, pure->steered.ids);
    EXPECT_NE(pure->steered.ids, pure->normal.ids);
}

TEST(Guard, ASteeredRowThatIsNoNumberIsNotMixedIn)
{
    const std::vector<float> q = {1.0f, 2.0f, 0.5f};
    const std::vector<float> p(3, std::numeric_limits<float>::quiet_NaN());
    SamplerSettings settings;
    settings.temperature = 1.0;
    GuardedSampler guard({1.0, 5.0, {}, 1});
    const auto choice = guard.choose(Sampler(settings, someIds(1)), p, q, 0);
    EXPECT_EQ(choice.lambda, 0.0);
    EXPECT_TRUE(choice.id.isValid());
    EXPECT_NEAR(choice.kl, 0.0, 1e-6);
}

/// The feature fires on a token of a text exactly where it does in one pass over the whole text.
TEST(Guard, OnTopicIsWhatTheUnsteeredModelReads)
{
    const auto model = tests::tinyModel();
    const Dictionaries open = openSae();
    const std::vector<FeatureRef> topic = {{"saes/a", FeatureId(4)}, {"saes/a", FeatureId(11)}};
    tests::PairSettings settings;
    settings.maxTokens = 20;
    settings.sampler = drawn(9);
    settings.topic = *ActivationReader::create(topic, open);
    const auto prompt = someIds(6);
    const auto pair = tests::writePair(model, nullptr, prompt, settings, clamp(6.0));
    ASSERT_TRUE(pair) << pair.error().message;
    std::size_t fired = 0, silent = 0;
    for (const WrittenText* written : {&pair->normal, &pair->steered}) {
        ASSERT_EQ(written->isOnTopic.size(), written->ids.size() - 1);
        std::vector<TokenId> text = prompt;
        text.insert(text.end(), written->ids.begin(), written->ids.end());
        at::Tensor ids = at::empty({1, static_cast<std::int64_t>(text.size())}, at::kLong);
        for (std::size_t i = 0; i < text.size(); ++i)
            ids[0][static_cast<std::int64_t>(i)] = text[i].value;
        at::Tensor acts;
        Hooks hooks;
        hooks.on(open[0]->config().hookIn,
            [&](at::Tensor& value) { acts = open[0]->encode(value).feature_acts[0].clone(); });
        const at::NoGradGuard noGrad;
        ASSERT_TRUE(model->forward(ids, hooks));
        double share = 0.0;
        for (std::size_t i = 0; i < written->isOnTopic.size(); ++i) {
            const auto row = static_cast<std::int64_t>(prompt.size() + i);
            const bool fires = acts[row][4].item<float>() > 0 || acts[row][11].item<float>() > 0;
            EXPECT_EQ(written->isOnTopic[i], fires) << i;
            ++(fires ? fired : silent);
            share += fires / static_cast<double>(written->isOnTopic.size());
        }
        EXPECT_NEAR(written->onTopicShare(), share, 1e-9);
    }
    EXPECT_GT(fired, 0u);
    EXPECT_GT(silent, 0u);
}

TEST(Guard, OfSeveralBeginningsTheWorthiestIsGoneOnWith)
{
    const auto model = tests::tinyModel();
    const Dictionaries open = openSae();
    const auto prompt = someIds(6);
    TextPlan plan;
    plan.interventions = clamp(6.0);
    plan.sampler = drawn(2);
    plan.guard = FluencyGuard{0.3, 3.0, {}, 5, 0};
    WriteOptions options;
    options.maxTokens = 12;
    options.topic = *ActivationReader::create({{"saes/a", FeatureId(4)}}, open);
    const auto chosen = writeTexts(*model, nullptr, prompt, {plan}, options);
    ASSERT_TRUE(chosen) << chosen.error().message;

    double best = -1e9;
    std::vector<TokenId> expected;
    for (std::uint64_t i = 0; i < 5; ++i) {
        TextPlan alone = plan;
        alone.guard->candidates = 1;
        alone.sampler.seed += i << 32;
        const auto text = writeTexts(*model, nullptr, prompt, {alone}, options);
        ASSERT_TRUE(text);
        const WrittenText& one = text->texts.front();
        const double worth = worthOf(one.onTopicShare(), one.mean(&TokenFigures::surprisal));
        if (worth > best) {
            best = worth;
            expected = one.ids;
        }
    }
    EXPECT_EQ(chosen->texts.front().ids, expected);
    const KlAccount account = chosen->texts.front().account(*plan.guard);
    EXPECT_NEAR(account.allowed, 0.3 * 12 + 3.0 + std::log(5.0), 1e-9);
    EXPECT_LE(account.spent, account.allowed);
}

/// Beginnings of a large vocabulary are drawn in groups, for their distributions would fill the
/// memory: nothing else comes of it.
TEST(Guard, BeginningsOfManyTextsAreThoseOfEachAlone)
{
    ModelConfig config = tests::tinyConfig("llama");
    config.d_vocab = 60'000;
    const auto model = Transformer::create(config, 3);
    WriteOptions options;
    options.maxTokens = 5;
    options.topic = *ActivationReader::create({{"saes/a", FeatureId(4)}}, openSae());
    std::vector<TextPlan> plans;
    for (int i = 0; i < 6; ++i) {
        TextPlan& plan = plans.emplace_back();
        plan.interventions = clamp(6.0);
        plan.sampler = drawn(static_cast<std::uint64_t>(i));
        plan.guard = FluencyGuard{0.3, 3.0, {}, 16};
    }
    const auto together = writeTexts(*model, nullptr, someIds(6), plans, options);
    ASSERT_TRUE(together) << together.error().message;
    for (std::size_t i = 0; i < plans.size(); ++i) {
        const auto alone = writeTexts(*model, nullptr, someIds(6), {plans[i]}, options);
        ASSERT_TRUE(alone);
        EXPECT_EQ(together->texts[i].ids, alone->texts[0].ids) << i;
    }
}

TEST(Guard, AGivenStartIsSaidAndCharged)
{
    const auto model = tests::tinyModel();
    TextPlan plan;
    plan.interventions = clamp(6.0);
    plan.sampler = drawn(4);
    plan.guard = FluencyGuard{0.3, 3.0, {}, 1};
    WriteOptions options;
    options.maxTokens = 12;
    const auto whole = writeTexts(*model, nullptr, someIds(5), {plan}, options);
    ASSERT_TRUE(whole);
    plan.start.assign(whole->texts[0].ids.begin(), whole->texts[0].ids.begin() + 7);
    const auto again = writeTexts(*model, nullptr, someIds(5), {plan}, options);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->texts[0].ids, whole->texts[0].ids);
    EXPECT_EQ(again->texts[0].spent, whole->texts[0].spent);
    plan.start[6] = TokenId((plan.start[6].value + 1) % 60);
    const auto other = writeTexts(*model, nullptr, someIds(5), {plan}, options);
    ASSERT_TRUE(other);
    EXPECT_TRUE(std::equal(plan.start.begin(), plan.start.end(), other->texts[0].ids.begin()));
}

/// A direction that is added in full, and the same weakened to what another adds in full.
TEST(Guard, ASharedChangeAddsItsShare)
{
    const auto model = tests::tinyModel();
    TextPlan plan;
    plan.sampler = drawn(4);
    WriteOptions options;
    options.maxTokens = 12;
    plan.interventions = add(12.0);
    plan.changeShare = 0.25;
    const auto shared = writeTexts(*model, nullptr, someIds(5), {plan}, options);
    plan.interventions = add(3.0);
    plan.changeShare = 1.0;
    const auto small = writeTexts(*model, nullptr, someIds(5), {plan}, options);
    plan.interventions = add(12.0);
    const auto whole = writeTexts(*model, nullptr, someIds(5), {plan}, options);
    ASSERT_TRUE(shared && small && whole);
    EXPECT_EQ(shared->texts[0].ids, small->texts[0].ids);
    for (std::size_t i = 0; i < small->texts[0].figures.size(); ++i)
        EXPECT_NEAR(shared->texts[0].figures[i].kl, small->texts[0].figures[i].kl, 1e-5);
    EXPECT_GT(whole->texts[0].figures[0].kl, 1.05f * small->texts[0].figures[0].kl);
    EXPECT_EQ(shared->texts[0].changeShare, 0.25);
}

/// What breaks the text is weakened until its first token moves by 0.5 to 2 nats, as far as two
/// halvings tell: by a full pass under the direction at the share that was chosen. What does not is
/// left as it is.
TEST(Guard, WhatIsTooStrongIsWeakened)
{
    const auto model = tests::tinyModel();
    model->weights().W_U.weight.mul_(6.0); // as sure of the next token as real models are
    const auto prompt = someIds(6);
    const auto firstKl = [&](double value) {
        const auto change = add(value, 12);
        const Row q = nextOf(*model, prompt, prompt.size(), nullptr, 1.0);
        const Row p = nextOf(*model, prompt, prompt.size(), change.get(), 1.0);
        return klOf(mixed(q, p, 1.0), q);
    };
    double strong = 1.0;
    while (firstKl(strong) < 3.5 && strong < 1e6)
        strong *= 2;
    ASSERT_GT(firstKl(strong), 3.5);
    WriteOptions options;
    options.maxTokens = 8;
    options.topic = *ActivationReader::create({{"saes/a", FeatureId(4)}}, openSae());
    for (const double temperature : {0.0, 0.8}) {
        TextPlan plan;
        plan.interventions = add(strong, 12);
        plan.sampler = drawn(2);
        plan.sampler.temperature = temperature;
        plan.guard = FluencyGuard{0.3, 12.0, {}, 8, 12};
        const auto weakened = writeTexts(*model, nullptr, prompt, {plan}, options);
        ASSERT_TRUE(weakened) << weakened.error().message;
        const double share = weakened->texts[0].changeShare;
        EXPECT_LT(share, 1.0);
        EXPECT_THAT(firstKl(share * strong), testing::AllOf(testing::Gt(0.33), testing::Lt(2.7)));
        EXPECT_NEAR(weakened->texts[0].figures[0].kl, firstKl(share * strong), 1e-3);

        // Written on from its middle, at the share it was written at.
        TextPlan on = plan;
        on.changeShare = share;
        on.start.assign(weakened->texts[0].ids.begin(), weakened->texts[0].ids.begin() + 5);
        const auto again = writeTexts(*model, nullptr, prompt, {on}, options);
        ASSERT_TRUE(again);
        EXPECT_EQ(again->texts[0].changeShare, share);
        for (std::size_t i = 0; i < 5; ++i)
            EXPECT_NEAR(again->texts[0].figures[i].kl, weakened->texts[0].figures[i].kl, 1e-5);

        plan.guard->halvings = 0;
        const auto whole = writeTexts(*model, nullptr, prompt, {plan}, options);
        ASSERT_TRUE(whole);
        EXPECT_EQ(whole->texts[0].changeShare, 1.0);
        EXPECT_GT(whole->texts[0].figures[0].kl, 3.4f);
        plan.guard->halvings = 12;
        plan.interventions = add(strong * 1e-4, 12);
        const auto weak = writeTexts(*model, nullptr, prompt, {plan}, options);
        ASSERT_TRUE(weak);
        EXPECT_EQ(weak->texts[0].changeShare, 1.0);
    }
}

} // namespace guard_test
