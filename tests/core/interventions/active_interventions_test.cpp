#include "core/interventions/active_interventions.h"

#include "core/model/activation_cache.h"
#include "tests/core/dictionary/random_dictionary.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <ATen/core/grad_mode.h>

using namespace core;
using tests::largestDifference;

namespace {

constexpr std::int64_t kSteeredWidth = 16; // of the tiny model

std::shared_ptr<const Dictionary> sae(FeatureActivation activation = FeatureActivation::Relu,
    InputNormalization normalization = InputNormalization::None)
{
    DictionaryConfig config = tests::saeConfig(kSteeredWidth, 30);
    config.name = "saes/a";
    config.activation = activation;
    config.k = 8;
    config.normalization = normalization;
    config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(0)};
    return tests::randomDictionary(config, 3);
}

std::shared_ptr<const Dictionary> transcoder()
{
    DictionaryConfig config = tests::saeConfig(kSteeredWidth, 30);
    config.name = "plt/layer_0";
    config.isTranscoder = true;
    config.hookIn = {HookKind::ResidMid, Layer(0)};
    config.hookOut = {HookKind::MlpOut, Layer(0)};
    return tests::randomDictionary(config, 4);
}

Intervention change(const char* dictionary, int feature, InterventionMode mode, double value)
{
    Intervention intervention;
    intervention.feature = {dictionary, FeatureId(feature)};
    intervention.mode = mode;
    intervention.value = value;
    return intervention;
}

std::shared_ptr<const ActiveInterventions> activate(
    const std::vector<Intervention>& interventions, const Dictionaries& dictionaries)
{
    auto active = ActiveInterventions::create(interventions, dictionaries);
    if (!active)
        throw std::runtime_error(active.error().message);
    return *active;
}

struct Seen {
    at::Tensor in, before, after; // at hookIn, and at hookOut without and with the change
    double ratio = 0.0;
};

/// Runs three rows of seven tokens, changing row 1, and returns what is found at a dictionary's
/// hooks.
Seen runSteered(const std::vector<Intervention>& interventions,
    const std::shared_ptr<const Dictionary>& dictionary, SteeredSpan span = {})
{
    const at::NoGradGuard noGrad;
    const auto model = tests::tinyModel();
    const at::Tensor ids = tests::tinyIds(1, 7).expand({3, 7}).contiguous();
    const HookPoint in = dictionary->config().hookIn, out = dictionary->config().hookOut;
    Seen seen;
    auto clean = runWithCache(*model, ids, {in, out});
    seen.in = clean->cache.at(in);
    seen.before = clean->cache.at(out);
    span.rowBegin = 1;
    span.rowEnd = 2;
    span.length = 7;
    span.promptLength = 7;
    const auto trace = std::make_shared<SteeringTrace>();
    Hooks hooks;
    ActiveInterventions::install(activate(interventions, {dictionary}), span, trace, hooks);
    seen.after = runWithCache(*model, ids, {out}, hooks)->cache.at(out);
    seen.ratio = trace->deltaNormRatio.defined() ? trace->deltaNormRatio.item<double>() : 0.0;
    return seen;
}

/// The equations of docs/definitions.md section 4, in double precision, on one row [T, d].
at::Tensor byHand(const Dictionary& dictionary, const Intervention& intervention,
    const at::Tensor& in, const at::Tensor& out)
{
    const std::int64_t i = intervention.feature.feature.value;
    const double c = intervention.value;
    const at::Tensor f
        = dictionary.encode(in).feature_acts.select(-1, i).to(at::kDouble).unsqueeze(-1);
    const at::Tensor x = out.to(at::kDouble);
    const at::Tensor raw = dictionary.W_dec()[i].to(at::kDouble);
    const at::Tensor d = raw * dictionary.outputScale(in).to(at::kDouble);
    const at::Tensor v = raw / raw.pow(2).sum().sqrt();
    const at::Tensor projection = (x * v).sum(-1, true);
    switch (intervention.mode) {
    case InterventionMode::Clamp:
        return x + (c - f) * d;
    case InterventionMode::MinClamp:
        return x + (at::clamp_min(f, c) - f) * d;
    case InterventionMode::Add:
        return x + c * d;
    case InterventionMode::AddUnit:
        return x + c * v;
    case InterventionMode::Scale:
        return x + (c * f - f) * d;
    case InterventionMode::Ablate:
        return x - f * d;
    case InterventionMode::Orthogonal:
        return x + (c - 1) * projection * v;
    case InterventionMode::Cap:
        return x + (at::clamp_max(projection, c) - projection) * v;
    }
    return {};
}

const InterventionMode kAllModes[] = {InterventionMode::Clamp, InterventionMode::MinClamp,
    InterventionMode::Add, InterventionMode::AddUnit, InterventionMode::Scale,
    InterventionMode::Ablate, InterventionMode::Orthogonal, InterventionMode::Cap};

