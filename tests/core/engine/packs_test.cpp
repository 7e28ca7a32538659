// Dictionaries and their harvest that open whenever their model does.
#include "core/api/engine_state.h"
#include "core/api/harvest.h"
#include "core/api/make_pack.h"
#include "core/api/set_label.h"
#include "core/engine/packs.h"
#include "core/engine/workspace_setup.h"
#include "core/store/workspace_writer.h"
#include "tests/core/engine/open_bench.h"

#include <fstream>

#include <gmock/gmock.h>

using testing::HasSubstr;

namespace {

namespace fs = std::filesystem;

/// A pack of the tiny model's SAE, made in the user's data folder.
class Packs : public testing::Test {
protected:
    Packs()
    {
        fs::create_directories(folder() / "saes");
        fs::copy(m_bench.files.sae(), folder() / "saes" / "layer_0", fs::copy_options::recursive);
    }

    fs::path folder() const { return m_bench.files.file("data") / "packs" / "tiny-pack"; }
    fs::path harvested() const { return m_bench.files.file("harvested.sqlite"); }

    /// Opens the dictionaries of the pack alone and harvests them.
    void harvest()
    {
        open(m_bench.files.model(), false);
        core::HarvestRequest request;
        request.tokens = 400;
        request.workspace = harvested().string();
        const auto done = m_bench.run(request);
        ASSERT_TRUE(done) << done.error().message;
    }
    void open(const fs::path& model, bool brings = true)
    {
        // Another model between: the same one opened twice keeps its dictionaries.
        const auto other = copyOfModel("between", 0.5);
        ASSERT_TRUE(m_bench.run(core::OpenModelRequest{other.string()}));
        core::OpenModelRequest request{model.string()};
        request.bringsDictionaries = brings;
        const auto opened = m_bench.run(request);
        ASSERT_TRUE(opened) << opened.error().message;
        if (!brings) {
            ASSERT_TRUE(m_bench.run(core::AddDictionariesRequest{folder().string()}));
        }
    }
    core::Result<core::MadePack> make()
    {
        core::MakePackRequest request;
        request.folder = folder().string() + "/";
        request.workspace = harvested().string();
        request.licence = "CC0";
        return m_bench.run(request);
    }
    /// Another folder with the tiny model, its last norm multiplied.
    fs::path copyOfModel(const std::string& name, double factor)
    {
        const fs::path copy = m_bench.files.file(name);
        if (fs::exists(copy))
            return copy;
        fs::copy(m_bench.files.model(), copy, fs::copy_options::recursive);
        const auto model = core::Transformer::open(copy).value()->copyTo({}, true);
        {
            const c10::InferenceMode inference;
            for (auto& [weight, tensor] : model->namedWeights())
                if (weight == "model.norm.weight")
                    tensor.detach().mul_(factor);
        }
        EXPECT_TRUE(model->save(copy));
        return copy;
    }
    std::vector<std::string> openNames() { return m_bench.bench().openDictionaryNames(); }
    std::vector<core::DictionaryInfo> infos() { return m_bench.bench().state().dictionaries; }

    tests::OpenBench m_bench;
};

TEST_F(Packs, OpenWithTheirModelWhereverItLies)
{
    harvest();
    const auto made = make();
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->dictionaries, 1);
    EXPECT_GT(made->bytes, static_cast<std::int64_t>(fs::file_size(folder() / "tiny-pack.sqlite")));

    open(copyOfModel("elsewhere", 1));
    ASSERT_THAT(openNames(), testing::ElementsAre("saes/layer_0"));
    EXPECT_TRUE(infos()[0].isHarvested);
    EXPECT_GE(infos()[0].harvestedTokens, 300);
    EXPECT_EQ(m_bench.bench().workspace.path(), m_bench.files.file("data") / "tiny-pack.sqlite");

    // What others get says nothing of this machine.
    std::ifstream file(folder() / "tiny-pack.sqlite", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find(m_bench.files.file("").string()), std::string::npos);
}

TEST_F(Packs, StayClosedForAModelThatWasTrainedOn)
{
    harvest();
    ASSERT_TRUE(make());
    open(copyOfModel("tuned", 1.25));
    EXPECT_THAT(openNames(), testing::IsEmpty());
}

TEST_F(Packs, LeaveWorkThatWasBegunWithoutThemInItsPlace)
{
    const fs::path model = copyOfModel("mine", 1);
    open(model); // There is no pack yet: the model gets a workspace of its own.
    const fs::path own = m_bench.bench().workspace.path();
    harvest();
    ASSERT_TRUE(make());
    open(model);
    EXPECT_THAT(openNames(), testing::ElementsAre("saes/layer_0"));
    EXPECT_EQ(m_bench.bench().workspace.path(), own);
}

TEST_F(Packs, AreToldAndLeftAloneWhenBroken)
{
    harvest();
    ASSERT_TRUE(make());
    for (const auto& entry : fs::recursive_directory_iterator(folder() / "saes"))
        if (entry.path().extension() == ".safetensors")
            fs::resize_file(entry.path(), 100);
    open(copyOfModel("elsewhere", 1));
    EXPECT_THAT(openNames(), testing::IsEmpty());
    const auto refused = m_bench.bench().state().refused;
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_THAT(refused[0].reason, HasSubstr("tiny-pack"));

    std::ofstream(core::Pack::about(folder())) << "{\"model\": 3}";
    EXPECT_THAT(core::readPackAbout(folder()).error().message,
        testing::AllOf(HasSubstr("pack.json"), HasSubstr("model")));
    open(copyOfModel("elsewhere", 1));
    EXPECT_THAT(openNames(), testing::IsEmpty());
}

TEST_F(Packs, AreNotMadeOfWhatWasNotHarvested)
{
    open(m_bench.files.model(), false);
    ASSERT_TRUE(core::WorkspaceWriter::open(harvested())); // an empty one
    EXPECT_THAT(make().error().message, HasSubstr("no harvest of saes/layer_0"));
    EXPECT_FALSE(fs::exists(folder() / "tiny-pack.sqlite"));
    EXPECT_FALSE(fs::exists(core::Pack::about(folder())));

    harvest();
    ASSERT_TRUE(m_bench.run(core::AddDictionariesRequest{m_bench.files.transcoders().string()}));
    EXPECT_THAT(make().error().message, HasSubstr("not in")); // they lie elsewhere
}

/// The same norms whichever way the weights are stored.
TEST(PackNorms, AreTheSameForQuantisedFiles)
{
    const auto hash = [](const fs::path& path) {
        const auto model = core::Transformer::open(path);
        EXPECT_TRUE(model) << path;
        return core::normsHash(**model);
    };
    tests::TinyWorkbench files;
    const auto model = core::Transformer::open(files.model()).value();
    for (const char* dtype : {"bfloat16", "float16"}) {
        const fs::path stored = files.file(dtype);
        ASSERT_TRUE(model->save(stored, dtype));
        EXPECT_EQ(hash(stored), hash(files.model())) << dtype;
    }
}

} // namespace
