// Texts that the model writes after prompts, many at once, into a file to train on.
#include "core/api/generate.h"
#include "core/api/write_corpus.h"
#include "tests/core/engine/open_bench.h"

#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

using testing::HasSubstr;

namespace {

namespace fs = std::filesystem;

class WrittenCorpora : public testing::Test {
protected:
    core::WriteCorpusRequest request(
        std::vector<std::string> prompts, const char* name = "out.jsonl")
    {
        core::WriteCorpusRequest request;
        request.prompts = std::move(prompts);
        request.maxTokens = 12;
        request.out = m_bench.files.file(name).string();
        return request;
    }
    std::vector<nlohmann::json> lines(const std::string& path)
    {
        std::vector<nlohmann::json> lines;
        std::ifstream file(path);
        for (std::string line; std::getline(file, line);)
            lines.push_back(nlohmann::json::parse(line));
        return lines;
    }
    /// What `generate` writes greedily, one text at a time.
    std::string greedy(const std::string& prompt)
    {
        core::GenerateRequest request;
        request.prompt = prompt;
        request.settings.maxTokens = 12;
        const auto written = m_bench.run(request);
        EXPECT_TRUE(written) << written.error().message;
        return written ? written->normal.text : std::string();
    }

    tests::OpenBench m_bench;
};

TEST_F(WrittenCorpora, HoldATextForEachPromptInTheirOrder)
{
    const std::vector<std::string> prompts{
        "the bridge over the bay", "a", "the bridges over the bay", "rain", "the sun is a star"};
    core::WriteCorpusRequest cold = request(prompts);
    cold.temperature = 1e-6; // as good as greedy
    const auto written = m_bench.run(cold);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(written->texts, 5);
    const auto texts = lines(cold.out);
    ASSERT_EQ(texts.size(), prompts.size());
    for (std::size_t i = 0; i < prompts.size(); ++i)
        EXPECT_EQ(texts[i].at("text").get<std::string>(), prompts[i] + greedy(prompts[i]));
}

TEST_F(WrittenCorpora, AreTheSameForTheSameSeed)
{
    const std::vector<std::string> prompts(20, "the");
    const auto one = request(prompts, "one.jsonl"), same = request(prompts, "same.jsonl");
    auto other = request(prompts, "other.jsonl");
    other.seed = 5;
    for (const auto& each : {one, same, other})
        ASSERT_TRUE(m_bench.run(each));
    EXPECT_EQ(lines(one.out), lines(same.out));
    EXPECT_NE(lines(one.out), lines(other.out));
    EXPECT_NE(lines(one.out)[0], lines(one.out)[1]); // each draws for itself
}

TEST_F(WrittenCorpora, LeaveNothingBehindWhenTheyFail)
{
    EXPECT_THAT(m_bench.run(request({})).error().message, HasSubstr("one on each line"));
    auto chat = request({"hello"});
    chat.isChat = true; // the tiny model has no template
    EXPECT_FALSE(m_bench.run(chat));
    EXPECT_THAT(m_bench.run(request({"rain", std::string(4000, 'x')})).error().message,
        HasSubstr("48")); // longer than the context
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(m_bench.run(request({"rain"}), stop.get_token()).error().code,
        core::Error::Code::Cancelled);
    auto nowhere = request({"rain"});
    nowhere.out = m_bench.files.file("no/such/folder.jsonl").string();
    EXPECT_THAT(m_bench.run(nowhere).error().message, HasSubstr("no/such"));
    EXPECT_FALSE(fs::exists(m_bench.files.file("out.jsonl")));
}

} // namespace
