// Checkpoints that hold one tensor under several names: which is used, and what is said of it.
#include "core/model/stored_copies.h"
#include "core/model/tensor_io.h"
#include "core/model/weight_files.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

#include <fstream>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

using namespace core;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

namespace fs = std::filesystem;

std::vector<std::string> notesOf(const fs::path& folder)
{
    auto config = ModelConfig::read(folder);
    EXPECT_TRUE(config) << config.error().message;
    TransformerWeights weights;
    const auto stored = findWeights(folder, *config, weights);
    EXPECT_TRUE(stored) << (stored ? "" : stored.error().message);
    return stored ? stored->notes : std::vector<std::string>{"not found"};
}

class TiedWeights : public testing::TestWithParam<const char*> {
protected:
    /// Saves a tiny model of a family with a head of its own.
    std::shared_ptr<Transformer> saved(const std::string& family)
    {
        ModelConfig config = tests::tinyConfig(family);
        config.isTied = false;
        auto model = Transformer::create(config, 7);
        EXPECT_TRUE(model->save(m_folder));
        return model;
    }

    /// What the folder's config says of the tie.
    void sayTied(bool isTied)
    {
        const fs::path path = m_folder / "config.json";
        auto json = nlohmann::json::parse(std::ifstream(path));
        // The multimodal checkpoint keeps the language model's fields apart.
        (json.contains("text_config") ? json["text_config"] : json)["tie_word_embeddings"] = isTied;
        std::ofstream(path) << json;
    }

    template <typename Change> void change(Change change)
    {
        auto tensors = *loadTensors(m_folder / "model.safetensors");
        change(tensors);
        std::vector<std::pair<std::string, at::Tensor>> list;
        for (const auto& [name, tensor] : tensors)
            list.emplace_back(name, tensor.clone());
        ASSERT_TRUE(saveTensors(m_folder / "model.safetensors", list));
    }

    std::string headName(const Transformer& model) const
    {
        return model.namedWeights().back().first;
    }
    std::string embeddingName(const Transformer& model) const
    {
        return model.namedWeights().front().first;
    }

    const tests::TemporaryFolder m_temporary;
    const fs::path m_folder = m_temporary.path();
    const at::Tensor m_ids = tests::tinyIds(1, 7);
};

TEST(TiedWeightsReport, AStoredHeadThatDiffersIsUsed)
{
    const fs::path report = "reports/tied-config-own-head";
    REQUIRE_SHARED_FIXTURE(report);
    const at::NoGradGuard noGrad;
    const auto folder = tests::sharedFixture(report / "model");
    const auto expected = *loadTensors(tests::sharedFixture(report / "expected.safetensors"));
    const auto model = Transformer::open(folder);
    ASSERT_TRUE(model) << model.error().message;
    const auto logits = (*model)->forward(expected.at("input_ids").to(at::kLong).reshape({1, -1}));
    ASSERT_TRUE(logits);
    const at::Tensor wanted = expected.at("logits");
    EXPECT_LE((logits->reshape(wanted.sizes()) - wanted).abs().max().item<double>(), 5e-5);
    EXPECT_THAT(notesOf(folder),
        ElementsAre(AllOf(HasSubstr("model.safetensors"), HasSubstr("tie_word_embeddings"),
            HasSubstr("`lm_head.weight`"), HasSubstr("`model.embed_tokens.weight`"))));
}

TEST_P(TiedWeights, AHeadOfItsOwnIsKept)
{
    const at::NoGradGuard noGrad;
    const auto untied = saved(GetParam());
    sayTied(true);
    const auto opened = Transformer::open(m_folder);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_FALSE((*opened)->config().isTied);
    EXPECT_TRUE(at::allclose(*(*opened)->forward(m_ids), *untied->forward(m_ids), 1e-5, 1e-6));
    EXPECT_THAT(notesOf(m_folder), ElementsAre(HasSubstr("`" + headName(*untied) + "`")));
}

