#include "core/files/checkpoint_files.h"

#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"

#include <cstring>

#include <gmock/gmock.h>

namespace {

using core::CheckpointFiles;
using core::DType;
using testing::HasSubstr;
using tests::TemporaryFolder;

void writeShard(const std::filesystem::path& path, const std::string& name, float value)
{
    const auto bytes = std::as_bytes(std::span(&value, 1));
    ASSERT_TRUE(core::writeSafetensors(
        path, {{name, DType::F32, {1}, bytes}, {name + ".extra", DType::F32, {1}, bytes}}));
}

TEST(CheckpointFiles, OpensASingleFile)
{
    const TemporaryFolder folder;
    writeShard(folder / "model.safetensors", "w", 2.0f);
    const auto files = CheckpointFiles::open(folder.path());
    ASSERT_TRUE(files) << files.error().message;
    EXPECT_THAT((*files)->names(), testing::ElementsAre("w", "w.extra"));
    EXPECT_EQ((*files)->totalBytes(), 8u);
    EXPECT_TRUE(CheckpointFiles::open(folder / "model.safetensors"));
}

TEST(CheckpointFiles, FindsTensorsAcrossShards)
{
    const TemporaryFolder folder;
    writeShard(folder / "model-00001-of-00002.safetensors", "a", 1.0f);
    writeShard(folder / "model-00002-of-00002.safetensors", "b", 2.0f);
    tests::writeAll(folder / "model.safetensors.index.json",
        R"({"metadata": {"total_size": 8.0}, "weight_map": {
        "a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}})");
    const auto files = CheckpointFiles::open(folder.path());
    ASSERT_TRUE(files) << files.error().message;
    EXPECT_EQ((*files)->shards().size(), 2u);
    EXPECT_THAT((*files)->names(),
        testing::ElementsAre("a", "b")); // extra tensors are no part of the model
    float value = 0;
    std::memcpy(&value, (*files)->find("b")->bytes.data(), sizeof value);
    EXPECT_EQ(value, 2.0f);
    EXPECT_EQ((*files)->find("c"), nullptr);
}

TEST(CheckpointFiles, RefusesBadIndexes)
{
    const TemporaryFolder folder;
    writeShard(folder / "shard.safetensors", "a", 1.0f);
    const auto refusal = [&](const std::string& index) {
        tests::writeAll(folder / "model.safetensors.index.json", index);
        const auto files = CheckpointFiles::open(folder.path());
        return files ? std::string() : files.error().message;
    };
    EXPECT_EQ(refusal(R"({"weight_map": {"a": "shard.safetensors"}})"), "");
    EXPECT_THAT(refusal(R"({"weight_map": {"z": "shard.safetensors"}})"),
        HasSubstr("tensor `z` should be in"));
    EXPECT_THAT(refusal(R"({"weight_map": {"a": "missing.safetensors"}})"),
        HasSubstr("there is no such file"));
    for (const char* name :
        {"../shard.safetensors", "/shard.safetensors", "a\\\\b", "..", "", "sub/x", "C:x"})
        EXPECT_THAT(refusal(std::string(R"({"weight_map": {"a": ")") + name + "\"}}"),
            HasSubstr("not the name of a file in this folder"))
            << name;
    EXPECT_THAT(refusal(R"({"weight_map": {"a": 3}})"), HasSubstr("not the name of a file"));
    EXPECT_THAT(refusal(R"({"weight_map": []})"), HasSubstr("`weight_map` is missing"));
    EXPECT_THAT(refusal("[]"), HasSubstr("`weight_map` is missing"));
    EXPECT_THAT(refusal("{"), HasSubstr("not valid JSON"));
}

TEST(CheckpointFiles, SaysWhatAFolderHoldsInstead)
{
    const TemporaryFolder folder;
    EXPECT_EQ(CheckpointFiles::open(folder.path()).error().code, core::Error::Code::NotFound);
    EXPECT_THAT(
        CheckpointFiles::open(folder.path()).error().message, HasSubstr("pytorch_model.bin"));
    tests::writeAll(folder / "pytorch_model.bin", "x");
    EXPECT_EQ(CheckpointFiles::open(folder.path()).error().code, core::Error::Code::InvalidFile);
    EXPECT_EQ(CheckpointFiles::open(folder / "none").error().code, core::Error::Code::NotFound);
}

TEST(CheckpointFiles, ReadsWhatTorchSavedWhereThereAreNoSafetensors)
{
    const TemporaryFolder folder;
    const auto copy = [&](const char* from, const char* to) {
        std::filesystem::copy_file(tests::testFixture("containers") / from, folder / to);
    };
    const auto namesNow = [&] {
        const auto files = CheckpointFiles::open(folder.path());
        return files ? (*files)->names() : std::vector<std::string>{files.error().message};
    };
    copy("dtypes.pt", "part-1.bin");
    copy("views_legacy.pt", "part-2.bin");
    tests::writeAll(folder / "pytorch_model.bin.index.json",
        R"({"weight_map": {"float16": "part-1.bin", "base": "part-2.bin"}})");
    EXPECT_THAT(namesNow(), testing::ElementsAre("base", "float16"));
    const auto files = CheckpointFiles::open(folder.path());
    EXPECT_EQ((*files)->fileOf("base")->path(), folder / "part-2.bin");
    EXPECT_EQ((*files)->fileOf("none"), nullptr);

    // Each comes before the one above.
    copy("list.pt", "pytorch_model.bin");
    EXPECT_THAT(namesNow(), testing::ElementsAre("0", "2"));
    writeShard(folder / "s.safetensors", "s", 1.0f);
    tests::writeAll(
        folder / "model.safetensors.index.json", R"({"weight_map": {"s": "s.safetensors"}})");
    EXPECT_THAT(namesNow(), testing::ElementsAre("s"));
    writeShard(folder / "model.safetensors", "w", 1.0f);
    EXPECT_THAT(namesNow(), testing::ElementsAre("w", "w.extra"));
}

TEST(CheckpointFiles, OpensARealModel)
{
    REQUIRE_SHARED_FIXTURE("stories260K/model.safetensors");
    const auto files = CheckpointFiles::open(tests::sharedFixture("stories260K"));
    ASSERT_TRUE(files) << files.error().message;
    const core::TensorView* embedding = (*files)->find("model.embed_tokens.weight");
    ASSERT_NE(embedding, nullptr);
    EXPECT_EQ(embedding->shape, (std::vector<std::int64_t>{512, 64}));
}

} // namespace
