// Feature interventions against circuit-tracer's own on the tiny models.
#include "core/circuits/intervention.h"
#include "tests/core/circuits/graph_case.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace {

using namespace core;
using tests::expectNear;
using tests::toDoubles;

std::vector<Intervention> changesFrom(const nlohmann::json& list, const Dictionaries& dictionaries)
{
    std::vector<Intervention> changes;
    for (const auto& entry : list) {
        const bool isSlice = entry[1].is_string(); // "slice(9,None)"
        const Position position(
            isSlice ? std::stoi(entry[1].get<std::string>().substr(6)) : entry[1].get<int>());
        changes.push_back(clampAt(dictionaries,
            {Layer(entry[0].get<int>()), position, FeatureId(entry[2].get<int>())},
            entry[3].get<double>())
                              .value());
        if (isSlice)
            changes.back().positions = PositionRange::from(position);
    }
    return changes;
}

class InterventionOracle : public testing::TestWithParam<const char*> { };

TEST_P(InterventionOracle, LogitsAndActivationsAgree)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    int checked = 0;
    for (const auto& entry : oracle.json["interventions"]) {
        const std::string name = entry["name"];
        SCOPED_TRACE(name);
        InterventionOptions options;
        options.freezeAttention = entry["freeze_attention"];
        options.keepActivations = true;
        if (entry["constrained_layers"].is_array()) {
            options.constrainFirst = entry["constrained_layers"].front();
            options.constrainLast = entry["constrained_layers"].back();
        }
        const auto run = intervene(*oracle.model, oracle.transcoders, oracle.ids,
            changesFrom(entry["interventions"], oracle.transcoders), options);
        ASSERT_TRUE(run) << run.error().message;
        expectNear(toDoubles(run->logits),
            oracle.expected[fmt::format("intervention.{}.logits", name)], 1e-4, "logits");
        std::vector<double> activations;
        for (const Encoding& encoding : run->activations) {
            at::Tensor values
                = (entry["apply_activation_function"].get<bool>() ? encoding.feature_acts
                                                                  : encoding.hidden_pre)
                      .clone();
            values[0].zero_(); // circuit-tracer leaves out the first position.
            for (const double value : toDoubles(values))
                activations.push_back(value);
        }
        expectNear(activations, oracle.expected[fmt::format("intervention.{}.activations", name)],
            1e-4, "activations");
        ++checked;
    }
    EXPECT_EQ(checked, 6);
}

TEST_P(InterventionOracle, GeneratedTextAgrees)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    const auto generated = oracle.json.value("generate", nlohmann::json::array());
    for (const auto& entry : generated) {
        const std::string name = entry["name"];
        SCOPED_TRACE(name);
        InterventionOptions options;
        options.freezeAttention = entry["freeze_attention"];
        const auto text = interveneAndGenerate(*oracle.model, oracle.transcoders, oracle.ids,
            changesFrom(entry["interventions"], oracle.transcoders), 6, options);
        ASSERT_TRUE(text) << text.error().message;
        std::vector<double> ids;
        for (const std::vector<TokenId>* part : {&oracle.ids, &text->ids})
            for (const TokenId id : *part)
                ids.push_back(id.value);
        expectNear(ids, oracle.expected[fmt::format("generate.{}.tokens", name)], 0, "tokens");
        expectNear(toDoubles(text->logits),
            oracle.expected[fmt::format("generate.{}.logits", name)], 1e-4, "logits");
    }
    const auto plain = interveneAndGenerate(*oracle.model, oracle.transcoders, oracle.ids, {}, 6);
    ASSERT_TRUE(plain);
    std::vector<int> ids;
    for (const std::vector<TokenId>* part : {&oracle.ids, &plain->ids})
        for (const TokenId id : *part)
            ids.push_back(id.value);
    if (oracle.json.contains("generate_baseline")) {
        EXPECT_EQ(ids, oracle.json["generate_baseline"].get<std::vector<int>>());
    }
}

