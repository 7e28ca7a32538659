#include "core/files/tensor_file.h"

#include "core/files/json_file.h"
#include "tests/core/files/container_bytes.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using core::DType;
using core::TensorFile;
using core::TensorView;
using nlohmann::json;
using testing::HasSubstr;
using tests::TemporaryFolder;

std::string hex(std::span<const std::byte> bytes)
{
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const std::byte b : bytes) {
        text += kDigits[static_cast<std::size_t>(b) >> 4];
        text += kDigits[static_cast<std::size_t>(b) & 15];
    }
    return text;
}

DType dtypeOf(const std::string& name)
{
    static const std::map<std::string, DType> kNames{{"float32", DType::F32},
        {"float64", DType::F64}, {"float16", DType::F16}, {"bfloat16", DType::BF16},
        {"int8", DType::I8}, {"int16", DType::I16}, {"int32", DType::I32}, {"int64", DType::I64},
        {"uint8", DType::U8}, {"uint16", DType::U16}, {"uint32", DType::U32},
        {"uint64", DType::U64}, {"bool", DType::Bool}, {"complex64", DType::Other},
        {"complex128", DType::Other}};
    return kNames.at(name);
}

std::vector<float> asFloats(const TensorView& tensor)
{
    EXPECT_EQ(tensor.dtype, DType::F32);
    std::vector<float> values(tensor.bytes.size() / sizeof(float));
    std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
    return values;
}

std::vector<float> flat(const json& nested)
{
    std::vector<float> values;
    for (const json& item : nested.is_array() ? nested : json::array({nested})) {
        const std::vector<float> below
            = item.is_array() ? flat(item) : std::vector<float>{item.get<float>()};
        values.insert(values.end(), below.begin(), below.end());
    }
    return values;
}

TEST(TensorFile, ReadsWhatTorchAndNumpyWrote)
{
    const auto expected = core::readJson(tests::testFixture("containers/expected.json"));
    ASSERT_TRUE(expected) << expected.error().message;
    ASSERT_GE(expected->size(), 20u);
    for (const auto& [name, entry] : expected->items()) {
        SCOPED_TRACE(name);
        const auto path = tests::testFixture("containers") / name;
        const auto file = TensorFile::open(path);
        ASSERT_TRUE(file) << file.error().message;
        EXPECT_EQ((*file)->path(), path);
        EXPECT_EQ((*file)->container(), entry["container"].get<std::string>());
        EXPECT_EQ((*file)->values(), entry["values"]);
        EXPECT_EQ((*file)->tensors().size(), entry["tensors"].size());
        for (const auto& [key, tensor] : entry["tensors"].items()) {
            SCOPED_TRACE(key);
            const TensorView* view = (*file)->find(key);
            ASSERT_NE(view, nullptr);
            EXPECT_EQ(view->dtype, dtypeOf(tensor["dtype"]));
            EXPECT_EQ(view->shape, tensor["shape"].get<std::vector<std::int64_t>>());
            EXPECT_EQ(hex(view->bytes), tensor["hex"].get<std::string>());
        }
    }
}

TEST(TensorFile, ReadsSafetensorsWithItsMetadata)
{
    const auto file
        = TensorFile::open(tests::testFixture("safetensors/st_ok_metadata.safetensors"));
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ((*file)->container(), "safetensors");
    EXPECT_EQ((*file)->values(), (json{{"format", "pt"}}));
    EXPECT_EQ((*file)->tensors().at(0).dtype, DType::BF16);
}

TEST(TensorFile, TensorsOutliveTheFile)
{
    for (const char* name : {"containers/views.pt", "containers/unusual_deflated.npz"}) {
        auto file = TensorFile::open(tests::testFixture(name));
        ASSERT_TRUE(file) << file.error().message;
        const std::vector<TensorView> tensors = (*file)->tensors();
        const auto owner = (*file)->owner();
        file->reset();
        for (const TensorView& tensor : tensors)
            EXPECT_FALSE(hex(tensor.bytes).empty());
    }
}

TEST(TensorFile, WhatLiesRowByRowStaysInTheMap)
{
    // Tensors that share one storage overlap in memory only when none was copied.
    const auto file = TensorFile::open(tests::testFixture("containers/views.pt"));
    ASSERT_TRUE(file) << file.error().message;
    const TensorView* base = (*file)->find("base");
    const TensorView* rows = (*file)->find("rows");
    EXPECT_EQ(rows->bytes.data(), base->bytes.data() + 2 * 12 * sizeof(float));
    EXPECT_EQ((*file)->find("one_row")->bytes.size(), 12 * sizeof(float));
}

TEST(TensorFile, TheContentDecidesNotTheName)
{
    const TemporaryFolder folder;
    for (const char* name : {"v1.npy", "stored.npz", "views.pt", "views_legacy.pt"}) {
        std::filesystem::copy_file(tests::testFixture("containers") / name, folder / "file.bin",
            std::filesystem::copy_options::overwrite_existing);
        const auto file = TensorFile::open(folder / "file.bin");
        EXPECT_TRUE(file) << file.error().message;
    }
    EXPECT_EQ(TensorFile::open(folder / "none.pt").error().code, core::Error::Code::NotFound);
    EXPECT_THAT(TensorFile::open(folder.path()).error().message, HasSubstr("this is a folder"));
}

