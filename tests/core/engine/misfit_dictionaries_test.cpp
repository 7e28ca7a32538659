// A folder of dictionaries with some that cannot be used: the others open, each misfit is listed
// with what is wrong with it.
#include "core/api/add_dictionaries.h"
#include "core/api/inspect_dictionaries.h"
#include "core/api/open_model.h"
#include "tests/core/dictionary/random_dictionary.h"
#include "tests/core/dictionary/scratch_folder.h"
#include "tests/core/engine/tiny_workbench.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class MisfitDictionaries : public testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(tests::ask(*engine, core::OpenModelRequest{bench.model().string()}));
        fs::create_directories(all);
        fs::copy(bench.sae(), all / "good");
    }
    /// An SAE for the first layer of a model that is `d_in` wide; the tiny model is 16.
    void writeSae(const std::string& name, int d_in)
    {
        core::DictionaryConfig config = tests::saeConfig(d_in, 8);
        config.hookIn = config.hookOut = {core::HookKind::ResidPost, core::Layer(0)};
        ASSERT_TRUE(core::saveSaeLens(*tests::randomDictionary(config), all / name, "float32"));
    }
    static void cutInHalf(const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }
    auto added() { return tests::ask(*engine, core::AddDictionariesRequest{all.string()}); }
    static std::string reasonOf(
        const std::vector<core::RefusedDictionary>& refused, const std::string& name)
    {
        const auto found = std::find_if(refused.begin(), refused.end(),
            [&](const core::RefusedDictionary& one) { return one.name == name; });
        return found == refused.end() ? "not refused" : found->reason;
    }

    tests::TinyWorkbench bench;
    std::unique_ptr<core::Engine> engine = bench.startEngine();
    const fs::path all = bench.file("all");
};

TEST_F(MisfitDictionaries, LeaveTheOthersOpenAndSayWhy)
{
    writeSae("wide", 24);
    writeSae("cut", 16);
    cutInHalf(all / "cut" / "sae_weights.safetensors");
    writeSae("bare", 16);
    fs::remove(all / "bare" / "cfg.json");
    tests::writeText(all / "torch" / "sae.pt", std::string("PK\x03\x04 and no more"));
    const auto state = added();
    ASSERT_TRUE(state) << state.error().message;
    ASSERT_EQ((*state)->dictionaries.size(), 1u);
    EXPECT_EQ((*state)->dictionaries[0].name, "all/good");
    const auto& refused = (*state)->refused;
    ASSERT_EQ(refused.size(), 4u);
    EXPECT_THAT(reasonOf(refused, "all/wide"),
        AllOf(HasSubstr("d_in is 24"), HasSubstr("16 wide"), HasSubstr("another model")));
    EXPECT_THAT(reasonOf(refused, "all/cut"),
        AllOf(HasSubstr("cut/sae_weights.safetensors"), HasSubstr("cut short")));
    EXPECT_THAT(reasonOf(refused, "all/bare"), HasSubstr("no cfg.json"));
    EXPECT_THAT(reasonOf(refused, "torch/sae.pt"), HasSubstr("cut short"));
    for (const core::RefusedDictionary& one : refused)
        EXPECT_TRUE(fs::exists(one.path)) << one.path;

    // Looked at without a model's measure, the wide one is as good as any.
    const auto looked = tests::ask(*engine, core::InspectDictionariesRequest{all.string()});
    ASSERT_TRUE(looked) << looked.error().message;
    EXPECT_EQ((*looked)->dictionaries.size(), 2u);
    EXPECT_EQ((*looked)->refused.size(), 3u);
}

TEST_F(MisfitDictionaries, LeaveTheListWhenTheyAreMended)
{
    writeSae("wide", 24);
    writeSae("other", 32);
    ASSERT_EQ((*added())->refused.size(), 2u);
    fs::remove_all(all / "other");
    writeSae("other", 16);
    const auto mended = tests::ask(*engine, core::AddDictionariesRequest{(all / "other").string()});
    ASSERT_TRUE(mended) << mended.error().message;
    EXPECT_EQ((*mended)->dictionaries.size(), 2u);
    ASSERT_EQ((*mended)->refused.size(), 1u);
    EXPECT_EQ((*mended)->refused[0].name, "all/wide");
    const auto reopened = tests::ask(*engine, core::OpenModelRequest{bench.model().string()});
    ASSERT_TRUE(reopened) << reopened.error().message;
    EXPECT_TRUE((*reopened)->refused.empty());
}

TEST_F(MisfitDictionaries, AreAnErrorWhenAllAre)
{
    fs::remove_all(all / "good");
    writeSae("wide", 24);
    const auto one = added();
    ASSERT_FALSE(one);
    EXPECT_THAT(one.error().message, AllOf(HasSubstr("24"), HasSubstr("16")));
    writeSae("wider", 32);
    const auto both = added();
    ASSERT_FALSE(both);
    EXPECT_THAT(both.error().message, AllOf(HasSubstr("24"), HasSubstr("32")));
}

TEST_F(MisfitDictionaries, OfASetLeaveItsOtherLayersOpen)
{
    fs::copy(bench.transcoders(), all / "set");
    cutInHalf(all / "set" / "layer_0.safetensors");
    const auto state = added();
    ASSERT_TRUE(state) << state.error().message;
    ASSERT_EQ((*state)->dictionaries.size(), 2u);
    EXPECT_EQ((*state)->dictionaries[1].name, "set/layer_1");
    ASSERT_EQ((*state)->refused.size(), 1u);
    EXPECT_THAT(reasonOf((*state)->refused, "set/layer_0"), HasSubstr("cut short"));
}

} // namespace
