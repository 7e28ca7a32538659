#include "core/files/gguf_file.h"

#include "core/files/gguf_split.h"
#include "tests/core/files/broken_file.h"
#include "tests/support/fixtures.h"
#include "tests/support/gguf_bytes.h"

#include <cstring>

namespace {

using core::DType;
using core::GgufFile;
using testing::HasSubstr;
using tests::GgufBytes;
using tests::TemporaryFolder;

constexpr std::uint32_t kF32 = 0, kQ8_0 = 8;

std::string zeros(std::size_t size)
{
    return std::string(size, '\0');
}

GgufBytes smallFile()
{
    GgufBytes file;
    file.text("general.architecture", "llama").u32("llama.block_count", 2).f32("llama.eps", 0.5f);
    file.truth("yes", 1).i32("minus", -3).texts("names", {"a", "", "ccc"});
    file.i32s("numbers", {7, -8}).u16("short", 65535);
    file.tensor("a.weight", {2, 3}, kF32, GgufBytes::raw(1.5f) + zeros(20));
    file.tensor("b.weight", {64, 1}, kQ8_0, zeros(68));
    return file;
}

std::shared_ptr<const GgufFile> opened(const std::string& bytes)
{
    static const TemporaryFolder folder;
    tests::writeAll(folder / "file.gguf", bytes);
    auto file = GgufFile::open(folder / "file.gguf");
    EXPECT_TRUE(file) << file.error().message;
    return file ? *file : nullptr;
}

TEST(GgufFile, ReadsMetadataAndTensors)
{
    for (const std::uint32_t version : {2u, 3u}) {
        const auto file = opened(smallFile().bytes(version));
        ASSERT_TRUE(file);
        EXPECT_EQ(**file->text("general.architecture"), "llama");
        EXPECT_EQ(**file->whole("llama.block_count"), 2);
        EXPECT_EQ(**file->whole("minus"), -3);
        EXPECT_EQ(**file->whole("short"), 65535);
        EXPECT_EQ(**file->number("llama.eps"), 0.5);
        EXPECT_EQ(**file->number("minus"), -3.0);
        EXPECT_EQ(**file->truth("yes"), true);
        EXPECT_FALSE(*file->text("absent"));
        const auto names = file->list("names");
        ASSERT_TRUE(names && *names);
        EXPECT_THAT((*names)->texts, testing::ElementsAre("a", "", "ccc"));
        EXPECT_EQ((*names)->number(0), std::nullopt);
        const auto numbers = file->list("numbers");
        EXPECT_EQ((*numbers)->number(1), -8.0);
        EXPECT_EQ((*numbers)->number(2), std::nullopt);

        ASSERT_EQ(file->tensors().size(), 2u);
        const core::TensorView* a = file->find("a.weight");
        ASSERT_TRUE(a);
        EXPECT_EQ(a->dtype, DType::F32);
        EXPECT_THAT(a->shape, testing::ElementsAre(3, 2)); // the fastest last, as everywhere here
        float first = 0;
        std::memcpy(&first, a->bytes.data(), sizeof first);
        EXPECT_EQ(first, 1.5f);
        const core::TensorView* b = file->find("b.weight");
        EXPECT_EQ(b->typeName(), "Q8_0");
        EXPECT_EQ(b->bytes.size(), 68u);
        EXPECT_EQ(file->find("c"), nullptr);
    }
}

TEST(GgufFile, ValuesOfAnotherTypeAreErrorsThatNameTheKey)
{
    const auto file = opened(smallFile().bytes());
    ASSERT_TRUE(file);
    for (const core::Error& error :
        {file->whole("names").error(), file->text("yes").error(), file->truth("minus").error(),
            file->list("short").error(), file->number("general.architecture").error()}) {
        EXPECT_EQ(error.code, tests::kInvalid);
        EXPECT_THAT(error.message, HasSubstr("file.gguf: metadata `"));
        EXPECT_THAT(error.message, HasSubstr(" must be "));
    }
}

TEST(GgufFile, OpensWhatTheGgufPackageWrote)
{
    const auto file = GgufFile::open(tests::testFixture("gguf/models/gemma2.gguf"));
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(**(*file)->text("general.architecture"), "gemma2");
    EXPECT_EQ((*file)->find("token_embd.weight")->dtype, DType::F16);
    EXPECT_THAT((*file)->find("blk.0.ffn_up.weight")->shape, testing::ElementsAre(64, 32));
}

TEST(GgufFile, IsKnownByItsMarkOrItsName)
{
    const TemporaryFolder folder;
    tests::writeAll(folder / "sha256-0a1b", smallFile().bytes());
    tests::writeAll(folder / "damaged.gguf", "?");
    tests::writeAll(folder / "other", "something else");
    EXPECT_TRUE(GgufFile::isGguf(folder / "sha256-0a1b"));
    EXPECT_TRUE(GgufFile::isGguf(folder / "damaged.gguf"));
    EXPECT_FALSE(GgufFile::isGguf(folder / "other"));
    EXPECT_FALSE(GgufFile::isGguf(folder.path()));
}

std::string withCounts(std::uint64_t tensors, std::uint64_t entries, const std::string& rest)
{
    return "GGUF" + GgufBytes::raw(std::uint32_t{3}) + GgufBytes::raw(tensors)
        + GgufBytes::raw(entries) + rest;
}

TEST(BrokenGguf, BreaksOneRuleEach)
{
    const auto list = [](std::uint32_t type, std::uint64_t count, const std::string& rest) {
        return GgufBytes::raw(type) + GgufBytes::raw(count) + rest;
    };
    const std::string deep
        = list(9, 1, list(9, 1, list(9, 1, list(9, 1, list(9, 1, list(4, 0, ""))))));
    const auto tensor
        = [](const std::vector<std::uint64_t>& sizes, std::uint32_t type, std::uint64_t offset) {
              return GgufBytes().place("w", sizes, type, offset).bytes() + zeros(256);
          };
    constexpr std::uint64_t kHuge = std::uint64_t{1} << 62;
    tests::expectRefusals(
        {
            {"mark", "GGML" + zeros(40), tests::kInvalid, "does not begin with `GGUF`"},
            {"version 1", smallFile().bytes(1), tests::kUnsupported, "version 1"},
            {"big-endian", smallFile().bytes(3u << 24u), tests::kUnsupported, "big-endian"},
            {"version 4", smallFile().bytes(4), tests::kUnsupported, "version 4"},
            {"entries", withCounts(0, kHuge, ""), tests::kInvalid, "metadata entries"},
            {"tensors", withCounts(kHuge, 0, ""), tests::kInvalid, "tensors, more than"},
            {"key length", withCounts(0, 1, GgufBytes::raw(kHuge) + zeros(40)), tests::kInvalid,
                "a metadata key takes"},
            {"empty key", withCounts(0, 1, GgufBytes::string("") + zeros(40)), tests::kInvalid,
                "1 to 65535 bytes"},
            {"key in other bytes", withCounts(0, 1, GgufBytes::string("\xff") + zeros(40)),
                tests::kInvalid, "UTF-8"},
            {"key twice", GgufBytes().u32("a.b", 1).u32("a.b", 1).bytes(), tests::kInvalid,
                "metadata `a.b` occurs twice"},
            {"value type", GgufBytes().value("a.b", 13, zeros(8)).bytes(), tests::kInvalid,
                "metadata `a.b` has the unknown value type 13"},
            {"truth", GgufBytes().truth("a.b", 2).bytes(), tests::kInvalid, "must be 0 or 1"},
            {"text length", GgufBytes().value("a.b", 8, GgufBytes::raw(kHuge)).bytes(),
                tests::kInvalid, "metadata `a.b` takes"},
            {"list count", GgufBytes().value("a.b", 9, list(4, kHuge, "")).bytes(), tests::kInvalid,
                "metadata `a.b` claims"},
            {"list of texts", GgufBytes().value("a.b", 9, list(8, 1000, "")).bytes(),
                tests::kInvalid, "metadata `a.b` claims"},
            {"list type", GgufBytes().value("a.b", 9, list(77, 1, zeros(8))).bytes(),
                tests::kInvalid, "unknown value type 77"},
            {"nesting", GgufBytes().value("a.b", 9, deep).bytes(), tests::kInvalid, "too deep"},
            {"no dimensions", tensor({}, kF32, 0), tests::kInvalid, "has 0 dimensions"},
            {"five dimensions", tensor({1, 1, 1, 1, 1}, kF32, 0), tests::kInvalid, "5 dimensions"},
            {"size 0", tensor({4, 0}, kF32, 0), tests::kInvalid, "dimension 1 of 0"},
            {"overflow", tensor({kHuge, 8}, kF32, 0), tests::kInvalid, "no size can be made"},
            {"bytes overflow", tensor({kHuge}, kF32, 0), tests::kInvalid, "larger than any file"},
            {"part of a block", tensor({48}, kQ8_0, 0), tests::kInvalid, "whole blocks of 32"},
            {"tensor type", tensor({32}, 999, 0), tests::kUnsupported, "type 999"},
            {"removed type", tensor({32}, 4, 0), tests::kUnsupported, "type 4"},
            {"alignment", tensor({8}, kF32, 16), tests::kInvalid,
                "no multiple of the alignment 32"},
            {"behind the end", tensor({8}, kF32, 512), tests::kInvalid, "data, which end at"},
            {"far behind the end", tensor({8}, kF32, kHuge), tests::kInvalid, "data, which end at"},
            {"overlap",
                GgufBytes().place("v", {16}, kF32, 0).place("w", {16}, kF32, 32).bytes()
                    + zeros(256),
                tests::kInvalid, "tensor `w` lies at 32, but the tensor before it ends at 64"},
            {"same place",
                GgufBytes().place("v", {8}, kF32, 32).place("w", {8}, kF32, 32).bytes()
                    + zeros(256),
                tests::kInvalid, "but the tensor before it ends at"},
            {"same name",
                GgufBytes().place("w", {8}, kF32, 0).place("w", {8}, kF32, 32).bytes() + zeros(256),
                tests::kInvalid, "tensor `w` occurs twice"},
            {"alignment of 48", GgufBytes().u32("general.alignment", 48).bytes(), tests::kInvalid,
                "`general.alignment` must be a power of two"},
            {"alignment of 0", GgufBytes().u32("general.alignment", 0).bytes(), tests::kInvalid,
                "`general.alignment` must be a power of two"},
            {"alignment as text", GgufBytes().text("general.alignment", "32").bytes(),
                tests::kInvalid, "`general.alignment` must be a power of two"},
        },
        "file.gguf");
}

TEST(BrokenGguf, EveryCutIsRefused)
{
    GgufBytes file = smallFile(); // ends with the last tensor's last byte
    std::string bytes = file.bytes();
    bytes.resize(bytes.size() - 96 + 68);
    tests::expectEveryCutRefused(bytes);
}

TEST(BrokenGguf, NoChangedByteCrashes)
{
    tests::expectNoCrashOnAnyChange(smallFile().bytes());
}

TEST(GgufFile, AlignmentOfTheFileCounts)
{
    GgufBytes file;
    file.u32("general.alignment", 64).place("w", {8}, kF32, 64);
    const std::string bytes = file.bytes(3, 64) + zeros(64) + GgufBytes::raw(2.5f) + zeros(28);
    const auto opened = ::opened(bytes);
    ASSERT_TRUE(opened);
    float value = 0;
    std::memcpy(&value, opened->find("w")->bytes.data(), sizeof value);
    EXPECT_EQ(value, 2.5f);
}

class SplitGguf : public testing::Test {
protected:
    std::filesystem::path part(int number, int count = 2) const
    {
        return m_folder
            / ("model-0000" + std::to_string(number) + "-of-0000" + std::to_string(count)
                + ".gguf");
    }
    void write(int number, const std::string& tensor, std::uint16_t no, std::uint16_t count = 2,
        std::int32_t all = 2) const
    {
        GgufBytes file;
        file.text("general.architecture", "llama").u16("split.no", no).u16("split.count", count);
        file.i32("split.tensors.count", all).tensor(tensor, {8}, kF32, zeros(32));
        tests::writeAll(part(number), file.bytes());
    }
    std::string refusal(int number = 1) const
    {
        const auto model = core::openGgufModel(part(number));
        return model ? std::string("opened") : model.error().message;
    }

