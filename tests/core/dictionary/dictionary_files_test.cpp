#include "core/dictionary/dictionary.h"
#include "core/dictionary/plain_yaml.h"
#include "tests/core/dictionary/random_dictionary.h"
#include "tests/core/dictionary/scratch_folder.h"
#include "tests/support/fixtures.h"

using namespace core;
using tests::largestDifference;

namespace {

struct Hostile {
    const char* what;
    const char* from; ///< In cfg.json.
    const char* to;
    const char* message; ///< Must be part of the error.
};

DictionaryConfig transcoderConfig(int layer, FeatureActivation activation)
{
    DictionaryConfig config = tests::saeConfig();
    config.name = "set/layer";
    config.isTranscoder = true;
    config.reluAfterGate = false;
    config.applyBDecToInput = false;
    config.activation = activation;
    config.k = activation == FeatureActivation::TopK ? 4 : 0;
    config.d_out = 10;
    config.hookIn = {HookKind::ResidMid, Layer(layer)};
    config.hookOut = {HookKind::MlpOut, Layer(layer)};
    return config;
}

} // namespace

TEST(SaeLensFile, SaveThenOpenIsTheSame)
{
    const tests::ScratchFolder scratch;
    for (const FeatureActivation activation :
        {FeatureActivation::Relu, FeatureActivation::JumpRelu, FeatureActivation::TopK})
        for (const bool isTranscoder : {false, true}) {
            if (isTranscoder && activation == FeatureActivation::TopK)
                continue;
            DictionaryConfig config
                = isTranscoder ? transcoderConfig(0, activation) : tests::saeConfig();
            config.activation = activation;
            config.k = 4;
            config.reluAfterGate = true;
            config.rescaleByDecoderNorm = activation == FeatureActivation::TopK;
            const auto saved = tests::randomDictionary(config, 3, isTranscoder);
            auto result = saveSaeLens(*saved, scratch.path() / "saes/one", "float32");
            ASSERT_TRUE(result) << result.error().message;
            auto opened = openDictionaries(scratch.path() / "saes/one");
            ASSERT_TRUE(opened) << opened.error().message;
            const at::Tensor x = at::randn({5, 12});
            EXPECT_TRUE(at::equal(opened->front()->W_enc(), saved->W_enc()));
            EXPECT_LE(
                largestDifference(opened->front()->reconstruct(x), saved->reconstruct(x)), 1e-6);
            EXPECT_EQ(opened->front()->config().hookOut, config.hookOut);
            EXPECT_EQ(opened->front()->config().baseModel, "tiny");
        }
}

TEST(SaeLensFile, SixteenBitFilesRoundOnce)
{
    const tests::ScratchFolder scratch;
    const auto sae = tests::randomDictionary(tests::saeConfig());
    for (const auto& [dtype, type] :
        {std::pair{"float16", at::kHalf}, std::pair{"bfloat16", at::kBFloat16}}) {
        const auto folder = scratch.path() / dtype;
        ASSERT_TRUE(saveSaeLens(*sae, folder, dtype));
        auto opened = openDictionaries(folder);
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_EQ(opened->front()->config().dtype, dtype);
        EXPECT_TRUE(at::equal(opened->front()->W_dec(), sae->W_dec().to(type).to(at::kFloat)));
    }
    auto refused = saveSaeLens(*sae, scratch.path() / "int8", "int8");
    ASSERT_FALSE(refused);
    EXPECT_FALSE(std::filesystem::exists(scratch.path() / "int8"));
}

