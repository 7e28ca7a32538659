// Features made from texts about concepts: saved, opened and named like any other dictionary.
#include "core/api/learn_concepts.h"
#include "core/engine/graph_setup.h"
#include "core/features/label_files.h"
#include "tests/core/engine/open_bench.h"

#include <fstream>

#include <ATen/ATen.h>
#include <gmock/gmock.h>

using testing::HasSubstr;

namespace {

namespace fs = std::filesystem;

class LearnConcepts : public testing::Test {
protected:
    LearnConcepts()
    {
        write("bridge.txt", "the bridge and the bay");
        write("dogs.jsonl", "dogs bark at other dogs");
        m_request.texts = texts().string();
        m_request.layer = 0;
        m_request.out = (m_bench.files.file("concepts")).string();
    }
    fs::path texts() const { return m_bench.files.file("texts"); }
    void write(const std::string& name, const std::string& words, int texts = 8) const
    {
        fs::create_directories(this->texts());
        std::ofstream file(this->texts() / name);
        for (int i = 0; i < texts; ++i)
            if (name.ends_with(".txt"))
                file << words << " " << i << "\n\n";
            else
                file << R"({"text": ")" << words << " " << i << "\"}\n";
    }

    tests::OpenBench m_bench;
    core::LearnConceptsRequest m_request;
};

TEST_F(LearnConcepts, OpenAsADictionaryWithNames)
{
    const auto learned = m_bench.run(m_request);
    ASSERT_TRUE(learned) << learned.error().message;
    ASSERT_EQ(learned->concepts.size(), 2);
    EXPECT_EQ(learned->concepts[0].name, "bridge");
    EXPECT_EQ(learned->concepts[1].name, "dogs");
    EXPECT_EQ(learned->concepts[0].texts, 8);
    EXPECT_GT(learned->concepts[0].named, 0);
    const auto added = m_bench.run(core::AddDictionariesRequest{m_request.out});
    ASSERT_TRUE(added) << added.error().message;
    const auto& opened = m_bench.model().dictionaries.back();
    EXPECT_EQ(opened->config().name, "concepts/layer_0");
    EXPECT_TRUE(opened->config().facts.areConcepts) << "read back from its files";
    ASSERT_EQ(opened->config().d_sae, 2);
    for (int i = 0; i < 2; ++i)
        EXPECT_NEAR(opened->W_dec()[i].norm().item<double>(), 1.0, 1e-5);
    // They do not rebuild the stream, so no graph is made of them unless they are named.
    core::LoadedModel only = m_bench.model();
    only.dictionaries = {opened};
    EXPECT_FALSE(core::graphDictionaries(only, {}));
    const auto named = core::graphDictionaries(m_bench.model(), {"concepts/layer_0"});
    ASSERT_TRUE(named) << named.error().message;
    EXPECT_EQ(named->front(), opened);
    core::StoredDictionary stored;
    stored.name = opened->config().name;
    stored.layer = core::Layer(0);
    stored.d_sae = 2;
    const auto labels = core::readLabels(learned->labels, {stored});
    ASSERT_TRUE(labels) << labels.error().message;
    ASSERT_EQ(labels->size(), 2);
    EXPECT_EQ((*labels)[1].label.text, "dogs");
    EXPECT_EQ((*labels)[1].feature.feature, core::FeatureId(1));
}

TEST_F(LearnConcepts, LeaveWhatIsThereAlone)
{
    ASSERT_TRUE(m_bench.run(m_request));
    const auto time = fs::last_write_time(fs::path(m_request.out) / "layer_0" / "cfg.json");
    const auto again = m_bench.run(m_request);
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().message, HasSubstr("there already"));
    EXPECT_EQ(fs::last_write_time(fs::path(m_request.out) / "layer_0" / "cfg.json"), time);
}

TEST_F(LearnConcepts, LeaveNothingBehindAnError)
{
    write("dogs.jsonl", "dogs", 2);
    const auto few = m_bench.run(m_request);
    ASSERT_FALSE(few);
    EXPECT_THAT(few.error().message, HasSubstr("2 texts about \"dogs\""));
    EXPECT_FALSE(fs::exists(m_request.out));

    write("dogs.jsonl", "dogs");
    write("dogs.txt", "dogs");
    const auto twice = m_bench.run(m_request);
    ASSERT_FALSE(twice);
    EXPECT_THAT(twice.error().message, HasSubstr("two files are named \"dogs\""));

    m_request.texts = m_bench.files.file("nowhere").string();
    ASSERT_FALSE(m_bench.run(m_request));
    EXPECT_FALSE(fs::exists(m_request.out));
}

} // namespace