    TemporaryFolder m_folder;
};

TEST_F(SplitGguf, OpensByAnyOfItsFiles)
{
    write(1, "a", 0);
    write(2, "b", 1);
    for (const int number : {1, 2}) {
        const auto model = core::openGgufModel(part(number));
        ASSERT_TRUE(model) << model.error().message;
        ASSERT_EQ(model->size(), 2u);
        EXPECT_TRUE(model->front()->find("a"));
        EXPECT_TRUE(model->back()->find("b"));
        EXPECT_EQ(core::firstGgufFile(part(number)), part(1));
    }
    EXPECT_EQ(*core::ggufModelIn(m_folder.path()), part(1));
}

TEST_F(SplitGguf, FilesThatDisagreeAreRefused)
{
    write(1, "a", 0);
    EXPECT_THAT(refusal(), HasSubstr("model-00002-of-00002.gguf: there is no such file"));
    write(2, "a", 1);
    EXPECT_THAT(refusal(), HasSubstr("tensor `a` lies in an earlier file"));
    write(2, "b", 0);
    EXPECT_THAT(refusal(), HasSubstr("`split.no` is 0"));
    write(2, "b", 1, 3);
    EXPECT_THAT(refusal(), HasSubstr("`split.count` is 3"));
    write(2, "b", 1);
    write(1, "a", 0, 2, 5);
    EXPECT_THAT(refusal(), HasSubstr("`split.tensors.count` is 5, but the files hold 2"));
    write(1, "a", 0);
    EXPECT_EQ(refusal(), "opened");
}

TEST_F(SplitGguf, ARenamedPartSaysThatItIsOne)
{
    write(1, "a", 0);
    std::filesystem::rename(part(1), m_folder / "model.gguf");
    const auto model = core::openGgufModel(m_folder / "model.gguf");
    ASSERT_FALSE(model);
    EXPECT_THAT(model.error().message, HasSubstr("must keep its name"));
}

TEST_F(SplitGguf, AFolderOfSeveralModelsNamesThem)
{
    write(1, "a", 0);
    write(2, "b", 1);
    tests::writeAll(m_folder / "other.gguf", smallFile().bytes());
    tests::writeAll(m_folder / "mmproj-model.gguf", smallFile().bytes());
    const auto model = core::ggufModelIn(m_folder.path());
    ASSERT_FALSE(model);
    EXPECT_THAT(
        model.error().message, HasSubstr("several models: model-00001-of-00002.gguf, other.gguf."));
    tests::writeAll(m_folder / "config.json", "{}");
    EXPECT_EQ(*core::ggufModelIn(m_folder.path()), m_folder.path());
}

} // namespace