TEST(TranscoderSetFile, SaveThenOpenIsTheSame)
{
    const tests::ScratchFolder scratch;
    for (const FeatureActivation activation :
        {FeatureActivation::Relu, FeatureActivation::JumpRelu, FeatureActivation::TopK}) {
        Dictionaries set;
        for (int layer = 0; layer < 3; ++layer)
            set.push_back(
                tests::randomDictionary(transcoderConfig(layer, activation), 10u + layer, true));
        auto saved = saveTranscoderSet(set, scratch.path() / "plt", "float32", "tiny model");
        ASSERT_TRUE(saved) << saved.error().message;
        auto opened = openDictionaries(scratch.path());
        ASSERT_TRUE(opened) << opened.error().message;
        ASSERT_EQ(opened->size(), 3u);
        const at::Tensor x = at::randn({5, 12});
        for (std::size_t layer = 0; layer < 3; ++layer) {
            EXPECT_EQ(opened->at(layer)->config().name, "plt/layer_" + std::to_string(layer));
            EXPECT_EQ(opened->at(layer)->config().hookIn, set[layer]->config().hookIn);
            EXPECT_EQ(opened->at(layer)->config().baseModel, "tiny model");
            EXPECT_LE(
                largestDifference(opened->at(layer)->reconstruct(x), set[layer]->reconstruct(x)),
                1e-6);
        }
    }
}

TEST(TranscoderSetFile, JumpReluWithReluKeepsItsMeaning)
{
    DictionaryConfig config = transcoderConfig(0, FeatureActivation::JumpRelu);
    config.reluAfterGate = true;
    auto weights = tests::randomWeights(config, 4);
    weights.threshold
        = at::full({40}, -0.3f); // with a ReLU behind it: the same as a threshold of zero
    auto dictionary = Dictionary::create(config, weights);
    ASSERT_TRUE(dictionary);
    const tests::ScratchFolder scratch;
    ASSERT_TRUE(saveTranscoderSet({*dictionary}, scratch.path(), "float32", "tiny"));
    auto opened = openDictionaries(scratch.path());
    ASSERT_TRUE(opened) << opened.error().message;
    const at::Tensor x = at::randn({20, 12});
    EXPECT_TRUE(
        at::equal(opened->front()->encode(x).feature_acts, (*dictionary)->encode(x).feature_acts));
}

TEST(SaeLensFile, HostileConfigurationsAreNamed)
{
    const Hostile cases[] = {
        {"field missing", "\"d_in\"", "\"d_inn\"", "d_in"},
        {"wrong width", "\"d_in\": 48", "\"d_in\": 47", "shape [48, 192]"},
        {"negative", "\"d_sae\": 192", "\"d_sae\": -192", "d_sae"},
        {"too big for memory", "\"d_sae\": 192", "\"d_sae\": 99999999999999", "d_sae"},
        {"text for a number", "\"d_sae\": 192", "\"d_sae\": \"many\"", "d_sae"},
        {"unknown architecture", "\"architecture\": \"jumprelu\"", "\"architecture\": \"temporal\"",
            "temporal"},
        {"k missing", "\"architecture\": \"jumprelu\"", "\"architecture\": \"topk\"", "`k`"},
        {"gated without its vectors", "\"architecture\": \"jumprelu\"",
            "\"architecture\": \"gated\"", "`b_mag`"},
        {"pursuit", "\"architecture\": \"jumprelu\"", "\"architecture\": \"matching_pursuit\"",
            "matching_pursuit"},
        {"unknown normalisation", "\"normalize_activations\": \"none\"",
            "\"normalize_activations\": \"zscore\"", "zscore"},
        {"unknown hook", "blocks.1.hook_resid_pre", "blocks.1.hook_attic", "hook_attic"},
        {"one head", "\"hook_head_index\": null", "\"hook_head_index\": 3", "hook_head_index"},
        {"unknown reshape", "\"reshape_activations\": \"none\"",
            "\"reshape_activations\": \"cube\"", "cube"},
        {"no json", "{", "<", "cfg.json"},
    };
    for (const Hostile& hostile : cases) {
        const tests::ScratchFolder scratch;
        std::filesystem::copy(tests::testFixture("oracles/saes/jumprelu"), scratch.path() / "x",
            std::filesystem::copy_options::recursive);
        const auto cfg = scratch.path() / "x/cfg.json";
        ASSERT_NE(tests::readText(cfg).find(hostile.from), std::string::npos) << hostile.what;
        tests::replaceInFile(cfg, hostile.from, hostile.to);
        auto opened = openDictionaries(scratch.path() / "x");
        ASSERT_FALSE(opened) << hostile.what;
        EXPECT_NE(opened.error().message.find(hostile.message), std::string::npos)
            << hostile.what << ": " << opened.error().message;
        EXPECT_NE(opened.error().message.find(scratch.path().string()), std::string::npos)
            << opened.error().message;
    }
}

