#include "core/files/safetensors.h"

#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"

#include <cstring>
#include <random>

#include <gmock/gmock.h>

namespace {

using core::DType;
using core::SafetensorsFile;
using core::TensorView;
using testing::HasSubstr;
using tests::TemporaryFolder;

std::filesystem::path fixture(const std::string& name)
{
    return tests::testFixture("safetensors") / (name + ".safetensors");
}

template <typename T> T firstValue(const TensorView& tensor)
{
    T value{};
    std::memcpy(&value, tensor.bytes.data(), sizeof value);
    return value;
}

std::string container(const std::string& header, const std::string& data = {})
{
    const std::uint64_t size = header.size();
    return std::string(reinterpret_cast<const char*>(&size), sizeof size) + header + data;
}

/// What a file with these bytes is refused with; empty when it opens.
std::string refusal(const std::string& bytes)
{
    static const TemporaryFolder folder;
    tests::writeAll(folder / "file.safetensors", bytes);
    const auto file = SafetensorsFile::open(folder / "file.safetensors");
    if (file)
        return {};
    EXPECT_EQ(file.error().code, core::Error::Code::InvalidFile);
    EXPECT_THAT(file.error().message, HasSubstr("file.safetensors"));
    return file.error().message;
}

TEST(Safetensors, ReadsScalar)
{
    const auto file = SafetensorsFile::open(fixture("st_ok_scalar"));
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_EQ((*file)->tensors().size(), 1u);
    const TensorView* tensor = (*file)->find("t");
    ASSERT_NE(tensor, nullptr);
    EXPECT_TRUE(tensor->shape.empty());
    EXPECT_EQ(firstValue<float>(*tensor), 1.5f);
    EXPECT_EQ((*file)->find("u"), nullptr);
}

TEST(Safetensors, ReadsTensorsInAnyHeaderOrder)
{
    const auto file = SafetensorsFile::open(fixture("st_ok_unordered"));
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_NE((*file)->find("a"), nullptr);
    ASSERT_NE((*file)->find("b"), nullptr);
    EXPECT_EQ(firstValue<float>(*(*file)->find("a")), 2.0f);
    EXPECT_EQ((*file)->find("b")->dtype, DType::U8);
    EXPECT_EQ(firstValue<std::uint16_t>(*(*file)->find("b")), 0x0201);
}

TEST(Safetensors, ReadsMetadata)
{
    const auto file = SafetensorsFile::open(fixture("st_ok_metadata"));
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ((*file)->metadata().at("format"), "pt");
    EXPECT_EQ((*file)->tensors().at(0).dtype, DType::BF16);
    EXPECT_EQ((*file)->tensors().at(0).shape, std::vector<std::int64_t>{2});
    EXPECT_EQ(firstValue<std::uint32_t>((*file)->tensors()[0]), 0x40003f80u);
}

TEST(Safetensors, RefusesBadFixtures)
{
    const std::vector<std::pair<std::string, std::string>> cases{
        {"st_bad_hole", "neither overlap nor leave holes"},
        {"st_bad_overlap", "neither overlap nor leave holes"},
        {"st_bad_truncated", "tensors take 16 bytes"}, {"st_bad_not_json", "not valid JSON"},
        {"st_bad_header_len_past_eof", "claims 60 bytes"}, {"st_dup_key", "`a` occurs twice"}};
    for (const auto& [name, reason] : cases) {
        const auto file = SafetensorsFile::open(fixture(name));
        ASSERT_FALSE(file) << name;
        EXPECT_THAT(file.error().message, HasSubstr(reason));
        EXPECT_THAT(file.error().message, HasSubstr(name));
    }
}

TEST(Safetensors, ChecksEveryRule)
{
    const auto tensor
        = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
              return R"({"t":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)"
                  + offsets + "}}";
          };
    EXPECT_EQ(refusal(container("{}")), "");
    EXPECT_EQ(refusal(container("  {}  ")), "");
    EXPECT_EQ(refusal(container(tensor("F32", "[0,7]", "[0,0]"))), "");
    EXPECT_EQ(refusal(container(tensor("F8_E4M3", "[3]", "[0,3]"), "abc")), "");
    EXPECT_EQ(refusal(container(tensor("F4", "[2]", "[0,1]"), "a")), "");
    EXPECT_EQ(refusal(container(tensor("F32", "[1]", "[0,4]"), std::string("\0\0\xc0\x7f", 4))),
        ""); // NaN