TEST_P(TiedWeights, AHeadThatIsTheEmbeddingIsNotSpokenOf)
{
    const auto untied = saved(GetParam());
    change([&](auto& tensors) { tensors[headName(*untied)] = tensors.at(embeddingName(*untied)); });
    sayTied(true);
    const auto opened = Transformer::open(m_folder);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE((*opened)->config().isTied);
    EXPECT_TRUE((*opened)->weights().W_U.weight.is_same((*opened)->weights().W_E.weight));
    EXPECT_THAT(notesOf(m_folder), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Families, TiedWeights, testing::ValuesIn(tests::kFamilies),
    [](const auto& info) { return std::string(info.param); });

class TensorCopies : public TiedWeights { };

TEST_F(TensorCopies, OneNumberIsADifferenceAndATypeIsNone)
{
    const auto untied = saved("llama");
    sayTied(true);
    change([&](auto& tensors) {
        tensors["model.embed_tokens.weight"]
            = tensors["model.embed_tokens.weight"].to(at::kBFloat16);
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].to(at::kFloat);
    });
    EXPECT_THAT(notesOf(m_folder), IsEmpty());
    change([&](auto& tensors) {
        at::Tensor& head = tensors["lm_head.weight"];
        head = head.clone(); // The file's map cannot be written to.
        head[-1][-1] += 0.5;
    });
    EXPECT_THAT(notesOf(m_folder), ElementsAre(HasSubstr("lm_head.weight")));
}

TEST_F(TensorCopies, FilesWithTheHeadAloneKeepTheEmbeddingInIt)
{
    const at::NoGradGuard noGrad;
    saved("llama");
    change([](auto& tensors) { tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]; });
    sayTied(true);
    const auto both = Transformer::open(m_folder);
    ASSERT_TRUE(both);
    const at::Tensor logits = *(*both)->forward(m_ids);
    change([](auto& tensors) { tensors.erase("model.embed_tokens.weight"); });
    const auto alone = Transformer::open(m_folder);
    ASSERT_TRUE(alone) << alone.error().message;
    EXPECT_TRUE(at::equal(*(*alone)->forward(m_ids), logits));
    EXPECT_THAT(notesOf(m_folder), IsEmpty());
}

TEST_F(TensorCopies, TheFamilysNameCountsAndOtherCopiesAreNamed)
{
    const at::NoGradGuard noGrad;
    const auto model = saved("llama");
    for (const auto& [name, copy] : {std::pair{"model.norm.weight", "norm.weight"},
             std::pair{"model.embed_tokens.weight", "shared.weight"},
             std::pair{"model.embed_tokens.weight", "encoder.embed_tokens.weight"}}) {
        SCOPED_TRACE(copy);
        change([&](auto& tensors) { tensors[copy] = tensors.at(name); });
        EXPECT_THAT(notesOf(m_folder), IsEmpty());
        change([&](auto& tensors) { tensors[copy] = tensors.at(name) * 2; });
        EXPECT_THAT(notesOf(m_folder),
            ElementsAre(AllOf(HasSubstr("`" + std::string(copy) + "` differs"),
                HasSubstr("`" + std::string(name) + "` is used"))));
        const auto opened = Transformer::open(m_folder);
        ASSERT_TRUE(opened);
        EXPECT_TRUE(at::equal(*(*opened)->forward(m_ids), *model->forward(m_ids)));
        change([&](auto& tensors) { tensors.erase(copy); });
    }
}

TEST_F(TensorCopies, AHeadThatIsMissingIsSaid)
{
    saved("llama");
    change([](auto& tensors) { tensors.erase("lm_head.weight"); });
    EXPECT_THAT(notesOf(m_folder), ElementsAre(HasSubstr("no `lm_head.weight` is stored")));
}

TEST_F(TensorCopies, AHeadOfAnotherShapeIsNotUsed)
{
    saved("llama");
    sayTied(true);
    change([](auto& tensors) { tensors["lm_head.weight"] = at::ones({80, 16}); });
    const auto opened = Transformer::open(m_folder);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE((*opened)->config().isTied);
    EXPECT_THAT(
        notesOf(m_folder), ElementsAre(AllOf(HasSubstr("[80, 16]"), HasSubstr("not used"))));
}

} // namespace