TEST_P(InterventionOracle, SettingAFeatureToItsOwnValueChangesNothing)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    const auto active = oracle.expected["active_features"],
               values = oracle.expected["activation_values"];
    std::vector<Intervention> changes;
    for (const GraphFeature& feature : tests::featuresFrom(active, values))
        changes.push_back(clampAt(oracle.transcoders, feature.at, feature.activation).value());
    for (const bool freezes : {true, false}) {
        InterventionOptions options;
        options.freezeAttention = freezes;
        const auto run = intervene(*oracle.model, oracle.transcoders, oracle.ids, changes, options);
        ASSERT_TRUE(run) << run.error().message;
        expectNear(toDoubles(run->logits), oracle.expected["logits"], 1e-4, "logits");
    }
}

/// With everything held, a change moves the logits by exactly what the graph's edges say.
TEST_P(InterventionOracle, DirectEffectsAreTheGraphsEdges)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    const auto adjacency = oracle.expected["adjacency_matrix"],
               active = oracle.expected["active_features"],
               values = oracle.expected["activation_values"],
               tokens = oracle.expected["logit_token_ids"], logits = oracle.expected["logits"];
    const auto n = static_cast<std::size_t>(std::sqrt(static_cast<double>(adjacency.size())) + 0.5);
    const std::size_t vocabulary = oracle.model->config().d_vocab,
                      lastRow = logits.size() - vocabulary;
    InterventionOptions options;
    options.constrainFirst = 0;
    options.constrainLast = oracle.model->config().n_layers - 1;
    // Edges into logits end before Gemma's soft cap.
    const double cap = oracle.model->config().finalSoftcap;
    const auto uncapped
        = [cap](double logit) { return cap > 0.0 ? cap * std::atanh(logit / cap) : logit; };
    for (const std::size_t i : {std::size_t{3}, values.size() / 2, values.size() - 2}) {
        const Intervention off
            = clampAt(oracle.transcoders, tests::featuresFrom(active)[i].at, 0.0).value();
        const auto run = intervene(*oracle.model, oracle.transcoders, oracle.ids, {off}, options);
        ASSERT_TRUE(run) << run.error().message;
        const auto changed = toDoubles(run->logits[-1]);
        double meanChange = 0.0;
        for (std::size_t v = 0; v < vocabulary; ++v)
            meanChange += (uncapped(changed[v]) - uncapped(logits[lastRow + v]))
                / static_cast<double>(vocabulary);
        for (std::size_t k = 0; k < tokens.size(); ++k) {
            const auto token = static_cast<std::size_t>(tokens[k]);
            const double change
                = uncapped(changed[token]) - uncapped(logits[lastRow + token]) - meanChange;
            EXPECT_NEAR(change, -adjacency[(n - tokens.size() + k) * n + i], 2e-4);
        }
    }
}

TEST_P(InterventionOracle, ImpossibleChangesAreNamed)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    const std::pair<FeatureAt, const char*> cases[] = {
        {{Layer(7), Position(1), FeatureId(0)}, "layer 7"},
        {{Layer(0), Position(1), FeatureId(48)}, "features 0 to 47, not 48"},
        {{Layer(0), Position(400), FeatureId(0)}, "no position 400"},
    };
    for (const auto& [place, words] : cases) {
        const auto change = clampAt(oracle.transcoders, place, 1.0);
        const auto run = change
            ? intervene(*oracle.model, oracle.transcoders, oracle.ids, {*change})
            : Result<InterventionRun>(fail(change.error()));
        ASSERT_FALSE(run);
        EXPECT_NE(run.error().message.find(words), std::string::npos) << run.error().message;
    }
    std::stop_source stop;
    stop.request_stop();
    InterventionOptions options;
    options.stop = stop.get_token();
    const auto stopped = intervene(*oracle.model, oracle.transcoders, oracle.ids, {}, options);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
}

INSTANTIATE_TEST_SUITE_P(Cases, InterventionOracle,
    testing::Values(
        "gpt2-plt-relu", "llama-plt-skip", "gemma2-gemmascope-npz", "gemma2-clt-jumprelu"),
    [](const auto& info) {
        std::string name = info.param;
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    });

} // namespace
