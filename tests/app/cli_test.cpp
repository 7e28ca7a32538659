// The command line, run as a program: what scripts get from it.
#include "core/model/tensor_io.h"
#include "tests/app/cli_program.h"

#include <fstream>

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using testing::Contains;
using testing::HasSubstr;
using testing::MatchesRegex;

namespace {

namespace fs = std::filesystem;

using tests::Ran;

class Cli : public tests::CliProgram {
protected:
    Ran done(const std::vector<std::string>& arguments) const
    {
        Ran ran = run(arguments);
        EXPECT_EQ(ran.code, 0) << ran.err;
        EXPECT_EQ(ran.err, "") << "nothing but errors goes there without a terminal";
        return ran;
    }

    /// One line that says what is wrong; nothing on stdout.
    void expectFails(
        const std::vector<std::string>& arguments, int code, const std::string& words) const
    {
        const Ran ran = run(arguments);
        EXPECT_EQ(ran.code, code) << ran.err;
        EXPECT_THAT(ran.err, HasSubstr(words));
        if (code == 1) {
            EXPECT_EQ(ran.out, "");
            EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
        }
    }

    std::map<std::string, at::Tensor> tensors(const fs::path& path) const
    {
        auto read = core::loadTensors(path);
        EXPECT_TRUE(read) << read.error().message;
        return read ? *read : std::map<std::string, at::Tensor>();
    }

    std::string out(const std::string& name) const { return bench.file(name).string(); }

