// Quality, labels, comparison and known features on the command line.
#include "tests/app/cli_program.h"

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>

namespace {

using testing::HasSubstr;

class QualityCli : public tests::CliProgram {
protected:
    std::string model() const { return bench.model().string(); }
    std::string sae() const { return bench.sae().string(); }
    std::string corpus() const
    {
        const auto path = bench.file("corpus.txt");
        std::ofstream(path) << "hello world, this is a test of words.\n\n"
                               "another paragraph with other words in it.\n";
        return path.string();
    }
    /// Two labels, told by their words.
    std::string labelled() const
    {
        const auto path = bench.file("labelled.jsonl");
        std::ofstream out(path);
        for (int i = 0; i < 48; ++i)
            out << R"({"text": ")" << (i % 2 ? "the cat and the dog " : "one two three ") << i / 2
                << R"(", "about": ")" << (i % 2 ? "animals" : "numbers") << "\"}\n";
        return path.string();
    }
};

TEST_F(QualityCli, FiguresOfEachFeatureGoIntoAFile)
{
    const std::string features = bench.file("features.csv").string();
    const tests::Ran ran = run({"--json", "dictionary", "evaluate", model(), sae(), "--corpus",
        corpus(), "--features-out", features});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const nlohmann::json json = ran.json();
    for (const char* field : {"mse", "cossim", "l1", "l2_norm_in", "l2_norm_out", "l2_ratio",
             "relative_reconstruction_bias", "explained_variance_legacy", "kl_zero", "kl_score"})
        EXPECT_TRUE(json[field].is_number()) << field;
    EXPECT_NEAR(json["l2_ratio"].get<double>(),
        json["l2_norm_out"].get<double>() / json["l2_norm_in"].get<double>(), 0.3);
    EXPECT_LE(json["encoder_norm"]["q05"], json["encoder_norm"]["q95"]);
    std::ifstream file(features);
    std::string line;
    int lines = 0;
    for (; std::getline(file, line); ++lines)
        EXPECT_EQ(std::count(line.begin(), line.end(), ','), 5) << line;
    EXPECT_EQ(lines, 1 + 24); // a head, and the features
}

TEST_F(QualityCli, LabelsAddSparseProbing)
{
    const tests::Ran ran = run({"--json", "dictionary", "evaluate", model(), sae(), "--corpus",
        labelled(), "--labels", "about"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const nlohmann::json probing = ran.json()["sparse_probing"];
    EXPECT_EQ(probing["label_field"], "about");
    EXPECT_EQ(probing["texts"], 48);
    EXPECT_EQ(probing["labels"].size(), 2u);
    EXPECT_EQ(probing["k"], nlohmann::json::parse("[1, 2, 5]"));
    EXPECT_EQ(probing["accuracy_of_features"].size(), 3u);
    EXPECT_GT(probing["accuracy"], 0.9); // the words themselves tell
    const tests::Ran wrong = run(
        {"dictionary", "evaluate", model(), sae(), "--corpus", labelled(), "--labels", "abut"});
    EXPECT_EQ(wrong.code, 1);
    EXPECT_THAT(wrong.err, HasSubstr("`abut`"));
    EXPECT_THAT(wrong.err, HasSubstr("`about`"));
}

TEST_F(QualityCli, AbsorptionIsMeasuredOnWords)
{
    const auto path = bench.file("words.jsonl");
    {
        std::ofstream out(path);
        const char* const words[2][24] = {
            {"cat", "dog", "cow", "hen", "pig", "fox", "owl", "bee", "ant", "bat", "rat", "elk",
                "emu", "ape", "cod", "eel", "fly", "gnu", "jay", "koi", "ram", "yak", "doe", "pup"},
            {"one", "two", "six", "ten", "nine", "four", "five", "zero", "seven", "eight", "three",
                "twelve", "eleven", "twenty", "thirty", "forty", "fifty", "sixty", "eighty",
                "ninety", "hundred", "million", "dozen", "couple"}};
        for (int label = 0; label < 2; ++label)
            for (const char* word : words[label])
                out << R"({"text": ")" << word << R"(", "label": )" << label << "}\n";
    }
    const tests::Ran ran = run({"--json", "dictionary", "evaluate", model(), sae(), "--corpus",
        corpus(), "--absorption", path.string()});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const nlohmann::json absorption = ran.json()["absorption"];
    EXPECT_EQ(absorption["words"], 48);
    EXPECT_EQ(absorption["labels"].size(), 2u);
    EXPECT_GE(absorption["mean_absorption_fraction"], 0.0);
    EXPECT_LE(absorption["mean_absorption_fraction"], 1.0);
}

TEST_F(QualityCli, TwoDictionariesAreComparedWithAndWithoutAModel)
{
    const tests::Ran ran = run({"--json", "dictionary", "compare", sae(), sae()});
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.json()["mutual"], 24);
    EXPECT_EQ(ran.json()["left"]["matched_share"], 1.0);
    EXPECT_TRUE(ran.json()["left"]["quality"].is_null());
    const tests::Ran measured = run({"--json", "dictionary", "compare", sae(), sae(), "--model",
        model(), "--corpus", corpus()});
    ASSERT_EQ(measured.code, 0) << measured.err;
    EXPECT_TRUE(measured.json()["right"]["quality"]["fvu"].is_number());
    EXPECT_EQ(measured.json()["density_difference"], 0.0);
    EXPECT_EQ(run({"dictionary", "compare", sae(), sae(), "--corpus", corpus()}).code, 2);
    const tests::Ran several = run({"dictionary", "compare", sae(), bench.transcoders().string()});
    EXPECT_EQ(several.code, 1);
    EXPECT_THAT(several.err, HasSubstr("several"));
}

TEST_F(QualityCli, KnownFeaturesNeedNoModel)
{
    const tests::Ran ran = run({"--json", "train", "known-features", "--width", "16", "--families",
        "2", "--groups", "2", "--alone", "10", "--l0", "2", "--tokens", "20000", "--architecture",
        "topk", "--architecture", "l1"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const nlohmann::json json = ran.json();
    EXPECT_EQ(json["features"], 2 * 4 + 2 * 4 + 10);
    ASSERT_EQ(json["results"].size(), 2u);
    EXPECT_EQ(json["results"][0]["architecture"], "topk");
    EXPECT_GT(json["results"][0]["mmcs"], 0.3);
    const tests::Ran crowded = run({"train", "known-features", "--families", "0", "--groups", "0",
        "--alone", "4", "--l0", "3"});
    EXPECT_EQ(crowded.code, 1);
    EXPECT_THAT(crowded.err, HasSubstr("make more features"));
}

} // namespace
