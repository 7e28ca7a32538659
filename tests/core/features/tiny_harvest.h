#pragma once

#include "core/features/harvest.h"
#include "tests/core/features/word_tokenizer.h"
#include "tests/core/store/workspace_fixture.h"
#include "tests/support/tiny_model.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

namespace tests {

/// A random dictionary of `d_sae` features over one hook of the tiny model; about one in eight
/// fires.
inline std::shared_ptr<const core::Dictionary> randomDictionary(
    const std::string& name, const std::string& hook, int d_sae, std::uint64_t seed)
{
    const at::Generator generator = at::detail::createCPUGenerator(seed);
    core::DictionaryConfig config;
    config.name = name;
    config.path = "/nowhere";
    config.format = "SAELens";
    config.architecture = "standard";
    config.d_in = config.d_out = 16;
    config.d_sae = d_sae;
    config.hookIn = config.hookOut = core::HookPoint::parse(hook).value();
    core::Dictionary::Weights weights;
    weights.W_enc = at::randn({d_sae, 16}, generator, at::kFloat);
    weights.W_dec = at::randn({d_sae, 16}, generator, at::kFloat);
    weights.b_enc = at::randn({d_sae}, generator, at::kFloat) * 2 - 8;
    weights.b_dec = at::randn({16}, generator, at::kFloat) * 0.1;
    return core::Dictionary::create(config, weights).value();
}

/// Passages of 2 to 32 tokens, each begun by the special token.
inline core::HarvestCorpus randomCorpus(
    const WordTokenizer& tokenizer, int passages, std::uint64_t seed)
{
    const at::Tensor ids = tinyIds(passages, 32, seed);
    std::vector<std::vector<core::TokenId>> documents;
    for (int p = 0; p < passages; ++p) {
        std::vector<core::TokenId>& document = documents.emplace_back();
        document.push_back(core::TokenId(0));
        for (int t = 1; t < 2 + (p * 7) % 31; ++t)
            document.push_back(
                core::TokenId(std::max<std::int64_t>(1, ids.data_ptr<std::int64_t>()[p * 32 + t])));
    }
    return core::corpusFromTokens(documents, tokenizer);
}

struct TinyHarvest {
    std::shared_ptr<core::Transformer> model = tinyModel("llama");
    std::shared_ptr<const WordTokenizer> tokenizer = std::make_shared<WordTokenizer>();
    core::Dictionaries dictionaries{randomDictionary("saes/a", "blocks.0.hook_resid_post", 24, 5),
        randomDictionary("saes/b", "blocks.1.hook_resid_pre", 40, 6)};
    core::HarvestCorpus corpus = randomCorpus(*tokenizer, 60, 3);
};

} // namespace tests
