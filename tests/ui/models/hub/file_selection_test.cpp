#include "ui/models/hub/file_selection.h"
#include "ui/models/hub/transfer_rate.h"

#include <algorithm>

#include <QElapsedTimer>

#include <gmock/gmock.h>

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ui::HubKind;

std::vector<ui::HubFile> files(std::initializer_list<const char*> names)
{
    std::vector<ui::HubFile> result;
    for (const char* name : names)
        result.push_back({QLatin1String(name), 1});
    std::sort(result.begin(), result.end(),
        [](const ui::HubFile& a, const ui::HubFile& b) { return a.path < b.path; });
    return result;
}

std::vector<std::string> named(const std::vector<ui::HubFile>& all, const std::vector<bool>& chosen)
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (chosen[i])
            names.push_back(all[i].path.toStdString());
    }
    return names;
}

std::vector<std::string> chosen(
    const std::vector<ui::HubFile>& all, HubKind kind, const char* patterns = "")
{
    return named(all, ui::preselect(all, kind, QLatin1String(patterns)));
}

TEST(FileSelectionTest, OfAModelWithEveryFormatTheSafetensorsComeOnce)
{
    // The files of openai-community/gpt2.
    const auto all = files({".gitattributes", "64-8bits.tflite", "64.tflite", "README.md",
        "config.json", "flax_model.msgpack", "generation_config.json", "merges.txt",
        "model.safetensors", "onnx/config.json", "onnx/decoder_model.onnx", "onnx/tokenizer.json",
        "pytorch_model.bin", "rust_model.ot", "tf_model.h5", "tokenizer.json",
        "tokenizer_config.json", "vocab.json"});
    EXPECT_THAT(chosen(all, HubKind::Model),
        ElementsAre("config.json", "generation_config.json", "merges.txt", "model.safetensors",
            "tokenizer.json", "tokenizer_config.json", "vocab.json"));
}

TEST(FileSelectionTest, ShardsComeWithTheirIndexAndOriginalsStay)
{
    const auto all = files({"config.json", "consolidated.safetensors",
        "model.safetensors.index.json", "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors", "original/consolidated.00.pth", "original/params.json",
        "original/tokenizer.model", "pytorch_model-00001-of-00002.bin",
        "pytorch_model-00002-of-00002.bin", "pytorch_model.bin.index.json",
        "special_tokens_map.json", "tokenizer.model", "model-q4.gguf", "chat_template.jinja"});
    EXPECT_THAT(chosen(all, HubKind::Model),
        ElementsAre("chat_template.jinja", "config.json", "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors", "model.safetensors.index.json",
            "special_tokens_map.json", "tokenizer.model"));
}

TEST(FileSelectionTest, PicklesComeOnlyWhereNothingElseIs)
{
    EXPECT_THAT(
        chosen(files({"config.json", "pytorch_model.bin", "training_args.bin"}), HubKind::Model),
        ElementsAre("config.json", "pytorch_model.bin"));
    EXPECT_THAT(chosen(files({"config.json", "pytorch_model.bin.index.json",
                           "pytorch_model-00001-of-00001.bin", "optimizer.pt"}),
                    HubKind::Model),
        ElementsAre(
            "config.json", "pytorch_model-00001-of-00001.bin", "pytorch_model.bin.index.json"));
}

TEST(FileSelectionTest, OfSeveralModelsNoneIsGuessed)
{
    const auto all = files({"small/config.json", "small/model.safetensors", "big/config.json",
        "big/model.safetensors", "README.md"});
    EXPECT_THAT(chosen(all, HubKind::Model), IsEmpty());
    EXPECT_THAT(chosen(all, HubKind::Model, "big"),
        ElementsAre("big/config.json", "big/model.safetensors"));
}

TEST(FileSelectionTest, OfManyDictionariesNoneIsGuessedAndAPatternSaysWhich)
{
    const auto all = files({"README.md", "layer_1/width_16k/average_l0_9/params.npz",
        "layer_12/width_16k/average_l0_22/params.npz",
        "layer_12/width_16k/average_l0_82/params.npz",
        "layer_12/width_65k/average_l0_21/params.npz"});
    EXPECT_THAT(chosen(all, HubKind::Dictionary), IsEmpty());
    EXPECT_EQ(ui::weightFolders(all), 4);
    EXPECT_THAT(chosen(all, HubKind::Dictionary, "layer_12/width_16k"),
        ElementsAre("layer_12/width_16k/average_l0_22/params.npz",
            "layer_12/width_16k/average_l0_82/params.npz"));
    EXPECT_THAT(chosen(all, HubKind::Dictionary, "layer_1"),
        ElementsAre("layer_1/width_16k/average_l0_9/params.npz"));
    EXPECT_THAT(chosen(all, HubKind::Dictionary, "average_l0_9, average_l0_21"),
        ElementsAre("layer_1/width_16k/average_l0_9/params.npz",
            "layer_12/width_65k/average_l0_21/params.npz"));
}

