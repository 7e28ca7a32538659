// What people reported of the command line, with the inputs that they sent.
#include "core/model/tensor_io.h"
#include "tests/app/cli_program.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

class ReportedCli : public tests::CliProgram {
protected:
    std::string out(const std::string& name) const { return bench.file(name).string(); }
    static std::string input(const std::string& name)
    {
        return tests::sharedFixture("reports/" + name).string();
    }
};

TEST_F(ReportedCli, AHeadThatTheConfigTiesIsNamedWhereverTheModelIsShown)
{
    REQUIRE_SHARED_FIXTURE("reports/tied-config-own-head");
    const std::string model = input("tied-config-own-head/model");
    const auto inspected = run({"--json", "model", "inspect", model});
    ASSERT_EQ(inspected.code, 0) << inspected.err;
    ASSERT_EQ(inspected.json()["warnings"].size(), 1u) << inspected.out;
    const std::string said = inspected.json()["warnings"][0];
    EXPECT_THAT(said, HasSubstr("`lm_head.weight`"));
    EXPECT_THAT(run({"model", "inspect", model}).out, HasSubstr(said));
    const auto ran
        = run({"--json", "model", "run", model, "--ids", "1,2,3", "--out", out("run.safetensors")});
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.json()["warnings"], inspected.json()["warnings"]);
    EXPECT_THAT(ran.err, HasSubstr(said)) << "without --json too";
    // A model without such a thing says nothing.
    const auto plain = run({"--json", "model", "inspect", bench.model().string()});
    EXPECT_THAT(plain.json()["warnings"], IsEmpty());
    EXPECT_THAT(run({"model", "inspect", bench.model().string()}).out, Not(HasSubstr("warning")));
}

TEST_F(ReportedCli, SparsifysSelfAttentionReadsTheModulesOutput)
{
    REQUIRE_SHARED_FIXTURE("reports/sparsify-gemma-attention");
    REQUIRE_SHARED_FIXTURE("oracles/models/gemma2-tiny");
    const auto folder = tests::sharedFixture("oracles/models/gemma2-tiny");
    const std::string text = "the cat sat on the mat";
    const auto encoded
        = run({"dictionary", "encode", input("sparsify-gemma-attention/layers.1.self_attn"),
            "--model", folder.string(), "--text", text, "--out", out("q.safetensors")});
    ASSERT_EQ(encoded.code, 0) << encoded.err;
    const auto ran = run({"model", "run", folder.string(), "--text", text, "--hooks",
        "blocks.1.attn.hook_*", "--out", out("run.safetensors")});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const auto codes = *core::loadTensors(out("q.safetensors"));
    const auto hooks = *core::loadTensors(out("run.safetensors"));
    const at::Tensor o_proj = core::loadTensors(folder / "model.safetensors")
                                  ->at("model.layers.1.self_attn.o_proj.weight")
                                  .to(at::kDouble);
    const at::Tensor z = hooks.at("blocks.1.attn.hook_z").to(at::kDouble);
    const at::Tensor expected = at::matmul(z.reshape({-1, o_proj.size(1)}), o_proj.t());
    // As SAELens names it, sae_in is what is left when b_dec is taken off.
    const at::Tensor b_dec = core::loadTensors(
        input("sparsify-gemma-attention/layers.1.self_attn") + "/sae.safetensors")
                                 ->at("b_dec");
    for (const at::Tensor& found : {codes.at("sae_in") + b_dec, hooks.at("blocks.1.attn.hook_out")})
        EXPECT_LE((found.reshape(expected.sizes()) - expected).abs().max().item<double>(),
            1e-5 * expected.abs().max().item<double>());
}

TEST_F(ReportedCli, TheTurnHeaderOfGemma3HasNoPartInAGraph)
{
    REQUIRE_SHARED_FIXTURE("reports/gemma3-it-positions");
    const std::string model = input("gemma3-it-positions/gemma-3-270m-it"),
                      dictionary = input("gemma3-it-positions/transcoders");
    const auto traced = run({"trace", model, "--dictionary", dictionary, "--ids",
        "2,105,2364,107,40,77,120,200,33", "--tensors", out("t.safetensors")});
    ASSERT_EQ(traced.code, 0) << traced.err;
    const auto tensors = *core::loadTensors(out("t.safetensors"));
    const at::Tensor positions = tensors.at("active_features").select(1, 1);
    ASSERT_GT(positions.numel(), 0);
    EXPECT_GE(positions.min().item<int>(), 4);
    const auto refused
        = run({"trace", model, "--dictionary", dictionary, "--ids", "2,40,77,120,200"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, HasSubstr("2,105,2364,107"));
    const auto text = run({"trace", model, "--dictionary", dictionary, "--prompt", "the cat sat"});
    EXPECT_EQ(text.code, 0) << text.err;
    EXPECT_THAT(text.out, HasSubstr("2,105,2364,107"));
}

} // namespace
