#include "core/session/session_json.h"

#include "core/files/atomic_write.h"
#include "core/session/file_hash.h"
#include "core/session/step_record.h"
#include "tests/core/files/temporary_folder.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using testing::HasSubstr;

namespace {

core::Intervention intervention(core::InterventionMode mode)
{
    core::Intervention one;
    one.feature = {"saes/layer_2", core::FeatureId(17)};
    one.mode = mode;
    one.value = -2.5;
    one.isMultipleOfMax = true;
    one.positions = {core::PositionRange::Kind::Range, core::Position(3), core::Position(7)};
    one.isEnabled = false;
    return one;
}

/// Every field unlike its default.
core::SavedSession wholeSession()
{
    core::SavedSession session;
    session.model = {"/models/tiny", "tiny", "int8", "abc"};
    session.dictionaries = {{"saes/layer_2", "/saes/layer_2", "def"}};
    session.prompt = "a prompt\nof two lines";
    session.steer.prompt = "Q: what?";
    session.steer.isChat = true;
    session.steer.ids = {core::TokenId(4), core::TokenId(5)};
    session.steer.settings = {12, 0.7, 40, 0.9, 1.2, 0.3, 18446744073709551615ull, true, false};
    for (int mode = 0; mode <= static_cast<int>(core::InterventionMode::Cap); ++mode)
        session.steer.interventions.push_back(
            intervention(static_cast<core::InterventionMode>(mode)));
    core::TraceRequest& trace = session.circuit.trace;
    trace.prompt = "The capital";
    trace.ids = {core::TokenId(9)};
    trace.targets = {" Austin - Sacramento", "#3@2"};
    trace.dictionaries = {"transcoders/layer_0"};
    trace.settings = {3, 0.5, 64, 0.6, 0.7};
    trace.memoryBytes = 123456789012;
    session.circuit.donor = "The other";
    session.circuit.isTraced = true;
    session.circuit.file = "/graphs/one.json";
    core::NodeKey feature{
        core::NodeKind::Feature, core::Layer(1), core::Position(2), core::FeatureId(3), {}, {}, {}};
    core::NodeKey logit{core::NodeKind::Logit, core::Layer(2), core::Position(2), {},
        core::TokenId(8), core::TokenId(9), "Austin"};
    session.circuit.marks = {{"The capital", "/graphs/one.json", {feature, logit},
        {{"a state", {feature}}}, {{"node/1", 10.25, -3}},
        {"Why Austin?", "Austin", "A third.",
            {{feature, logit, "a state", "Austin", "{from} raises {to} by 5.0.", -5, true}}}}};
    core::FluencyGuard guard{0.25, 9.0, 1.5, 7, 3};
    session.steer.settings.guard = guard;
    session.steer.settings.otherAttention = true;
    session.steer.earlier = {{"user", "Hello."}, {"assistant", "Hi!"}};
    session.steer.topic = {{"saes/layer_1", core::FeatureId(834)}};
    session.steer.changeShare = 0.125;
    session.steer.normalStart = {core::TokenId(3)};
    session.steer.steeredStart = {core::TokenId(4), core::TokenId(5)};
    core::Intervention waiting;
    waiting.feature = {"saes/layer_1", core::FeatureId(2)};
    waiting.when = core::Condition{{"saes/layer_2", core::FeatureId(9)}, 0.5, true};
    waiting.positions.kind = core::PositionRange::Kind::Chosen;
    waiting.positions.chosen = {core::Position(2), core::Position(5)};
    session.steer.interventions.push_back(waiting);
    session.circuit.edits = {"The capital", {"transcoders/layer_0"},
        {{"Texas", {{{core::Layer(1), core::Position(2), core::FeatureId(3)}, 1.1f}},
             core::NodeEdit::Mode::Set, -2.5, true},
            {"a state",
                {{{core::Layer(0), core::Position(1), core::FeatureId(7)}, 0.25f},
                    {{core::Layer(1), core::Position(2), core::FeatureId(3)}, 1.1f}},
                core::NodeEdit::Mode::Scale, 2, false}}};
    session.swapTest.pairs = {{"in Texas", "in Ohio", " Columbus"}, {"half a pair", "", ""}};
    session.swapTest.method = core::SwapMethod::Concept;
    session.swapTest.dictionaries = {"transcoders/layer_1"};
    session.swapTest.leastScore = 0.75;
    session.patching.clean = "clean";
    session.patching.corrupt = "corrupt";
    session.patching.answer = " a";
    session.patching.other = "b";
    session.patching.sites = {core::PatchSite::Head, core::PatchSite::Feature};
    session.patching.hooks = {"blocks.*.hook_z"};
    session.patching.dictionaries = {"transcoders/layer_0"};
    session.patching.direction = core::PatchDirection::Noise;
    session.patching.isExact = false;
    session.patching.exactFeatures = 3;
    session.search = {{"saes/layer_2"}, "golden gate", core::FeatureSort::Label, false, true, false,
        0.1, 0.5, "bridges", 99, 0.01};
    session.feature = core::FeatureRef{"saes/layer_2", core::FeatureId(5)};
    session.window = {"steer", "AbC="};
    return session;
}

std::string problem(nlohmann::json json)
{
    const auto read = core::sessionFromText(json.dump(), "my.featurescope");
    return read ? "" : read.error().message;
}

TEST(SessionJson, ReturnsWhatWasSaved)
{
    const core::SavedSession saved = wholeSession();
    const auto opened = core::sessionFromText(core::sessionText(saved), "my.featurescope");
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE(opened->notes.empty());
    const core::SavedSession& read = opened->session;
    EXPECT_EQ(read.model, saved.model);
    EXPECT_EQ(read.dictionaries, saved.dictionaries);
    EXPECT_EQ(read.prompt, saved.prompt);
    EXPECT_EQ(read.steer.prompt, saved.steer.prompt);
    EXPECT_EQ(read.steer.isChat, saved.steer.isChat);
    EXPECT_EQ(read.steer.ids, saved.steer.ids);
    EXPECT_EQ(read.steer.interventions, saved.steer.interventions);
    EXPECT_EQ(read.steer.settings, saved.steer.settings);
    EXPECT_EQ(read.steer.earlier, saved.steer.earlier);
    EXPECT_EQ(read.steer.topic, saved.steer.topic);
    EXPECT_EQ(read.steer.normalStart, saved.steer.normalStart);
    EXPECT_EQ(read.steer.steeredStart, saved.steer.steeredStart);
    EXPECT_EQ(read.steer.changeShare, saved.steer.changeShare);
    EXPECT_EQ(read.steer.settings.seed, 18446744073709551615ull);
    EXPECT_EQ(read.steer.settings.frequencyPenalty, 0.3);
    EXPECT_EQ(read.circuit.trace.targets, saved.circuit.trace.targets);
    EXPECT_EQ(read.circuit.trace.memoryBytes, 123456789012);
    EXPECT_EQ(read.circuit.donor, saved.circuit.donor);
    EXPECT_TRUE(read.circuit.isTraced);
    EXPECT_EQ(read.circuit.marks, saved.circuit.marks);
    EXPECT_EQ(read.circuit.edits, saved.circuit.edits);
    ASSERT_EQ(read.swapTest.pairs.size(), 2u);
    EXPECT_EQ(read.swapTest.pairs[0].answer, " Columbus");
    EXPECT_EQ(read.swapTest.pairs[1].prompt, "half a pair");
    EXPECT_EQ(read.swapTest.method, core::SwapMethod::Concept);
    EXPECT_EQ(read.swapTest.dictionaries, saved.swapTest.dictionaries);
    EXPECT_EQ(read.swapTest.leastScore, 0.75);
    EXPECT_EQ(read.patching.sites, saved.patching.sites);
    EXPECT_EQ(read.patching.direction, saved.patching.direction);
    EXPECT_EQ(read.search.text, saved.search.text);
    EXPECT_EQ(read.search.sort, core::FeatureSort::Label);
    EXPECT_EQ(read.feature, saved.feature);
    EXPECT_EQ(read.window, saved.window);
    // Nothing is left out on the second way round either.
    EXPECT_EQ(core::sessionText(read), core::sessionText(saved));
}

TEST(SessionJson, NamesFileAndFieldOfWhatIsWrong)
{
    const nlohmann::json good = nlohmann::json::parse(core::sessionText(wholeSession()));
    const auto with = [&](const char* pointer, nlohmann::json value) {
        nlohmann::json changed = good;
        changed[nlohmann::json::json_pointer(pointer)] = std::move(value);
        return problem(changed);
    };
    EXPECT_THAT(with("/steer/interventions/2/mode", "clmp"),
        HasSubstr("my.featurescope: field `steer.interventions[2].mode` says `clmp`"));
    EXPECT_THAT(
        with("/steer/interventions/0/feature", -1), HasSubstr("`steer.interventions[0].feature`"));
    EXPECT_THAT(with("/steer/temperature", "warm"), HasSubstr("`steer.temperature` must be a"));
    EXPECT_THAT(with("/circuit/marks/0/pinned/1", 7), HasSubstr("`circuit.marks[0].pinned[1]`"));
    EXPECT_THAT(with("/circuit/interventions/changes/0/mode", "add"),
        HasSubstr("`circuit.interventions.changes[0].mode` says `add`"));
    EXPECT_THAT(with("/circuit/interventions/changes/1/features", nlohmann::json::array()),
        HasSubstr("must name one feature or more"));
    EXPECT_THAT(with("/swap_test/pairs/0/donor", 7), HasSubstr("`swap_test.pairs[0].donor`"));
    EXPECT_THAT(with("/featurescope_session", 2), HasSubstr("is version 2"));
    EXPECT_THAT(problem({{"hello", 1}}), HasSubstr("`featurescope_session` is missing"));
    EXPECT_THAT(problem(3), HasSubstr("my.featurescope"));
}

TEST(SessionJson, NamesFieldsOfNewerVersions)
{
    nlohmann::json json = nlohmann::json::parse(core::sessionText(wholeSession()));
    json["steer"]["interventions"][1]["mood"] = "good";
    json["weather"] = nlohmann::json::object();
    const auto opened = core::sessionFromText(json.dump(), "my.featurescope");
    ASSERT_TRUE(opened);
    ASSERT_EQ(opened->notes.size(), 1u);
    EXPECT_THAT(opened->notes[0], HasSubstr("`steer.interventions[1].mood`"));
    EXPECT_THAT(opened->notes[0], HasSubstr("`weather`"));
}

/// As version 1 wrote them: numbers in the order of the enumerators.
TEST(SteeringFile, OfTheOldVersionIsReadAndTheNewOneNamesItsModes)
{
    const tests::TemporaryFolder folder;
    const auto path = folder / "steering.json";
    ASSERT_TRUE(core::writeAtomically(path,
        R"({"featurescope_steering": 1, "model": "tiny", "prompt": "Q", "chat": true,
            "interventions": [{"dictionary": "saes/layer_2", "feature": 3, "mode": 6, "value": 2,
            "multiple_of_max": false, "positions": 3, "first": 1, "last": 4, "enabled": true}],
            "max_tokens": 9, "temperature": 0.5, "top_k": 3, "top_p": 0.8,
            "repetition_penalty": 1.1, "seed": 7, "freeze_attention": true, "normal": "a",
            "steered": "b"})"));
    const auto read = core::readSteering(path);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->note, "");
    EXPECT_EQ(read->model, "tiny");
    ASSERT_EQ(read->steer.interventions.size(), 1u);
    EXPECT_EQ(read->steer.interventions[0].mode, core::InterventionMode::Orthogonal);
    EXPECT_EQ(read->steer.interventions[0].positions.kind, core::PositionRange::Kind::Range);
    EXPECT_EQ(read->steer.interventions[0].positions.last, core::Position(4));
    EXPECT_EQ(read->steer.settings.topK, 3);
    EXPECT_EQ(read->steer.settings.seed, 7u);

