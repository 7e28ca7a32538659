#include "core/interventions/stream_batch.h"
#include "core/model/tensor_io.h"
#include "tests/core/dictionary/random_dictionary.h"
#include "tests/core/steering/write_pair.h"
#include "tests/support/fixtures.h"

#include <fstream>

#include <nlohmann/json.hpp>

#include <ATen/core/grad_mode.h>

using namespace core;

namespace {

struct Oracle {
    std::shared_ptr<const Transformer> model;
    Dictionaries dictionaries;
    std::map<std::string, at::Tensor> expected;
    nlohmann::json about;
};

Oracle openOracle(const std::filesystem::path& numbers, const std::filesystem::path& dictionaries,
    const char* model)
{
    Oracle oracle;
    auto opened
        = Transformer::open(tests::sharedFixture(std::filesystem::path("oracles/models") / model));
    auto sets = openDictionaries(tests::sharedFixture(dictionaries));
    auto expected = loadTensors(tests::sharedFixture(numbers / "expected.safetensors"));
    if (!opened || !sets || !expected)
        throw std::runtime_error("the oracle cannot be opened");
    oracle.model = *opened;
    oracle.dictionaries = *sets;
    oracle.expected = *expected;
    std::ifstream(tests::sharedFixture(numbers / "expected.json")) >> oracle.about;
    return oracle;
}

std::vector<TokenId> idsOf(const at::Tensor& ids)
{
    std::vector<TokenId> list;
    for (std::int64_t i = 0; i < ids.numel(); ++i)
        list.emplace_back(ids[i].item<std::int64_t>());
    return list;
}

at::Tensor steeredLogits(const Oracle& oracle, const std::vector<Intervention>& interventions)
{
    const at::NoGradGuard noGrad;
    auto active = ActiveInterventions::create(interventions, oracle.dictionaries);
    if (!active)
        throw std::runtime_error(active.error().message);
    const at::Tensor ids = oracle.expected.at("input_ids").unsqueeze(0);
    SteeredSpan span;
    span.length = span.promptLength = ids.size(1);
    Hooks hooks;
    ActiveInterventions::install(*active, span, std::make_shared<SteeringTrace>(), hooks);
    return (*oracle.model->forward(ids, hooks))[0];
}

/// circuit-tracer's list of [layer, position or slice, feature, value].
std::vector<Intervention> settings(const Oracle& oracle, const nlohmann::json& list)
{
    std::vector<Intervention> interventions;
    for (const auto& each : list) {
        Intervention intervention;
        intervention.feature = {oracle.dictionaries[each[0].get<std::size_t>()]->config().name,
            FeatureId(each[2].get<std::int64_t>())};
        intervention.value = each[3].get<double>();
        int first = 0;
        if (each[1].is_number())
            intervention.positions = PositionRange::only(Position(each[1].get<int>()));
        else if (std::sscanf(each[1].get<std::string>().c_str(), "slice(%d,None)", &first) == 1)
            intervention.positions = PositionRange::from(Position(first));
        interventions.push_back(intervention);
    }
    return interventions;
}

/// SAELens' HookedSAETransformer: a feature ablated with the error term kept, and a decoder row
/// added three times.
TEST(SteeringOracle, SaeLensAblationAndSteering)
{
    REQUIRE_SHARED_FIXTURE("oracles/saes_e2e/gpt2-tiny__standard");
    const Oracle oracle
        = openOracle("oracles/saes_e2e/gpt2-tiny__standard", "oracles/saes/standard", "gpt2-tiny");
    Intervention intervention;
    intervention.feature = {oracle.dictionaries.front()->config().name,
        FeatureId(oracle.about.at("ablated_and_steered_feature").get<std::int64_t>())};
    const auto difference = [&](const char* key) {
        return tests::largestDifference(
            steeredLogits(oracle, {intervention}), oracle.expected.at(key));
    };
    EXPECT_LE(
        tests::largestDifference(steeredLogits(oracle, {}), oracle.expected.at("logits_base")),
        1e-4);
    intervention.mode = InterventionMode::Ablate;
    EXPECT_LE(difference("logits_error_term_ablate_top_feature"), 1e-4);
    EXPECT_GT(difference("logits_base"), 1e-2); // so that the check above means something
    intervention.mode = InterventionMode::Clamp; // to zero: the same
    EXPECT_LE(difference("logits_error_term_ablate_top_feature"), 1e-4);
    intervention.mode = InterventionMode::Add;
    intervention.value = 3.0;
    EXPECT_LE(difference("logits_steered_3x_decoder_dir"), 1e-4);
}

class TranscoderSteeringOracle
    : public testing::TestWithParam<std::pair<const char*, const char*>> {
protected:
    void SetUp() override
    {
        const std::filesystem::path folder
            = std::filesystem::path("oracles/graphs") / GetParam().first;
        REQUIRE_SHARED_FIXTURE(folder);
        m_oracle = openOracle(folder, folder, GetParam().second);
    }
    Oracle m_oracle;
};

/// circuit-tracer's feature interventions over several layers, each acting on what the earlier ones
/// changed.
TEST_P(TranscoderSteeringOracle, FreeInterventions)
{
    for (const auto& each : m_oracle.about.at("interventions")) {
        if (each.at("freeze_attention").get<bool>())
            continue;
        const std::string key = "intervention." + each.at("name").get<std::string>() + ".logits";
        const at::Tensor logits
            = steeredLogits(m_oracle, settings(m_oracle, each.at("interventions")));
        EXPECT_LE(tests::largestDifference(logits, m_oracle.expected.at(key)), 1e-4) << key;
        EXPECT_GT(tests::largestDifference(logits, m_oracle.expected.at("logits")), 0.5) << key;
    }
}

/// The same with attention patterns held at the normal stream's: read at the prompt's last
/// position.
TEST_P(TranscoderSteeringOracle, FrozenAttention)
{
    int checked = 0;
    for (const auto& each : m_oracle.about.at("interventions")) {
        if (!each.at("freeze_attention").get<bool>() || !each.at("constrained_layers").is_null())
            continue;
        auto active = ActiveInterventions::create(
            settings(m_oracle, each.at("interventions")), m_oracle.dictionaries);
        ASSERT_TRUE(active) << active.error().message;
        BatchOptions options;
        options.held.attention = true;
        auto batch = StreamBatch::start(*m_oracle.model, idsOf(m_oracle.expected.at("input_ids")),
            {{}, {std::make_shared<LiveInterventions>(*active), true}}, options);
        ASSERT_TRUE(batch) << batch.error().message;
        const std::string key = "intervention." + each.at("name").get<std::string>() + ".logits";
        const at::Tensor expected = m_oracle.expected.at(key)[-1];
        for (std::int64_t i = 0; i < expected.numel(); ++i)
            ASSERT_NEAR(
                batch->logits(1)[static_cast<std::size_t>(i)], expected[i].item<float>(), 1e-4)
                << key;
        ++checked;
    }
    EXPECT_EQ(checked, 2);
}

/// circuit-tracer's greedy generation under an intervention at one position and at all from one on.
TEST_P(TranscoderSteeringOracle, GeneratesTheSameTokens)
{
    for (const auto& each : m_oracle.about.at("generate")) {
        const std::vector<TokenId> prompt = idsOf(m_oracle.expected.at("input_ids"));
        const std::string name = "generate." + each.at("name").get<std::string>();
        auto active = ActiveInterventions::create(
            settings(m_oracle, each.at("interventions")), m_oracle.dictionaries);
        ASSERT_TRUE(active) << active.error().message;
        tests::PairSettings settings;
        const std::vector<TokenId> expected = idsOf(m_oracle.expected.at(name + ".tokens"));
        settings.maxTokens = static_cast<int>(expected.size() - prompt.size());
        settings.freezeAttention = each.at("freeze_attention").get<bool>();
        auto result = tests::writePair(m_oracle.model, nullptr, prompt, settings,
            std::make_shared<LiveInterventions>(*active));
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(result->steered.ids,
            std::vector<TokenId>(expected.begin() + std::ssize(prompt), expected.end()))
            << name;
        const std::vector<TokenId> baseline = [&] {
            std::vector<TokenId> ids;
            for (const auto& id : m_oracle.about.at("generate_baseline"))
                ids.emplace_back(id.get<std::int64_t>());
            return ids;
        }();
        EXPECT_EQ(result->normal.ids,
            std::vector<TokenId>(baseline.begin() + std::ssize(prompt), baseline.end()))
            << name;
        // Log probabilities of what it chose, against the oracle's logits of every step.
        const at::Tensor logProbabilities = m_oracle.expected.at(name + ".logits").log_softmax(-1);
        for (std::size_t step = 0; step < result->steered.ids.size(); ++step)
            EXPECT_NEAR(tests::figures(result->steered, &TokenFigures::logprob)[step],
                logProbabilities[static_cast<std::int64_t>(step)][result->steered.ids[step].value]
                    .item<float>(),
                1e-4)
                << name << " step " << step;
    }
}

INSTANTIATE_TEST_SUITE_P(Sets, TranscoderSteeringOracle,
    testing::Values(
        std::pair{"gpt2-plt-relu", "gpt2-tiny"}, std::pair{"llama-plt-skip", "llama-tiny"}),
    [](const auto& info) {
        std::string name = info.param.first;
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    });

} // namespace