TEST(TensorFile, CommonMistakesAreNamed)
{
    const TemporaryFolder folder;
    const auto refusal = [&](const std::string& bytes) {
        tests::writeAll(folder / "weights.bin", bytes);
        const auto file = TensorFile::open(folder / "weights.bin");
        return file ? std::string() : file.error().message;
    };
    EXPECT_THAT(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"),
        HasSubstr("Run `git lfs pull`"));
    EXPECT_THAT(refusal("<!DOCTYPE html><html></html>"), HasSubstr("a web page"));
    EXPECT_THAT(refusal("\x1f\x8b\x08 and so on"), HasSubstr("gunzip"));
    EXPECT_THAT(refusal(std::string(257, 'x') + "ustar\0" + std::string(300, 'x')),
        HasSubstr("a tar archive"));
    EXPECT_THAT(refusal(std::string(100, 'x')), HasSubstr("none of the kinds"));
    EXPECT_THAT(refusal(""), HasSubstr("the file is empty"));
}

TEST(TensorFile, TwoTensorsOfOneNameAreRefused)
{
    const TemporaryFolder folder;
    namespace p = tests::pickle;
    const std::string w = p::tensor(p::storage("0", 1), 0, {1}, {1});
    // {"a": {"b": w}, "a.b": w}
    tests::writeAll(folder / "a.pt",
        tests::torchZip(
            "}(" + p::text("a") + "}" + p::text("b") + w + "s" + p::text("a.b") + w + "u",
            tests::floats({1})));
    const auto file = TensorFile::open(folder / "a.pt");
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error().message, HasSubstr("two tensors are called `a.b`"));
}

TEST(TensorFile, SharedContainersHoldWhatTheyShould)
{
    REQUIRE_SHARED_FIXTURE("formats/containers/expected.json");
    const auto folder = tests::sharedFixture("formats/containers");
    const auto expected = core::readJson(folder / "expected.json");
    ASSERT_TRUE(expected) << expected.error().message;
    for (const char* name : {"ae_dict_zip.pt", "ae_orderedDict_zip.pt"}) {
        const auto file = TensorFile::open(folder / name);
        ASSERT_TRUE(file) << file.error().message;
        for (const auto& [key, values] : (*expected)["ae"].items()) {
            ASSERT_NE((*file)->find(key), nullptr) << key;
            EXPECT_EQ(asFloats(*(*file)->find(key)), flat(values)) << name << " " << key;
        }
    }
    for (const char* name : {"f4_C.npy", "f4_fortran.npy", "f4_v2.npy"}) {
        const auto file = TensorFile::open(folder / name);
        ASSERT_TRUE(file) << file.error().message;
        EXPECT_EQ((*file)->find("array")->shape, (std::vector<std::int64_t>{6, 10}));
        EXPECT_EQ(asFloats(*(*file)->find("array")), flat((*expected)["npy_f4"])) << name;
    }
    const auto params = TensorFile::open(folder / "gemma_scope_params.npz");
    ASSERT_TRUE(params) << params.error().message;
    EXPECT_EQ((*params)->find("W_enc")->shape, (std::vector<std::int64_t>{6, 10}));
    EXPECT_EQ((*params)->find("W_dec")->shape, (std::vector<std::int64_t>{10, 6}));
    EXPECT_EQ((*params)->tensors().size(), 5u);

    const auto unsafe = TensorFile::open(folder / "whole_module_UNSAFE.pt");
    ASSERT_FALSE(unsafe);
    EXPECT_EQ(unsafe.error().code, core::Error::Code::Unsupported);
    EXPECT_THAT(unsafe.error().message,
        testing::AllOf(HasSubstr("whole_module_UNSAFE.pt"),
            HasSubstr("torch.nn.modules.linear.Linear"), HasSubstr("save the tensors")));
}

TEST(TensorFile, SharedDictionariesOpen)
{
    REQUIRE_SHARED_FIXTURE("formats/sae-other/openai_topk.pt");
    const auto folder = tests::sharedFixture("formats/sae-other");
    const auto openai = TensorFile::open(folder / "openai_topk.pt");
    ASSERT_TRUE(openai) << openai.error().message;
    EXPECT_EQ((*openai)->values()["activation_state_dict"]["k"], 6);
    EXPECT_EQ((*openai)->values()["activation"], "TopK");
    EXPECT_EQ((*openai)->find("stats_last_nonzero")->dtype, DType::I64);
    const auto topk = TensorFile::open(folder / "dictionary_learning_AutoEncoderTopK/ae.pt");
    ASSERT_TRUE(topk) << topk.error().message;
    EXPECT_TRUE((*topk)->find("k")->shape.empty());
    EXPECT_EQ((*topk)->find("encoder.weight")->shape, (std::vector<std::int64_t>{40, 12}));
}

} // namespace