TEST(SaeLensFile, DamagedWeightsAreRefused)
{
    const std::string whole
        = tests::readText(tests::testFixture("oracles/saes/jumprelu/sae_weights.safetensors"));
    const tests::ScratchFolder scratch;
    std::filesystem::copy(tests::testFixture("oracles/saes/jumprelu"), scratch.path(),
        std::filesystem::copy_options::recursive);
    const auto file = scratch.path() / "sae_weights.safetensors";
    for (const std::size_t size :
        {std::size_t{0}, std::size_t{7}, std::size_t{100}, whole.size() / 2, whole.size() - 1}) {
        tests::writeText(file, whole.substr(0, size));
        auto opened = openDictionaries(scratch.path());
        ASSERT_FALSE(opened) << size;
        EXPECT_NE(opened.error().message.find("sae_weights.safetensors"), std::string::npos)
            << opened.error().message;
    }
    std::string renamed = whole;
    renamed.replace(renamed.find("\"threshold\""), 11, "\"thresh0ld\"");
    tests::writeText(file, renamed);
    auto opened = openDictionaries(scratch.path());
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("`threshold` is missing"), std::string::npos)
        << opened.error().message;
    std::filesystem::remove(file);
    EXPECT_FALSE(openDictionaries(scratch.path()));
}

TEST(TranscoderSetFile, HostileSetsAreNamed)
{
    const tests::ScratchFolder scratch;
    Dictionaries set;
    for (int layer = 0; layer < 2; ++layer)
        set.push_back(
            tests::randomDictionary(transcoderConfig(layer, FeatureActivation::Relu), 20u + layer));
    const auto refusal = [&](const char* from, const char* to) {
        EXPECT_TRUE(saveTranscoderSet(set, scratch.path(), "float32", "tiny"));
        const auto config = scratch.path() / "config.yaml";
        EXPECT_NE(tests::readText(config).find(from), std::string::npos) << from;
        tests::replaceInFile(config, from, to);
        auto opened = openDictionaries(scratch.path());
        EXPECT_FALSE(opened) << to;
        return opened ? std::string{} : opened.error().message;
    };
    const auto expect = [&](const char* from, const char* to, const char* part) {
        const std::string message = refusal(from, to);
        EXPECT_NE(message.find(part), std::string::npos) << message;
    };
    expect("transcoder_set", "cross_layer_transcoder", "W_enc_0.safetensors");
    expect("transcoder_set", "lorsa", "lorsa");
    expect("feature_input_hook: hook_resid_mid", "", "feature_input_hook");
    expect("hook_resid_mid", "hook_nowhere", "hook_nowhere");
    expect("layer_1.safetensors", "layer_7.safetensors", "layer_7.safetensors");
    expect("layer_1.safetensors", "../layer_1.safetensors", "outside");
    expect("layer_1.safetensors", "/etc/passwd", "outside");
    expect("layer_1.safetensors", "hf://org/repo/deep/layer_1.safetensors", "network");
    expect("layer_1.safetensors", "hf://org/repo/../../../layer_1.safetensors", "outside");
    expect("layer_1.safetensors", "hf://org", "hf://owner/repository/path");
    expect("layer_1.safetensors", "https://host/layer_1.safetensors", "network");
    expect("layer_1.safetensors", "params.npz", "params.npz");
    expect("activation: relu", "activation: swish", "swish");
    expect("activation: relu", "activation: topk", "`k`");
    expect("activation: relu", "activation: {a: b}", "line 5");
    expect("activation: relu", "model_kind: transcoder_set", "second time");

    set[1] = tests::randomDictionary([] {
        DictionaryConfig config = transcoderConfig(1, FeatureActivation::Relu);
        config.d_sae = 41;
        return config;
    }());
    EXPECT_FALSE(saveTranscoderSet(set, scratch.path() / "uneven", "float32", "tiny"));
    EXPECT_FALSE(saveTranscoderSet(
        {tests::randomDictionary(tests::saeConfig())}, scratch.path() / "sae", "float32", "tiny"));
    EXPECT_FALSE(saveTranscoderSet({}, scratch.path() / "none", "float32", "tiny"));
}