    const std::string model = bench.model().string();
};

void expectNear(const at::Tensor& actual, const at::Tensor& expected, double tolerance)
{
    ASSERT_EQ(actual.sizes(), expected.sizes());
    EXPECT_LE((actual - expected).abs().max().item<double>(), tolerance);
}

TEST_F(Cli, InspectsAModelWithTheFieldsOfTheContract)
{
    const nlohmann::json json = done({"--json", "model", "inspect", model}).json();
    for (const char* field :
        {"model_type", "n_layers", "d_model", "n_heads", "n_key_value_heads", "d_head", "d_mlp",
            "d_vocab", "n_ctx", "parameters", "dtype", "bytes", "estimate_bytes", "tokenizer"})
        EXPECT_TRUE(json.contains(field)) << field;
    EXPECT_EQ(json["model_type"], "llama");
    EXPECT_EQ(json["tokenizer"]["size"], 320);
    EXPECT_EQ(json["tokenizer"]["type"], "byte-level BPE");
    EXPECT_GE(json["costs"].size(), 4u);
    EXPECT_THAT(done({"model", "inspect", model}).out, HasSubstr("--dtype int8"));
}

TEST_F(Cli, ChecksAModelInThePrecisionAskedFor)
{
    const nlohmann::json json
        = done({"--json", "--dtype", "bfloat16", "--device", "cpu", "model", "check", model})
              .json();
    EXPECT_EQ(json["dtype"], "bfloat16");
    EXPECT_EQ(json["device"], "cpu");
    EXPECT_TRUE(json["good"]);
    EXPECT_GT(json["max_logit_difference"], 0.0);
}

TEST_F(Cli, RunsAModelAndWritesWhatTheGlobsName)
{
    REQUIRE_SHARED_FIXTURE("oracles/models/gemma2-tiny");
    const fs::path oracle = tests::sharedFixture("oracles/models/gemma2-tiny");
    const auto expected = tensors(oracle / "expected.safetensors");
    std::string ids;
    const at::Tensor prompt = expected.at("p0.input_ids");
    for (std::int64_t i = 0; i < prompt.numel(); ++i)
        ids += (i == 0 ? "" : ",") + std::to_string(prompt[i].item<std::int64_t>());
    const nlohmann::json json = done(
        {"--json", "model", "run", oracle.string(), "--ids", ids, "--hooks",
            "blocks.*.hook_resid_mid,blocks.1.attn.hook_pattern", "--out", out("run.safetensors")})
                                    .json();
    EXPECT_EQ(json["n_tokens"], prompt.numel());
    EXPECT_TRUE(json.contains("seconds"));
    const auto written = tensors(out("run.safetensors"));
    EXPECT_EQ(written.size(), 2u + 4u + 1u);
    EXPECT_TRUE(at::equal(written.at("input_ids"), prompt));
    expectNear(written.at("logits"), expected.at("p0.logits"), 5e-5);
    expectNear(written.at("blocks.2.hook_resid_mid"), expected.at("p0.resid_mid")[2], 5e-5);
    expectNear(written.at("blocks.1.attn.hook_pattern"), expected.at("p0.attn_pattern")[1], 5e-5);

    // Every place that this family has; a plain glob does not trip over those it has not.
    done({"model", "run", oracle.string(), "--ids", ids, "--hooks", "*", "--out",
        out("all.safetensors")});
    const auto all = tensors(out("all.safetensors"));
    EXPECT_TRUE(all.contains("blocks.0.ln1_post.hook_normalized"));
    EXPECT_FALSE(all.contains("hook_pos_embed"));
    expectFails({"model", "run", oracle.string(), "--ids", ids, "--hooks", "hook_pos_embed",
                    "--out", out("none.safetensors")},
        1, "hook_pos_embed");
    EXPECT_FALSE(fs::exists(out("none.safetensors")));
}

TEST_F(Cli, SaysWhatIsWrongInOneLine)
{
    expectFails({"model", "inspect", out("nowhere")}, 1, "nowhere");
    expectFails({"model", "run", model, "--ids", "1,x", "--out", out("o")}, 2, "1,2,3");
    expectFails({"model", "run", model, "--ids", "9999", "--out", out("o")}, 1, "9999");
    expectFails({"model", "run", model, "--out", out("o")}, 2, "--ids");
    expectFails({"--dtype", "float8", "model", "inspect", model}, 2, "float8");
    expectFails({"--device", "gpu", "model", "inspect", model}, 2, "cuda:N");
    expectFails({"--device", "cuda:99", "model", "inspect", model}, 1, "cuda:99");
    expectFails({"no-such-verb"}, 2, "subcommand");
    expectFails(
        {"dictionary", "encode", bench.sae().string(), "--input", "no-colon", "--out", out("o")}, 1,
        "FILE:TENSOR");
    EXPECT_FALSE(fs::exists(out("o")));
}

TEST_F(Cli, SaysItsVersion)
{
    EXPECT_THAT(
        done({"--version"}).out, MatchesRegex("featurescope-cli [0-9]+[.][0-9]+[.][0-9]+\n"));
}

TEST_F(Cli, ScoresOutputsAndSortsByThem)
{
    const std::string workspace = out("w.sqlite");
    std::ofstream(out("corpus.txt")) << "the old bridge is in the fog\n\na book on a shelf\n";
    done({"harvest", model, bench.sae().string(), "--corpus", out("corpus.txt"), "--workspace",
        workspace});
    const auto list = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments{
            "--json", "features", "list", workspace, "--limit", "100"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return done(arguments).json()["results"];
    };
    const nlohmann::json sorted = list({"--sort", "output-score"});
    ASSERT_GE(sorted.size(), 3u);
    for (std::size_t i = 1; i < sorted.size(); ++i)
        EXPECT_GE(sorted[i - 1]["output_score"], sorted[i]["output_score"]);
    const double middle = sorted[sorted.size() / 2]["output_score"];
    EXPECT_GT(middle, 0.0);
    const nlohmann::json writing = list(
        {"--sort", "output-score", "--ascending", "--writes", nlohmann::json(middle).dump()});
    EXPECT_EQ(writing.size(), sorted.size() / 2 + 1);
    EXPECT_EQ(writing.front()["output_score"], middle);
    const std::string feature = sorted[0]["feature"];
    EXPECT_EQ(done({"--json", "features", "show", workspace, feature}).json()["output_score"],
        sorted[0]["output_score"]);

    const nlohmann::json hits
        = done({"--json", "features", "search", workspace, "bridge", "--sort", "output-score"})
              .json()["results"];
    ASSERT_GE(hits.size(), 1u);
    for (std::size_t i = 1; i < hits.size(); ++i)
        EXPECT_GE(hits[i - 1]["output_score"], hits[i]["output_score"]);
    EXPECT_EQ(done({"--json", "features", "search", workspace, "bridge", "--writes", "1"})
                  .json()["results"]
                  .size(),
        0u);

    // As a harvest of an older version left it: unknown, until they are added.
    SQLite::Database(workspace, SQLite::OPEN_READWRITE)
        .exec("DELETE FROM feature_column WHERE statistic='output_score'");
    for (const nlohmann::json& one : list({}))
        EXPECT_TRUE(one["output_score"].is_null());
    EXPECT_TRUE(list({"--writes", "0.0001"}).empty());
    const nlohmann::json added
        = done({"--json", "features", "score-outputs", workspace, "--model", model}).json();
    EXPECT_EQ(added["features"], 24);
    EXPECT_EQ(added["unknown"], 0);
    EXPECT_EQ(list({"--sort", "output-score"}), sorted);
    expectFails({"features", "score-outputs", workspace, "--model", model, "--dictionary",
                    bench.transcoders().string()},
        1, "knows none of the open dictionaries");
    const nlohmann::json mapped
        = done({"--json", "features", "map", workspace, "--model", model}).json();
    EXPECT_GT(mapped["features"], 3);
    EXPECT_EQ(mapped["landmarks"], mapped["features"]);
    expectFails({"features", "list", workspace, "--sort", "taste"}, 2, "taste");
    expectFails({"features", "list", workspace, "--writes", "2"}, 2, "--writes");
}

TEST_F(Cli, OffersRelativesThatWrite)
{
    const nlohmann::json json
        = done({"--json", "features", "relatives", "builtin", "saes/layer_2:373", "--limit", "3"})
              .json();
    ASSERT_EQ(json["relatives"].size(), 3u);
    double last = 1.0;
    for (const nlohmann::json& one : json["relatives"]) {
        EXPECT_GE(one["output_score"], 0.01);
        EXPECT_GE(one["cosine"], 0.3);
        EXPECT_LE(one["cosine"], last);
        last = one["cosine"];
    }
    EXPECT_THAT(done({"features", "relatives", model, "saes/layer_0:1", "--dictionary",
                         bench.sae().string()})
                    .out,
        HasSubstr("no feature like it writes"));
    expectFails({"features", "relatives", "builtin", "saes/layer_3:99999"}, 1, "99999");
}

TEST_F(Cli, TokenizesAlsoWithATokenizerAlone)
{
    const std::string text = "hello world";
    for (const std::string& where : {model, (bench.model() / "tokenizer.json").string()}) {
        const nlohmann::json json = done({"--json", "tokenize", where, "--text", text}).json();
        ASSERT_EQ(json["ids"].size(), json["tokens"].size());
        ASSERT_EQ(json["ids"].size(), json["offsets"].size());
        std::string ids, whole;
        for (std::size_t i = 0; i < json["ids"].size(); ++i) {
            ids += (i == 0 ? "" : ",") + json["ids"][i].dump();
            const int begin = json["offsets"][i][0], end = json["offsets"][i][1];
            whole += text.substr(
                static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
        }
        EXPECT_EQ(whole, text);
        const nlohmann::json back
            = done({"--json", "detokenize", where, "--ids", ids, "--skip-special"}).json();
        EXPECT_EQ(back["text"], text);
    }
}

TEST_F(Cli, EncodesVectorsOfAFile)
{
    for (const char* name :
        {"standard", "standard-hook_z", "gemma-scope-res", "jumprelu", "topk"}) {
        const std::string folder = std::string("oracles/saes/") + name;
        REQUIRE_SHARED_FIXTURE(folder);
        const fs::path oracle = tests::sharedFixture(folder);
        const auto expected = tensors(oracle / "expected.safetensors");
        const nlohmann::json json
            = done({"--json", "dictionary", "encode", oracle.string(), "--input",
                       (oracle / "expected.safetensors").string() + ":x", "--out",
                       out("acts.safetensors")})
                  .json();
        const auto written = tensors(out("acts.safetensors"));
        const double tolerance = 1e-5 * expected.at("forward").abs().max().item<double>() + 1e-5;
        SCOPED_TRACE(name);
        expectNear(written.at("feature_acts"), expected.at("feature_acts"), tolerance);
        expectNear(written.at("reconstruction"), expected.at("forward"), tolerance);
        EXPECT_NEAR(json["l0"].get<double>(),
            expected.at("feature_acts").gt(0).sum(-1).to(at::kDouble).mean().item<double>(), 1e-6);
        EXPECT_TRUE(json["fvu"].is_number());
    }
}

TEST_F(Cli, EncodesATextAtTheDictionarysPlace)
{
    const nlohmann::json json = done(
        {"--json", "dictionary", "encode", bench.transcoders().string() + "/layer_1.safetensors",
            "--model", model, "--text", "hello world", "--out", out("text.safetensors")})
                                    .json();
    const auto written = tensors(out("text.safetensors"));
    EXPECT_EQ(written.at("feature_acts").size(0), json["vectors"]);
    EXPECT_EQ(written.at("feature_acts").size(1), 20);
    EXPECT_GT(json["fvu"], 0.0);
}

TEST_F(Cli, InspectsOneDictionaryOrSeveral)
{
    const nlohmann::json one
        = done({"--json", "dictionary", "inspect", bench.sae().string()}).json();
    EXPECT_EQ(one["architecture"], "jumprelu");
    EXPECT_EQ(one["d_in"], 16);
    EXPECT_EQ(one["d_sae"], 24);
    EXPECT_EQ(one["hook_in"], "blocks.0.hook_resid_post");
    EXPECT_EQ(one["hook_out"], "blocks.0.hook_resid_post");
    EXPECT_EQ(one["layer"], 0);
    EXPECT_EQ(one["normalization"], "none");
    EXPECT_EQ(one["dtype"], "float32");
    EXPECT_EQ(one["format"], "SAELens");
    const nlohmann::json several
        = done({"--json", "dictionary", "inspect", bench.transcoders().string()}).json();
    EXPECT_FALSE(several.contains("d_in"));
    ASSERT_EQ(several["dictionaries"].size(), 2u);
    EXPECT_EQ(several["dictionaries"][1]["layer"], 1);
}

TEST_F(Cli, EvaluatesADictionary)
{
    std::ofstream(bench.file("corpus.txt")) << "hello world, this is a test of words.\n\n"
                                               "another paragraph with other words in it.\n";
    const nlohmann::json json = done({"--json", "dictionary", "evaluate", model,
                                         bench.sae().string(), "--corpus", out("corpus.txt")})
                                    .json();
    for (const char* field : {"l0", "fvu", "explained_variance", "ce_clean", "ce_sae", "ce_zero",
             "ce_score", "kl", "dead_fraction", "density_histogram"})
        EXPECT_TRUE(json.contains(field)) << field;
    EXPECT_EQ(json["density_histogram"].size(), 13u);
}

TEST_F(Cli, ChatNeedsATemplate)
{
    expectFails({"generate", model, "--prompt", "hello", "--chat", "--max-tokens", "2"}, 1,
        "chat template");
    auto config = nlohmann::json::parse(std::ifstream(bench.model() / "tokenizer_config.json"));
    config["chat_template"] = "{{ bos_token }}{{ messages[0]['content'] }}!";
    std::ofstream(bench.model() / "tokenizer_config.json") << config.dump();
    const nlohmann::json json
        = done({"--json", "generate", model, "--prompt", "hello", "--chat", "--max-tokens", "2"})
              .json();
    EXPECT_EQ(json["normal"]["ids"].size(), 2u);
    EXPECT_GT(json["tokens_per_second"], 0.0);
}

} // namespace