    core::SaveSteeringRequest save{path.string(), "tiny", read->steer, nullptr};
    save.steer.settings.frequencyPenalty = 0.25;
    ASSERT_TRUE(core::writeSteering(save));
    const auto json = nlohmann::json::parse(tests::readAll(path));
    EXPECT_EQ(json["interventions"][0]["mode"], "orthogonal");
    EXPECT_EQ(json["interventions"][0]["positions"], "range");
    EXPECT_EQ(json["frequency_penalty"], 0.25);
    EXPECT_EQ(core::readSteering(path)->steer.interventions, read->steer.interventions);
}

TEST(StepRecord, TellsADifferenceFromWhatAnotherMachineRounds)
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const core::StepRecord saved{
        {"ids", {50000, 7}, {}, {}}, {"kl", {}, {0.5, nan, 1000}, {}}, {"text", {}, {}, "one"}};
    core::StepRecord now = saved;
    now.push_back({"more", {1}, {}, {}});
    EXPECT_EQ(core::differenceOf(saved, now), "");
    EXPECT_EQ(core::differenceOf(core::asRead(saved), core::asRead(now)), "");
    now[1].numbers[2] = 1000.5; // half a thousandth
    EXPECT_EQ(core::differenceOf(saved, now), "");
    now[1].numbers[2] = 1002;
    EXPECT_EQ(core::differenceOf(saved, now), "kl[2]: 1000 saved, 1002 now");
    now = saved;
    now[0].ids[0] = 50001;
    EXPECT_EQ(core::differenceOf(saved, now), "ids[0]: 50000 saved, 50001 now");
    now = saved;
    now[2].text = "two";
    EXPECT_THAT(core::differenceOf(saved, now), HasSubstr("\"one\" saved, \"two\" now"));
    now.pop_back();
    EXPECT_THAT(core::differenceOf(saved, now), HasSubstr("text"));
    now = saved;
    now[1].numbers.pop_back();
    EXPECT_THAT(core::differenceOf(saved, now), HasSubstr("3 values saved, 2 now"));
}

TEST(FileHash, IsOfContentsAndNamesInsideAndNotOfThePlace)
{
    const tests::TemporaryFolder folder;
    const auto make = [&](const char* name, const std::string& text) {
        const auto made = folder / name;
        std::filesystem::create_directories(made / "inner");
        EXPECT_TRUE(core::writeAtomically(made / "config.json", "{}"));
        EXPECT_TRUE(core::writeAtomically(made / "inner" / "w.safetensors", text));
        EXPECT_TRUE(core::writeAtomically(made / "my.featurescope", name)); // no part of it
        return made;
    };
    const auto first = make("first", "weights"), second = make("second", "weights"),
               other = make("other", "Weights");
    EXPECT_EQ(*core::hashOfFiles(first), *core::hashOfFiles(second));
    EXPECT_NE(*core::hashOfFiles(first), *core::hashOfFiles(other));
    std::filesystem::rename(second / "inner" / "w.safetensors", second / "w.safetensors");
    EXPECT_NE(*core::hashOfFiles(first), *core::hashOfFiles(second));
    EXPECT_FALSE(core::hashOfFiles(folder / "none"));
}

} // namespace