/// A feature that fires on some positions of the tiny run and not on others, where there is one.
int livelyFeature(const Dictionary& dictionary, const at::Tensor& in)
{
    const at::Tensor active = dictionary.encode(in[1]).feature_acts.gt(0).sum(0);
    for (std::int64_t i = 0; i < active.numel(); ++i)
        if (const auto n = active[i].item<std::int64_t>(); n >= 2 && n <= 5)
            return static_cast<int>(i);
    return 0;
}

} // namespace

TEST(ActiveInterventions, EveryModeFollowsItsEquation)
{
    for (const auto& dictionary :
        {sae(), sae(FeatureActivation::JumpRelu), sae(FeatureActivation::TopK),
            sae(FeatureActivation::Relu, InputNormalization::LayerNorm),
            sae(FeatureActivation::Relu, InputNormalization::ConstantNormRescale), transcoder()}) {
        const int feature = livelyFeature(*dictionary, runSteered({}, dictionary).in);
        for (const InterventionMode mode : kAllModes) {
            const double value = mode == InterventionMode::Cap ? -0.1 : 1.5;
            const Intervention intervention
                = change(dictionary->config().name.c_str(), feature, mode, value);
            const Seen seen = runSteered({intervention}, dictionary);
            const at::Tensor expected
                = byHand(*dictionary, intervention, seen.in[1], seen.before[1]);
            EXPECT_LE(largestDifference(seen.after[1].to(at::kDouble), expected), 2e-5)
                << dictionary->config().name << " mode " << static_cast<int>(mode);
            // The other rows keep their very bits.
            EXPECT_TRUE(at::equal(seen.after[0], seen.before[0]));
            EXPECT_TRUE(at::equal(seen.after[2], seen.before[2]));
            const at::Tensor delta = expected - seen.before[1].to(at::kDouble);
            const double ratio = (delta.pow(2).sum(-1).sqrt()
                / seen.before[1].to(at::kDouble).pow(2).sum(-1).sqrt())
                                     .max()
                                     .item<double>();
            EXPECT_NEAR(seen.ratio, ratio, 1e-4 * (1 + ratio));
        }
    }
}

TEST(ActiveInterventions, AClampedFeatureReadsItsValueWhereDirectionsAreOrthonormal)
{
    // With W_enc = W_dec = identity and no biases, what is clamped is what is then read: Golden
    // Gate's definition.
    DictionaryConfig config = tests::saeConfig(kSteeredWidth, static_cast<int>(kSteeredWidth));
    config.name = "saes/a";
    config.applyBDecToInput = false;
    config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(0)};
    auto identity = Dictionary::create(config,
        {at::eye(kSteeredWidth), at::zeros({kSteeredWidth}), at::eye(kSteeredWidth),
            at::zeros({kSteeredWidth}), {}, {}});
    ASSERT_TRUE(identity);
    const Seen seen = runSteered({change("saes/a", 3, InterventionMode::Clamp, 7.0)}, *identity);
    const at::Tensor f = (*identity)->encode(seen.before[1]).feature_acts.select(-1, 3);
    // The error term of a silent feature is the negative part, which stays.
    const at::Tensor negative = at::clamp_max(seen.before[1].select(-1, 3), 0.0);
    EXPECT_LE(largestDifference(seen.after[1].select(-1, 3), 7.0 + negative), 1e-6) << f;
}

TEST(ActiveInterventions, DeltasOfOneHookAreSummedFromTheUnmodifiedActivation)
{
    const auto dictionary = sae();
    const std::vector<Intervention> several = {change("saes/a", 2, InterventionMode::Clamp, 3.0),
        change("saes/a", 9, InterventionMode::Scale, -1.0),
        change("saes/a", 11, InterventionMode::Orthogonal, 2.0),
        change("saes/a", 4, InterventionMode::Ablate, 0.0)};
    const Seen seen = runSteered(several, dictionary);
    at::Tensor expected = seen.before[1].to(at::kDouble);
    for (const Intervention& each : several)
        expected = expected + byHand(*dictionary, each, seen.in[1], seen.before[1])
            - seen.before[1].to(at::kDouble);
    EXPECT_LE(largestDifference(seen.after[1].to(at::kDouble), expected), 2e-5);
}

TEST(ActiveInterventions, PositionsDecideWhere)
{
    const auto dictionary = sae();
    const auto changedPositions = [&](PositionRange range, SteeredSpan span) {
        Intervention intervention = change("saes/a", 2, InterventionMode::Add, 1.0);
        intervention.positions = range;
        const Seen seen = runSteered({intervention}, dictionary, span);
        std::string marks;
        for (std::int64_t t = 0; t < 7; ++t)
            marks += at::equal(seen.after[1][t], seen.before[1][t]) ? '.' : 'x';
        return marks;
    };
    using Kind = PositionRange::Kind;
    EXPECT_EQ(changedPositions({}, {}), "xxxxxxx");
    EXPECT_EQ(changedPositions({Kind::Range, Position(2), Position(4)}, {}), "..xxx..");
    EXPECT_EQ(changedPositions({Kind::Generated, {}, {}}, {}), ".......");
    SteeredSpan skipsFirst;
    skipsFirst.firstSteerable = 1;
    EXPECT_EQ(changedPositions({}, skipsFirst), ".xxxxxx");
    EXPECT_EQ(changedPositions({Kind::Prompt, {}, {}}, skipsFirst), ".xxxxxx");
    EXPECT_EQ(changedPositions({Kind::Range, Position(0), Position(0)}, skipsFirst), "x......");
    // Behind five cached positions the same pass starts at position 5; the prompt is 7 long.
    SteeredSpan later;
    later.firstPosition = 5;
    EXPECT_EQ(changedPositions({Kind::Prompt, {}, {}}, later), "xx.....");
    EXPECT_EQ(changedPositions({Kind::Generated, {}, {}}, later), "..xxxxx");
    EXPECT_EQ(changedPositions({Kind::Range, Position(8), Position(100)}, later), "...xxxx");
}

