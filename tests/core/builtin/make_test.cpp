#include "core/builtin/check.h"
#include "core/builtin/make.h"
#include "core/dictionary/dictionary.h"
#include "core/model/transformer.h"
#include "core/store/workspace_reader.h"
#include "core/text/tokenizer.h"
#include "tests/core/files/temporary_folder.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <gtest/gtest.h>

namespace fs = std::filesystem;
using namespace core;

namespace {

/// Relative path to contents; a workspace's pages hold times, so its own test looks inside.
std::map<std::string, std::string> filesOf(const fs::path& folder)
{
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file() || entry.path().filename() == "workspace.sqlite")
            continue;
        std::ifstream file(entry.path(), std::ios::binary);
        files[entry.path().lexically_relative(folder).string()]
            = std::string(std::istreambuf_iterator<char>(file), {});
    }
    return files;
}

std::vector<float> densities(const fs::path& folder)
{
    std::vector<float> all;
    auto reader = WorkspaceReader::open(folder / "workspace.sqlite");
    EXPECT_TRUE(reader) << reader.error().message;
    const auto dictionaries = (*reader)->dictionaries();
    EXPECT_TRUE(dictionaries);
    for (const StoredDictionary& dictionary : *dictionaries) {
        const auto columns = (*reader)->columns(dictionary);
        EXPECT_TRUE(columns);
        all.insert(all.end(), (*columns)->density.begin(), (*columns)->density.end());
        EXPECT_EQ((*columns)->outputScore.size(), (*columns)->density.size()) << dictionary.name;
    }
    return all;
}

} // namespace

TEST(MakeBuiltin, SameSeedSameFilesAlsoAfterAStop)
{
    const tests::TemporaryFolder folder;
    const BuiltinRecipe recipe = tinyBuiltinRecipe();
    const auto atOnce = makeBuiltin(folder / "a", recipe, 5);
    ASSERT_TRUE(atOnce) << atOnce.error().message;

    std::stop_source source;
    const auto stopped = makeBuiltin(
        folder / "b", recipe, 5,
        [&](const Progress& progress) {
            if (progress.what == "Training transcoders/layer_1")
                source.request_stop();
        },
        source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
    EXPECT_FALSE(fs::exists(folder / "b"));
    std::set<std::string> again;
    const auto resumed = makeBuiltin(
        folder / "b", recipe, 5, [&](const Progress& progress) { again.insert(progress.what); });
    ASSERT_TRUE(resumed) << resumed.error().message;
    EXPECT_FALSE(again.contains("Training the language model"));
    EXPECT_FALSE(again.contains("Training saes/layer_0"));
    EXPECT_TRUE(again.contains("Training transcoders/layer_0"));

    const auto a = filesOf(folder / "a");
    EXPECT_EQ(a, filesOf(folder / "b"));
    EXPECT_EQ(densities(folder / "a"), densities(folder / "b"));

    const auto other = makeBuiltin(folder / "c", recipe, 6);
    ASSERT_TRUE(other) << other.error().message;
    EXPECT_NE(a.at("model/model.safetensors"), filesOf(folder / "c").at("model/model.safetensors"));
}

TEST(MakeBuiltin, ItsPartsOpenAndEveryClaimIsMeasured)
{
    const tests::TemporaryFolder folder;
    const auto made = makeBuiltin(folder / "a", tinyBuiltinRecipe(), 1);
    ASSERT_TRUE(made) << made.error().message;
    const auto model = Transformer::open(folder / "a" / "model");
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_TRUE(Tokenizer::open(folder / "a" / "model"));
    const auto saes = openDictionaries(folder / "a" / "saes");
    const auto transcoders = openDictionaries(folder / "a" / "transcoders");
    ASSERT_TRUE(saes && transcoders);
    ASSERT_EQ(saes->size(), 2u);
    ASSERT_EQ(transcoders->size(), 2u);
    for (const Dictionaries* group : {&*saes, &*transcoders})
        for (const auto& dictionary : *group)
            EXPECT_TRUE(fitsModel(dictionary->config(), (*model)->config()));
    EXPECT_FALSE((*saes)[1]->config().isTranscoder);
    EXPECT_TRUE((*transcoders)[1]->config().isTranscoder);

    const auto claims = checkBuiltin(folder / "a");
    ASSERT_TRUE(claims) << claims.error().message;
    std::set<std::string> names;
    std::size_t held = 0;
    for (const MeasuredClaim& claim : *claims) {
        names.insert(claim.name);
        EXPECT_TRUE(std::isfinite(claim.value)) << claim.name;
        held += claim.isRequired && claim.holds();
    }
    EXPECT_EQ(names.size(), claims->size());
    // A model that learnt nothing must not pass.
    EXPECT_LT(held, names.size() / 2);
    EXPECT_GT(names.size(), 20u);
}

TEST(MakeBuiltin, RefusesAFolderThatHoldsSomethingElse)
{
    const tests::TemporaryFolder folder;
    fs::create_directories(folder / "a");
    std::ofstream(folder / "a" / "letter.txt") << "dear";
    const auto made = makeBuiltin(folder / "a", tinyBuiltinRecipe(), 1);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Error::Code::Io);
    EXPECT_TRUE(fs::exists(folder / "a" / "letter.txt"));
}
