// Every reader says of a path that is not what it needs what all the others say.
#include "core/base/text_file.h"
#include "core/circuits/graph_file.h"
#include "core/engine/training_config.h"
#include "core/features/harvest_corpus.h"
#include "core/features/label_files.h"
#include "core/files/json_file.h"
#include "core/files/tensor_file.h"
#include "core/text/tokenizer.h"

#include "tests/core/engine/tiny_workbench.h"

#include <functional>

#include <gtest/gtest.h>

namespace {

using namespace core;
namespace fs = std::filesystem;

template <typename Made> std::string wordsOf(const Result<Made>& made)
{
    return made ? std::string("no error") : made.error().message;
}

TEST(FileProblems, EveryReaderSaysTheSame)
{
    const tests::TinyWorkbench bench;
    const auto tokenizer = Tokenizer::open(bench.model());
    ASSERT_TRUE(tokenizer);
    const std::vector<std::pair<const char*, std::function<std::string(const fs::path&)>>> readers{
        {"text", [](const fs::path& path) { return wordsOf(readTextFile(path)); }},
        {"JSON", [](const fs::path& path) { return wordsOf(readJson(path)); }},
        {"tensors", [](const fs::path& path) { return wordsOf(TensorFile::open(path)); }},
        {"graph", [](const fs::path& path) { return wordsOf(readGraphFile(path)); }},
        {"labels", [](const fs::path& path) { return wordsOf(readLabels(path, {})); }},
        {"corpus",
            [&](const fs::path& path) {
                return wordsOf(corpusFromFile(path, **tokenizer, {}, {}));
            }},
        {"training settings",
            [](const fs::path& path) { return wordsOf(readLanguageModelTraining(path)); }},
    };
    const fs::path empty = bench.file("empty.json"), folder = bench.file("folder.json"),
                   missing = bench.file("missing.json");
    tests::writeAll(empty, "");
    fs::create_directory(folder);
    for (const auto& [name, read] : readers) {
        EXPECT_EQ(read(missing), fileProblem(missing, ENOENT).message) << name;
        EXPECT_EQ(read(folder), folderProblem(folder).message) << name;
        EXPECT_EQ(read(empty), emptyFileProblem(empty).message) << name;
    }
}

} // namespace
