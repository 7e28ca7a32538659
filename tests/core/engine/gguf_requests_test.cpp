// A GGUF file through the engine, as a model folder goes: looked at, opened, checked, talked to.
#include "core/api/engine.h"
#include "core/api/engine_state.h"
#include "core/api/generate.h"
#include "core/api/inspect_model.h"
#include "core/api/model_info.h"
#include "core/api/open_model.h"
#include "core/api/self_check.h"
#include "core/api/token_info.h"
#include "core/api/tokenize.h"
#include "tests/core/engine/tiny_workbench.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"

#include <gmock/gmock.h>

using testing::HasSubstr;

namespace {

namespace fs = std::filesystem;

class GgufRequests : public testing::Test {
protected:
    static fs::path file(const std::string& name = "llama-blocks")
    {
        return tests::testFixture("gguf/models") / (name + ".gguf");
    }
    auto inspected(const fs::path& path)
    {
        return tests::ask(*m_engine, core::InspectModelRequest{{path.string(), "cpu", {}}});
    }

    const tests::TinyWorkbench m_bench;
    std::unique_ptr<core::Engine> m_engine = m_bench.startEngine();
    tests::TemporaryFolder m_folder;
};

TEST_F(GgufRequests, LookingSaysWhatItIsAndWhatItTakes)
{
    const auto info = inspected(file());
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ((*info)->name, "llama-blocks");
    EXPECT_EQ((*info)->modelType, "llama");
    EXPECT_EQ((*info)->path, file().string());
    EXPECT_EQ((*info)->dtype, "Q8_0"); // of most bytes
    EXPECT_EQ((*info)->d_model, 32);
    EXPECT_EQ((*info)->tokenizerProblem, "");
    EXPECT_EQ((*info)->tokenizerSize, 96);
    ASSERT_GE((*info)->costs.size(), 4u);
    const core::MemoryCost &asStored = (*info)->costs[0], &narrow = (*info)->costs[1];
    EXPECT_EQ(asStored.dtype, "float32");
    // q and k are copied in another order of rows, the rest stays in the map.
    EXPECT_GT(asStored.mappedBytes, asStored.weightBytes);
    EXPECT_LE(asStored.mappedBytes, (*info)->bytes);
    EXPECT_GT(narrow.weightBytes, asStored.mappedBytes);
    EXPECT_THAT(asStored.note, HasSubstr("exact"));
}

TEST_F(GgufRequests, OpensChecksAndWrites)
{
    const auto state = tests::ask(*m_engine, core::OpenModelRequest{file().string(), "cpu", {}});
    ASSERT_TRUE(state) << state.error().message;
    EXPECT_TRUE((*state)->model.isLoaded);
    const auto check = tests::ask(*m_engine, core::SelfCheckRequest{});
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_TRUE((*check)->isGood) << (*check)->verdict;
    core::GenerateRequest write;
    write.ids = {core::TokenId(5), core::TokenId(9)};
    write.settings.maxTokens = 4;
    const auto written = tests::ask(*m_engine, write);
    ASSERT_TRUE(written) << written.error().message;
}

TEST_F(GgufRequests, AFolderWithOneFileStandsForIt)
{
    fs::copy_file(file(), m_folder / "some.gguf");
    const auto info = inspected(m_folder.path());
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ((*info)->path, (m_folder / "some.gguf").string());
    const auto tokens = tests::ask(*m_engine, core::TokenizeRequest{m_folder.path().string(), "x"});
    EXPECT_TRUE(tokens) << tokens.error().message;
    fs::copy_file(file("llama"), m_folder / "other.gguf");
    const auto several = inspected(m_folder.path());
    ASSERT_FALSE(several);
    EXPECT_THAT(several.error().message, HasSubstr("other.gguf, some.gguf"));
}

TEST_F(GgufRequests, BlocksOfEveryFormatStayAsTheyAre)
{
    const auto info = inspected(file("k-blocks")); // IQ4_XS, Q2_K, Q3_K
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_THAT((*info)->costs[0].note, HasSubstr("stay in their files, exact"));
    EXPECT_LT((*info)->costs[0].weightBytes, 4 * 256 * 96) << "not as float32";
}

} // namespace