TEST(TranscoderSetFile, NumberedFilesNeedNoListButNoGap)
{
    const tests::ScratchFolder scratch;
    Dictionaries set;
    for (int layer = 0; layer < 3; ++layer)
        set.push_back(
            tests::randomDictionary(transcoderConfig(layer, FeatureActivation::Relu), 30u + layer));
    ASSERT_TRUE(saveTranscoderSet(set, scratch.path(), "float32", "tiny"));
    const std::string text = tests::readText(scratch.path() / "config.yaml");
    tests::writeText(scratch.path() / "config.yaml", text.substr(0, text.find("transcoders:")));
    auto opened = openDictionaries(scratch.path());
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->size(), 3u);
    std::filesystem::remove(scratch.path() / "layer_1.safetensors");
    opened = openDictionaries(scratch.path());
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("layer_1.safetensors"), std::string::npos)
        << opened.error().message;
}

TEST(OpenDictionaries, SortsByLayerAndSaysWhatIsMissing)
{
    const tests::ScratchFolder scratch;
    for (const int layer : {10, 2, 0}) {
        DictionaryConfig config = tests::saeConfig();
        config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(layer)};
        const auto folder = scratch.path() / "all/saes" / ("layer_" + std::to_string(layer));
        ASSERT_TRUE(saveSaeLens(*tests::randomDictionary(config), folder, "float32"));
    }
    auto opened = openDictionaries(scratch.path() / "all/");
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_EQ(opened->size(), 3u);
    EXPECT_EQ(opened->at(0)->config().name, "saes/layer_0");
    EXPECT_EQ(opened->at(1)->config().name, "saes/layer_2");
    EXPECT_EQ(opened->at(2)->config().name, "saes/layer_10");

    std::filesystem::create_directories(scratch.path() / "empty");
    auto none = openDictionaries(scratch.path() / "empty");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Error::Code::NotFound);
    EXPECT_NE(none.error().message.find("cfg.json"), std::string::npos);
    EXPECT_FALSE(openDictionaries(scratch.path() / "absent"));
}

TEST(PlainYaml, ReadsScalarsAndLists)
{
    auto yaml = PlainYaml::parse("# made by hand\nname: \"a b\" # why\nempty:\nhooks: "
                                 "'x.y'\nlist:\n- one\n  - \"two\"\nk: 4\n",
        "config.yaml");
    ASSERT_TRUE(yaml) << yaml.error().message;
    EXPECT_EQ(yaml->scalars.at("name"), "a b");
    EXPECT_EQ(yaml->scalars.at("hooks"), "x.y");
    EXPECT_EQ(yaml->scalars.at("k"), "4");
    EXPECT_FALSE(yaml->scalars.contains("empty"));
    EXPECT_EQ(yaml->lists.at("list"), (std::vector<std::string>{"one", "two"}));
    // The records of 2025.
    yaml = PlainYaml::parse("t:\n- id: x\n  layer: 0\n- id: \"y: z\"\n  layer: 1\nlast: 2\n", "c");
    ASSERT_TRUE(yaml) << yaml.error().message;
    EXPECT_EQ(yaml->records.at("t"),
        (std::vector<PlainYaml::Record>{
            {{"id", "x"}, {"layer", "0"}}, {{"id", "y: z"}, {"layer", "1"}}}));
    EXPECT_EQ(yaml->scalars.at("last"), "2");
    for (const char* bad : {"- orphan", "a: [1, 2]", "a: \"open", "a:\n  b: c", "just text",
             "a:\n- one\n- id: x", "a:\n- id: x\n- one", "a:\n- id: x\n  id: y", ": x", "a: b: c"})
        EXPECT_FALSE(PlainYaml::parse(bad, "config.yaml")) << bad;
}