TEST(ActiveInterventions, AskingForNothingChangesNoBit)
{
    for (const auto& dictionary : {sae(), sae(FeatureActivation::TopK), transcoder()}) {
        const char* name = dictionary->config().name.c_str();
        Intervention disabled = change(name, 1, InterventionMode::Clamp, 50.0);
        disabled.isEnabled = false;
        for (const Intervention& none : {change(name, 1, InterventionMode::Add, 0.0),
                 change(name, 1, InterventionMode::Scale, 1.0),
                 change(name, 1, InterventionMode::Orthogonal, 1.0),
                 change(name, 1, InterventionMode::MinClamp, -1.0),
                 change(name, 1, InterventionMode::Cap, 1e9), disabled}) {
            const Seen seen = runSteered({none}, dictionary);
            EXPECT_TRUE(at::equal(seen.after, seen.before)) << static_cast<int>(none.mode);
            EXPECT_EQ(seen.ratio, 0.0);
        }
    }
}

TEST(ActiveInterventions, MultiplesCountTheLargestActivation)
{
    const Dictionaries open = {sae()};
    Intervention clamp = change("saes/a", 2, InterventionMode::Clamp, 10.0);
    clamp.isMultipleOfMax = true;
    const auto maxOf = [](const FeatureRef& feature) {
        return std::optional<double>(feature.feature.value == 2 ? 0.25 : 0.0);
    };
    EXPECT_TRUE(ActiveInterventions::create({clamp}, open, maxOf));
    const auto problem = [&](const Intervention& intervention, const MaxActivationFn& max) {
        auto created = ActiveInterventions::create({intervention}, open, max);
        return created ? std::string{} : created.error().message;
    };
    EXPECT_NE(problem(clamp, {}).find("Harvest saes/a first"), std::string::npos);
    clamp.feature.feature = FeatureId(3);
    EXPECT_NE(problem(clamp, maxOf).find("never fired"), std::string::npos);
    clamp.feature.feature = FeatureId(30);
    EXPECT_NE(problem(clamp, maxOf).find("features 0 to 29, not 30"), std::string::npos);
    clamp.feature = {"saes/b", FeatureId(0)};
    EXPECT_NE(problem(clamp, maxOf).find("saes/b: no such dictionary is open"), std::string::npos);
    EXPECT_NE(
        problem(change("saes/a", 0, InterventionMode::Add, std::numeric_limits<double>::infinity()),
            maxOf)
            .find("not a finite number"),
        std::string::npos);

    // And the multiple is the value: ten times a quarter is two and a half.
    const at::NoGradGuard noGrad;
    clamp.feature = {"saes/a", FeatureId(2)};
    const auto model = tests::tinyModel();
    const auto logits = [&](const Intervention& intervention) {
        Hooks hooks;
        SteeredSpan span;
        span.length = span.promptLength = 7;
        ActiveInterventions::install(*ActiveInterventions::create({intervention}, open, maxOf),
            span, std::make_shared<SteeringTrace>(), hooks);
        return *model->forward(tests::tinyIds(1, 7), hooks);
    };
    EXPECT_TRUE(
        at::equal(logits(clamp), logits(change("saes/a", 2, InterventionMode::Clamp, 2.5))));
}

TEST(ActiveInterventions, KnowsTheFirstPositionItChanges)
{
    Intervention late = change("saes/a", 2, InterventionMode::Add, 1.0);
    late.positions = {PositionRange::Kind::Range, Position(5), Position(9)};
    Intervention generated = late;
    generated.positions = {PositionRange::Kind::Generated, {}, {}};
    const Dictionaries open = {sae()};
    EXPECT_EQ(activate({late}, open)->firstSteered(20, 0), 5);
    EXPECT_EQ(activate({late}, open)->firstSteered(4, 0), 4);
    EXPECT_EQ(activate({generated}, open)->firstSteered(20, 0), 20);
    EXPECT_EQ(activate({late, change("saes/a", 1, InterventionMode::Add, 1.0)}, open)
                  ->firstSteered(20, 1),
        1);
    EXPECT_EQ(activate({}, open)->firstSteered(20, 0), 20);
}