    EXPECT_THAT(refusal(""), HasSubstr("the file is empty"));
    EXPECT_THAT(refusal("1234567"), HasSubstr("only 7 bytes"));
    EXPECT_THAT(refusal(std::string(8, '\xff')), HasSubstr("header claims 18446744073709551615"));
    EXPECT_THAT(refusal(container("[]")), HasSubstr("not a JSON object"));
    EXPECT_THAT(refusal(container("{\"\xff\":1}")), HasSubstr("not valid JSON"));
    EXPECT_THAT(
        refusal(container("{\"t\":" + std::string(100000, '['))), HasSubstr("nested too deep"));
    EXPECT_THAT(
        refusal(container(tensor("F4", "[3]", "[0,2]"), "ab")), HasSubstr("shape [3] of F4"));
    EXPECT_THAT(refusal(container(tensor("F99", "[1]", "[0,4]"), "abcd")),
        HasSubstr("unknown dtype \"F99\""));
    EXPECT_THAT(refusal(container(tensor("F32", "[-1]", "[0,4]"), "abcd")), HasSubstr("`shape`"));
    EXPECT_THAT(refusal(container(tensor("F32", "[1.5]", "[0,4]"), "abcd")), HasSubstr("`shape`"));
    EXPECT_THAT(refusal(container(tensor("F32", "[1]", "[0]"), "abcd")), HasSubstr("[begin, end]"));
    EXPECT_THAT(
        refusal(container(tensor("F32", "[1]", "[4,0]"), "abcd")), HasSubstr("lies at [4, 0]"));
    EXPECT_THAT(
        refusal(container(tensor("F32", "[2]", "[0,4]"), "abcd")), HasSubstr("shape [2] of F32"));
    EXPECT_THAT(
        refusal(container(tensor("F32", "[1]", "[0,4]"), "abcde")), HasSubstr("the file holds 5"));
    EXPECT_THAT(refusal(container(tensor("F32", "[4611686018427387904,4]", "[0,4]"), "abcd")),
        HasSubstr("needs"));
    EXPECT_THAT(refusal(container(R"({"__metadata__":{"a":1}})")), HasSubstr("__metadata__"));
    EXPECT_THAT(refusal(container(R"({"t":{"dtype":"F32"}})")), HasSubstr("data_offsets"));
}

TEST(Safetensors, RefusesEveryTruncation)
{
    for (const char* name : {"st_ok_metadata", "st_ok_unordered", "reference_writer"}) {
        const std::string whole = tests::readAll(fixture(name));
        ASSERT_EQ(refusal(whole), "");
        for (std::size_t length = 0; length < whole.size(); ++length)
            EXPECT_NE(refusal(whole.substr(0, length)), "") << name << " cut to " << length;
    }
}

TEST(Safetensors, MutationsNeverCrash)
{
    const std::string whole = tests::readAll(fixture("st_ok_unordered"));
    std::mt19937 random(7);
    int opened = 0;
    for (int trial = 0; trial < 3000; ++trial) {
        std::string bytes = whole;
        for (unsigned change = 0; change <= random() % 4; ++change)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        const TemporaryFolder folder;
        tests::writeAll(folder / "m.safetensors", bytes);
        const auto file = SafetensorsFile::open(folder / "m.safetensors");
        if (!file) {
            EXPECT_FALSE(file.error().message.empty());
            continue;
        }
        ++opened;
        const auto map = (*file)->file()->bytes();
        for (const TensorView& tensor : (*file)->tensors()) {
            EXPECT_GE(tensor.bytes.data(), map.data());
            EXPECT_LE(tensor.bytes.data() + tensor.bytes.size(), map.data() + map.size());
        }
    }
    EXPECT_GT(opened, 0); // changes of the data area are legal
    EXPECT_LT(opened, 3000);
}

TEST(SafetensorsWriter, RewritesReferenceFilesByteForByte)
{
    std::vector<std::filesystem::path> paths{fixture("reference_writer")};
    for (const char* shared : {"oracles/models/gpt_neox-tiny/model.safetensors",
             "oracles/models/gpt2-tiny/expected.safetensors",
             "oracles/saes/topk/expected.safetensors",
             "oracles/saes/jumprelu/sae_weights.safetensors"}) {
        if (std::filesystem::exists(tests::sharedFixture(shared)))
            paths.push_back(tests::sharedFixture(shared));
    }
    const TemporaryFolder folder;
    for (const auto& path : paths) {
        const auto file = SafetensorsFile::open(path);
        ASSERT_TRUE(file) << file.error().message;
        std::vector<TensorView> tensors = (*file)->tensors();
        std::shuffle(tensors.begin(), tensors.end(), std::mt19937(3));
        const auto written
            = core::writeSafetensors(folder / "copy.safetensors", tensors, (*file)->metadata());
        ASSERT_TRUE(written) << written.error().message;
        EXPECT_TRUE(tests::readAll(folder / "copy.safetensors") == tests::readAll(path)) << path;
    }
}

TEST(SafetensorsWriter, RefusesWhatCannotBeRead)
{
    const TemporaryFolder folder;
    const std::vector<std::byte> data(8);
    const std::vector<std::pair<std::string, std::vector<TensorView>>> cases{
        {"data that do not match", {{"t", DType::F32, {3}, data}}},
        {"impossible shape", {{"t", DType::F32, {-2}, data}}},
        {"cannot be written", {{"t", DType::Other, {8}, data}}},
        {"given twice", {{"t", DType::F32, {2}, data}, {"t", DType::F64, {1}, data}}},
        {"keeps for itself", {{"__metadata__", DType::F32, {2}, data}}},
        {"not valid UTF-8", {{"\xff", DType::F32, {2}, data}}}};
    for (const auto& [reason, tensors] : cases) {
        const auto written = core::writeSafetensors(folder / "t.safetensors", tensors);
        ASSERT_FALSE(written) << reason;
        EXPECT_THAT(written.error().message, HasSubstr(reason));
    }
    EXPECT_EQ(folder.entryCount(), 0u);
}

TEST(Safetensors, RefusesWhatIsNotAFile)
{
    const TemporaryFolder folder;
    EXPECT_EQ(SafetensorsFile::open(folder / "none").error().code, core::Error::Code::NotFound);
    EXPECT_THAT(
        SafetensorsFile::open(folder.path()).error().message, HasSubstr("this is a folder"));
    EXPECT_THAT(
        SafetensorsFile::open("/dev/zero").error().message, HasSubstr("not an ordinary file"));
}

} // namespace
