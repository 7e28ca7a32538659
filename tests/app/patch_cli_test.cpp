// `patch activation` and `patch attribution`, run as a program.
#include "core/model/tensor_io.h"
#include "tests/app/cli_program.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using testing::HasSubstr;

namespace {

using tests::Ran;

class PatchCli : public tests::CliProgram {
protected:
    Ran patch(const std::string& method, std::vector<std::string> more) const
    {
        std::vector<std::string> arguments{"--json", "patch", method, bench.model().string(),
            "--clean-ids", "5,17,80,33", "--corrupt-ids", "5,17,101,33", "--metric", "#12", "#40"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    }

    std::string out(const std::string& name) const { return bench.file(name).string(); }
};

TEST_F(PatchCli, GivesTheFieldsOfTheContract)
{
    const Ran ran = patch("activation", {"--both", "--out", out("maps.json")});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.err, "");
    const auto json = ran.json();
    for (const char* field : {"clean", "corrupt", "effects", "pearson", "spearman", "passes"})
        EXPECT_TRUE(json.contains(field)) << field;
    for (const char* hook : {"hook_resid_pre", "hook_attn_out", "hook_mlp_out", "attn.hook_z"})
        for (const char* layer : {"blocks.0.", "blocks.1."})
            EXPECT_EQ(json["effects"][std::string(layer) + hook].size(), 4u) << hook;
    EXPECT_EQ(json["effects"], json["effects_exact"]);
    EXPECT_NEAR(json["effects"]["blocks.0.hook_resid_pre"][2].get<double>(),
        json["clean"].get<double>() - json["corrupt"].get<double>(), 1e-4);
    EXPECT_EQ(nlohmann::json::parse(tests::readAll(bench.file("maps.json"))), json);
}

TEST_F(PatchCli, AttributionAloneTakesNoPassForEachCell)
{
    const auto json = patch("attribution", {"--at", "resid_pre"}).json();
    EXPECT_EQ(json["passes"], 0);
    EXPECT_FALSE(json.contains("pearson"));
    EXPECT_EQ(json["effects"].size(), 2u);
    const auto both = patch("attribution", {"--both", "--at", "resid_pre"}).json();
    EXPECT_EQ(both["effects"], both["effects_approximate"]);
    EXPECT_EQ(both["effects"], json["effects"]);
}

TEST_F(PatchCli, WritesATensorForEachMap)
{
    const Ran ran = patch("activation",
        {"--both", "--at", "heads", "--at", "blocks.1.hook_resid_mid", "--dictionary",
            bench.transcoders().string(), "--features", "5", "--out", out("maps.safetensors")});
    EXPECT_EQ(ran.code, 0) << ran.err;
    const auto tensors = core::loadTensors(bench.file("maps.safetensors"));
    ASSERT_TRUE(tensors) << tensors.error().message;
    const auto json = ran.json();
    EXPECT_EQ(json["features"].size(), json["n_features"]);
    for (const std::string method : {"exact.", "approximate."}) {
        EXPECT_EQ(tensors->at(method + "attn.hook_z").sizes(), (std::vector<std::int64_t>{2, 4}));
        const at::Tensor mid = tensors->at(method + "hook_resid_mid");
        EXPECT_TRUE(mid[0].isnan().all().item<bool>()) << "not asked for";
        const auto& effects = json[method == "exact." ? "effects_exact" : "effects_approximate"];
        for (int position = 0; position < 4; ++position)
            EXPECT_EQ(mid[1][position].item<float>(),
                effects["blocks.1.hook_resid_mid"][static_cast<std::size_t>(position)]
                    .get<float>());
        EXPECT_TRUE(tensors->contains(method + "hook_mlp_out.hook_sae_acts_post"));
        EXPECT_TRUE(tensors->contains(method + "hook_mlp_out.hook_sae_error"));
    }
    const at::Tensor exact = tensors->at("features.exact");
    EXPECT_EQ(exact.isfinite().sum().item<int>(), 5);
    EXPECT_EQ(tensors->at("features").size(1), 3);
    EXPECT_TRUE(at::equal(tensors->at("clean_ids"), at::tensor({5, 17, 80, 33}, at::kLong)));
}

TEST_F(PatchCli, ReadsTextsAndGoesTheOtherWay)
{
    const auto run = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments{"--json", "patch", "activation", bench.model().string(),
            "--clean", "the a", "--corrupt", "the b", "--metric", "#12", "#40", "--at",
            "resid_pre"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Ran ran = this->run(arguments);
        EXPECT_EQ(ran.code, 0) << ran.err;
        return ran.json();
    };
    const auto there = run({}), back = run({"--noise"});
    EXPECT_EQ(there["direction"], "denoise");
    EXPECT_EQ(back["direction"], "noise");
    EXPECT_EQ(there["clean"], back["clean"]);
    const auto last = there["clean_tokens"].size() - 1;
    const double gap = there["clean"].get<double>() - there["corrupt"].get<double>();
    EXPECT_NEAR(there["effects"]["blocks.0.hook_resid_pre"][last].get<double>(), gap, 1e-4);
    EXPECT_NEAR(back["effects"]["blocks.0.hook_resid_pre"][last].get<double>(), -gap, 1e-4);
}

TEST_F(PatchCli, SaysWhatIsWrong)
{
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{"--at", "blocks.*.no_such"}, "matches no hook point"},
        {{"--out", out("maps.txt")}, ".json or .safetensors"},
        {{"--out", out("no/such/maps.json")}, "maps.json"},
    };
    for (const auto& [more, words] : cases) {
        const Ran ran = patch("activation", more);
        EXPECT_EQ(ran.code, 1);
        EXPECT_EQ(ran.out, "");
        EXPECT_THAT(ran.err, HasSubstr(words));
        EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    }
    const Ran lengths = run({"patch", "activation", bench.model().string(), "--clean-ids", "1,2,3",
        "--corrupt-ids", "1,2"});
    EXPECT_EQ(lengths.code, 1);
    EXPECT_THAT(lengths.err, HasSubstr("3 tokens and the corrupt one 2"));
    EXPECT_EQ(run({"patch", "activation", bench.model().string(), "--clean", "a"}).code, 2);
    EXPECT_EQ(run({"patch", "sideways", bench.model().string()}).code, 2);
}

} // namespace
