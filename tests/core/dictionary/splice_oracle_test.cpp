#include "core/dictionary/dictionary.h"
#include "core/model/activation_cache.h"
#include "core/model/tensor_io.h"
#include "tests/core/dictionary/random_dictionary.h"
#include "tests/support/fixtures.h"

#include <ATen/core/grad_mode.h>

using namespace core;

/// SAELens' HookedSAETransformer: what the dictionary reads, finds and rebuilds inside the model,
/// and the logits with its reconstruction in place.
TEST(SpliceOracle, ActivationsAndSplicedLogits)
{
    struct Case {
        const char *oracle, *sae, *model;
    };
    for (const Case& each :
        {Case{"oracles/saes_e2e/gpt2-tiny__standard", "oracles/saes/standard", "gpt2-tiny"},
            Case{"oracles/saes_e2e/gemma2-tiny__gemma-scope-res", "oracles/saes/gemma-scope-res",
                "gemma2-tiny"}}) {
        SCOPED_TRACE(each.oracle);
        REQUIRE_SHARED_FIXTURE(each.oracle);
        REQUIRE_SHARED_FIXTURE(each.sae);
        auto opened = openDictionaries(tests::sharedFixture(each.sae));
        ASSERT_TRUE(opened) << opened.error().message;
        auto model = Transformer::open(
            tests::sharedFixture(std::filesystem::path("oracles/models") / each.model));
        ASSERT_TRUE(model) << model.error().message;
        auto expected = loadTensors(
            tests::sharedFixture(std::filesystem::path(each.oracle) / "expected.safetensors"));
        ASSERT_TRUE(expected) << expected.error().message;
        const Dictionary& sae = *opened->front();
        ASSERT_TRUE(fitsModel(sae.config(), (*model)->config()));

        const at::NoGradGuard noGrad;
        const at::Tensor ids = expected->at("input_ids").reshape({1, -1});
        auto run = runWithCache(**model, ids, {sae.config().hookIn});
        ASSERT_TRUE(run) << run.error().message;
        const at::Tensor x = run->cache.at(sae.config().hookIn)[0];
        const auto compare = [&](const char* name, const at::Tensor& actual) {
            EXPECT_LE(tests::largestDifference(
                          actual.flatten(), expected->at(name).to(at::kFloat).flatten()),
                1e-4)
                << name;
        };
        compare("hook_act", x);
        compare("acts", sae.activations(x));
        compare("recon", sae.reconstruct(x));
        compare("logits_base", run->logits[0]);
        Hooks hooks;
        hooks.on(sae.config().hookIn, [&](at::Tensor& value) { value = sae.reconstruct(value); });
        auto spliced = (*model)->forward(ids, hooks);
        ASSERT_TRUE(spliced) << spliced.error().message;
        compare("logits_spliced", (*spliced)[0]);
    }
}