TEST(FileSelectionTest, ADictionaryComesWithItsConfigurationAlsoFromAbove)
{
    EXPECT_THAT(chosen(files({"README.md", "config.yaml", "layer_0.safetensors",
                           "layer_1.safetensors", "features/0.json"}),
                    HubKind::Dictionary),
        ElementsAre("config.yaml", "layer_0.safetensors", "layer_1.safetensors"));
    const auto scope = files({"L0R-8x/hyperparams.json", "L0R-8x/checkpoints/final.safetensors",
        "L1R-8x/hyperparams.json", "L1R-8x/checkpoints/final.safetensors"});
    EXPECT_THAT(chosen(scope, HubKind::Dictionary, "L1R-8x/checkpoints"),
        ElementsAre("L1R-8x/checkpoints/final.safetensors", "L1R-8x/hyperparams.json"));
    EXPECT_THAT(chosen(files({"blocks.8.hook_resid_pre/cfg.json",
                           "blocks.8.hook_resid_pre/sae_weights.safetensors",
                           "blocks.8.hook_resid_pre/sae_weights.pt",
                           "blocks.8.hook_resid_pre/sparsity.safetensors", "plots/a.png"}),
                    HubKind::Dictionary),
        ElementsAre("blocks.8.hook_resid_pre/cfg.json",
            "blocks.8.hook_resid_pre/sae_weights.safetensors",
            "blocks.8.hook_resid_pre/sparsity.safetensors"));
    EXPECT_THAT(chosen(files({"trainer_0/ae.pt", "trainer_0/config.json", "trainer_0/eval.html"}),
                    HubKind::Dictionary),
        ElementsAre("trainer_0/ae.pt", "trainer_0/config.json"));
}

TEST(FileSelectionTest, PatternsMeanFoldersFilesAndWildcards)
{
    const struct {
        const char *patterns, *path;
        bool isMeant;
    } cases[]{
        {"", "anything", true},
        {" , ", "anything", true},
        {"layer_1", "layer_1/a", true},
        {"layer_1", "x/layer_1/a", true},
        {"layer_1", "layer_12/a", false},
        {"layer_1/", "layer_1/a", true},
        {"layer_1?", "layer_12/a", true},
        {"*.json", "a/b.json", true},
        {"*.json", "a/b.jsonl", false},
        {"a/*/c", "a/b/c", true},
        {"a/*/c", "a/b/b/c", false},
        {"a/**/c", "a/b/b/c", true},
        {"a.b", "axb", false},
        {"(", "a", false},
        {"x,y", "q/y", true},
    };
    for (const auto& one : cases)
        EXPECT_EQ(ui::matches(QLatin1String(one.patterns), QLatin1String(one.path)), one.isMeant)
            << one.patterns << " on " << one.path;
}

TEST(FileSelectionTest, ARepositoryOfManyFilesIsNarrowedWhileTyping)
{
    std::vector<ui::HubFile> all;
    for (int i = 0; i < 50'000; ++i)
        all.push_back({QStringLiteral("layer_%1/width_16k/average_l0_%2/params.npz")
                           .arg(i % 26, 2, 10, QLatin1Char('0'))
                           .arg(i),
            1});
    QElapsedTimer timer;
    timer.start();
    const auto names = chosen(all, HubKind::Dictionary, "layer_07 average_l0_12345");
    EXPECT_LT(timer.elapsed(), 3000) << "some 150 ms on an idle machine";
    EXPECT_EQ(names.size(), 1924u) << "1,923 of layer 7 and one of layer 21";
}

TEST(FileSelectionTest, TheFolderToOpenHoldsWhatCame)
{
    EXPECT_EQ(ui::folderToOpen(files({"config.json", "a/b.json"}), HubKind::Model), QString());
    EXPECT_EQ(ui::folderToOpen(files({"m/config.json", "m/tokenizer.json"}), HubKind::Model),
        QStringLiteral("m"));
    EXPECT_EQ(ui::folderToOpen(files({"a/b/1/w", "a/b/2/w"}), HubKind::Dictionary),
        QStringLiteral("a/b"));
    EXPECT_EQ(ui::folderToOpen(files({"ab/w", "a/w"}), HubKind::Dictionary), QString());
    EXPECT_EQ(ui::folderToOpen(files({"a/cfg.json", "a/checkpoints/w"}), HubKind::Dictionary),
        QStringLiteral("a"));
    EXPECT_EQ(ui::folderToOpen({}, HubKind::Dictionary), QString());
}

TEST(TransferRateTest, SpeedIsOfTheLastSecondsAndTheRestFollowsFromIt)
{
    using std::chrono::milliseconds;
    ui::TransferRate rate;
    EXPECT_EQ(rate.perSecond(), 0.0);
    EXPECT_FALSE(rate.remaining(100));
    rate.add(milliseconds(0), 0);
    rate.add(milliseconds(1000), 1'000'000);
    EXPECT_DOUBLE_EQ(rate.perSecond(), 1e6);
    EXPECT_EQ(rate.remaining(2'500'000), std::chrono::seconds(3));
    for (int second = 2; second <= 20; ++second)
        rate.add(milliseconds(1000 * second), 1'000'000 + (second - 1) * 500'000);
    EXPECT_DOUBLE_EQ(rate.perSecond(), 5e5) << "the fast start is long ago";
    for (int second = 21; second <= 40; ++second)
        rate.add(milliseconds(1000 * second), 10'500'000);
    EXPECT_FALSE(rate.remaining(1)) << "nothing comes any more";
}

} // namespace
