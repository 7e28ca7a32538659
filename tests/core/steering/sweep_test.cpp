#include "core/steering/sweep.h"

#include "tests/core/dictionary/random_dictionary.h"
#include "tests/core/steering/write_pair.h"
#include "tests/support/tiny_model.h"

#include <algorithm>

using namespace core;

namespace sweep_test {

namespace {

Dictionaries openSae()
{
    DictionaryConfig config = tests::saeConfig(16, 30);
    config.name = "saes/a";
    config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(0)};
    return {tests::randomDictionary(config, 3)};
}

SweepRequest request()
{
    Intervention clamp, add;
    clamp.feature = add.feature = {"saes/a", FeatureId(2)};
    add.mode = InterventionMode::Add;
    SweepRequest request;
    request.rows = {{"clamp", {clamp}, {}}, {"add, guarded", {add}, FluencyGuard{0.2, 2.0, {}, 1}}};
    request.strengths = {0.5, 3.0, 12.0};
    request.settings.maxTokens = 14;
    request.settings.temperature = 0.8;
    request.settings.seed = 5;
    request.topic = {{"saes/a", FeatureId(4)}};
    request.samples = 2;
    return request;
}

const std::vector<TokenId> kPrompt = {TokenId(5), TokenId(22), TokenId(39), TokenId(8)};

} // namespace

TEST(Sweep, ACellIsWhatThePairWritesAlone)
{
    const auto model = tests::tinyModel();
    const Dictionaries open = openSae();
    const SweepRequest asked = request();
    int reports = 0;
    const auto sweep = runSweep(
        *model, nullptr, kPrompt, asked, open, {}, true, [&](const Progress&) { ++reports; });
    ASSERT_TRUE(sweep) << sweep.error().message;
    EXPECT_GE(reports, 14);
    ASSERT_EQ(sweep->cells.size(), 2u);
    for (std::size_t row = 0; row < 2; ++row) {
        ASSERT_EQ(sweep->cells[row].size(), 3u);
        for (std::size_t i = 0; i < 3; ++i) {
            Intervention change = asked.rows[row].interventions.front();
            change.value = asked.strengths[i];
            std::vector<float> kl;
            double repeated = 0.0, surprisal = 0.0, onTopic = 0.0, tokens = 0.0, read = 0.0,
                   spent = 0.0;
            for (std::uint64_t sample = 0; sample < 2; ++sample) {
                tests::PairSettings settings;
                settings.maxTokens = 14;
                settings.sampler.temperature = 0.8;
                settings.sampler.seed = 5 + sample;
                settings.guard = asked.rows[row].guard;
                settings.topic = *ActivationReader::create(asked.topic, open);
                const auto pair = tests::writePair(model, nullptr, kPrompt, settings,
                    std::make_shared<LiveInterventions>(
                        *ActiveInterventions::create({change}, open)));
                ASSERT_TRUE(pair);
                const WrittenText& text = pair->steered;
                for (const TokenFigures& token : text.figures) {
                    kl.push_back(token.kl);
                    surprisal += static_cast<double>(token.surprisal);
                    spent += static_cast<double>(token.spent) / 2;
                }
                tokens += static_cast<double>(text.ids.size());
                read += static_cast<double>(text.isOnTopic.size());
                onTopic += static_cast<double>(
                    std::count(text.isOnTopic.begin(), text.isOnTopic.end(), true));
                repeated += text.repetition / 2;
            }
            const SweepCell& cell = sweep->cells[row][i];
            double mean = 0.0;
            for (const float each : kl)
                mean += static_cast<double>(each) / static_cast<double>(kl.size());
            std::sort(kl.begin(), kl.end());
            const auto rank
                = static_cast<std::size_t>(std::ceil(0.95 * static_cast<double>(kl.size())));
            EXPECT_NEAR(cell.klMean, mean, 1e-4);
            EXPECT_NEAR(cell.klP95, static_cast<double>(kl[rank - 1]), 1e-4);
            EXPECT_NEAR(cell.surprisal, surprisal / tokens, 1e-4);
            EXPECT_NEAR(cell.onTopic, onTopic / read, 1e-9);
            EXPECT_NEAR(cell.repetition, repeated, 1e-9);
            EXPECT_NEAR(cell.spent, spent, 1e-4);
            EXPECT_EQ(cell.isWhole, isWhole(cell, sweep->normal, model->config().d_vocab));
        }
        // The largest strength up to which the p95 stays at most one nat.
        int iso = -1;
        for (int i = 0; i < 3 && sweep->cells[row][static_cast<std::size_t>(i)].klP95 <= 1.0; ++i)
            iso = i;
        EXPECT_EQ(sweep->isoKl[row], iso);
    }
}

TEST(Sweep, TheSweetSpotIsTheWorthiestWholeCellOrNone)
{
    const auto model = tests::tinyModel();
    const auto sweep = runSweep(*model, nullptr, kPrompt, request(), openSae(), {}, true);
    ASSERT_TRUE(sweep);
    std::optional<std::pair<int, int>> best;
    double most = -1e9;
    for (int row = 0; row < 2; ++row)
        for (int i = 0; i < 3; ++i) {
            const SweepCell& cell
                = sweep->cells[static_cast<std::size_t>(row)][static_cast<std::size_t>(i)];
            const double worth = cell.onTopic - 0.2 * cell.surprisal;
            if (cell.isWhole && cell.onTopic >= sweep->normal.onTopic + 0.25 && worth > most) {
                most = worth;
                best = {row, i};
            }
        }
    EXPECT_EQ(sweep->sweetSpot, best);

    // A change of nothing is never more on topic than normal text.
    SweepRequest nothing = request();
    nothing.rows.erase(nothing.rows.begin());
    nothing.rows.front().guard.reset();
    nothing.strengths = {0.0};
    const auto none = runSweep(*model, nullptr, kPrompt, nothing, openSae(), {}, true);
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->sweetSpot);
    EXPECT_EQ(none->cells[0][0].onTopic, none->normal.onTopic);
}

TEST(Sweep, SaysWhatIsMissingAndStops)
{
    const auto model = tests::tinyModel();
    SweepRequest empty = request();
    empty.strengths.clear();
    EXPECT_FALSE(runSweep(*model, nullptr, kPrompt, empty, openSae(), {}, true));
    empty = request();
    empty.rows.clear();
    EXPECT_FALSE(runSweep(*model, nullptr, kPrompt, empty, openSae(), {}, true));
    std::stop_source source;
    source.request_stop();
    const auto stopped = runSweep(
        *model, nullptr, kPrompt, request(), openSae(), {}, true, {}, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
}

} // namespace sweep_test
