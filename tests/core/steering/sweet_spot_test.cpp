#include "core/steering/sweet_spot.h"

#include "tests/core/dictionary/random_dictionary.h"
#include "tests/core/steering/write_pair.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

using namespace core;

namespace {

/// A dictionary at the last layer whose feature 0 writes the direction of one token, so that a
/// strong clamp says it again and again: a change that must break the text at some strength.
Dictionaries oneTokenDictionary(const Transformer& model, int token)
{
    DictionaryConfig config = tests::saeConfig(model.config().d_model, 30);
    config.name = "saes/a";
    config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(model.config().n_layers - 1)};
    auto weights = tests::randomWeights(config, 3);
    const at::Tensor direction = model.weights().W_U.weight[token].detach();
    weights.W_dec[0] = direction / direction.norm();
    auto dictionary = Dictionary::create(config, weights);
    if (!dictionary)
        throw std::runtime_error(dictionary.error().message);
    return {*dictionary};
}

} // namespace

TEST(SweetSpot, StaysBelowTheFirstStrengthThatBreaksTheText)
{
    REQUIRE_SHARED_FIXTURE("stories260K");
    auto model = Transformer::open(tests::sharedFixture("stories260K"));
    auto tokenizer = Tokenizer::open(tests::sharedFixture("stories260K"));
    ASSERT_TRUE(model && tokenizer);
    const Dictionaries open = oneTokenDictionary(**model, 300);
    const auto prompt = (*tokenizer)->encode("Once upon a time")->ids;
    const auto maxOf = [](const FeatureRef&) { return std::optional<double>(1.0); };
    SweetSpotSettings settings;
    settings.multiples = {0.1, 0.5, 1, 2, 5, 10, 20, 50, 200};
    int reports = 0;
    auto found = findSweetSpot(*model, *tokenizer, prompt, {"saes/a", FeatureId(0)}, open, maxOf,
        settings, [&](const Progress&) { ++reports; });
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->sweep.cells.front().size(), 9u);
    EXPECT_EQ(reports, 40);
    EXPECT_TRUE(found->sweep.cells.front().front().isWhole);
    EXPECT_FALSE(found->sweep.cells.front().back().isWhole);
    EXPECT_GT(found->sweep.cells.front().back().repetition, 0.8)
        << found->sweep.cells.front().back().text;
    EXPECT_GT(found->sweep.cells.front().back().klMean, found->sweep.cells.front().front().klMean);
    EXPECT_GT(found->sweep.cells.front().back().deltaNormRatio,
        found->sweep.cells.front().front().deltaNormRatio);
    // The strongest of the unbroken run from the weakest on, and of that run the one worth most.
    double strongest = 0.0, proposed = 0.0, most = -1e9;
    for (std::size_t i = 0; i < settings.multiples.size(); ++i) {
        const SweepCell& trial = found->sweep.cells.front()[i];
        if (!trial.isWhole)
            break;
        strongest = settings.multiples[i];
        const double worth = trial.onTopic - 0.2 * trial.surprisal;
        if (trial.onTopic >= found->sweep.normal.onTopic + 0.25 && worth > most) {
            proposed = settings.multiples[i];
            most = worth;
        }
    }
    EXPECT_EQ(found->strongestWhole, strongest);
    EXPECT_EQ(found->multiple, proposed);
    EXPECT_GT(strongest, 0.0);
    EXPECT_LT(strongest, 200.0);
    EXPECT_FALSE(found->sweep.normal.text.empty());
    for (const SweepCell& trial : found->sweep.cells.front())
        RecordProperty("multiple_" + std::to_string(trial.surprisal),
            "kl " + std::to_string(trial.klMean) + " rep " + std::to_string(trial.repetition)
                + " surprisal " + std::to_string(trial.surprisal) + " " + trial.text);
}

TEST(SweetSpot, ATrialIsWhatTheGeneratorWrites)
{
    const auto model = tests::tinyModel();
    const Dictionaries open = oneTokenDictionary(*model, 7);
    const std::vector<TokenId> prompt = {TokenId(3), TokenId(9)};
    const auto maxOf = [](const FeatureRef&) { return std::optional<double>(2.0); };
    SweetSpotSettings settings;
    settings.multiples = {1.5};
    settings.samples = 1;
    settings.maxTokens = 12;
    auto found
        = findSweetSpot(model, nullptr, prompt, {"saes/a", FeatureId(0)}, open, maxOf, settings);
    ASSERT_TRUE(found) << found.error().message;

    Intervention clamp;
    clamp.feature = {"saes/a", FeatureId(0)};
    clamp.value = 3.0;
    tests::PairSettings generator;
    generator.maxTokens = 12;
    generator.sampler.temperature = settings.temperature;
    auto result = tests::writePair(model, nullptr, prompt, generator,
        std::make_shared<LiveInterventions>(*ActiveInterventions::create({clamp}, open)));
    ASSERT_TRUE(result) << result.error().message;
    double kl = 0.0;
    for (const float each : tests::figures(result->steered, &TokenFigures::kl))
        kl += each / static_cast<double>(tests::figures(result->steered, &TokenFigures::kl).size());
    EXPECT_NEAR(found->sweep.cells.front().front().klMean, kl, 1e-4);
    EXPECT_NEAR(found->sweep.cells.front().front().repetition, result->steered.repetition, 1e-9);
    double surprisal = 0.0;
    for (const float logprob : tests::figures(result->normal, &TokenFigures::logprob))
        surprisal -= logprob
            / static_cast<double>(tests::figures(result->normal, &TokenFigures::logprob).size());
    EXPECT_NEAR(found->sweep.normal.surprisal, surprisal, 1e-4);
}

TEST(SweetSpot, SaysWhatIsMissingAndStops)
{
    const auto model = tests::tinyModel();
    const Dictionaries open = oneTokenDictionary(*model, 7);
    const std::vector<TokenId> prompt = {TokenId(3)};
    const auto maxOf = [](const FeatureRef&) { return std::optional<double>(2.0); };
    EXPECT_FALSE(findSweetSpot(model, nullptr, prompt, {"saes/a", FeatureId(0)}, open, {}));
    EXPECT_FALSE(findSweetSpot(model, nullptr, {}, {"saes/a", FeatureId(0)}, open, maxOf));
    std::stop_source source;
    source.request_stop();
    auto stopped = findSweetSpot(
        model, nullptr, prompt, {"saes/a", FeatureId(0)}, open, maxOf, {}, {}, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
}
