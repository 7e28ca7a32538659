// Saving, opening and refusing model folders.
#include "core/files/atomic_write.h"
#include "core/files/json_file.h"
#include "core/model/resources.h"
#include "core/model/tensor_io.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>

using namespace core;

namespace {

namespace fs = std::filesystem;

class ModelFolder : public testing::Test {
protected:
    /// Saves a tiny model, changes its tensors and opens it again.
    template <typename Change> Error openChanged(Change change)
    {
        EXPECT_TRUE(tests::tinyModel()->save(m_folder));
        auto tensors = *loadTensors(m_folder / "model.safetensors");
        change(tensors);
        std::vector<std::pair<std::string, at::Tensor>> list(tensors.begin(), tensors.end());
        EXPECT_TRUE(saveTensors(m_folder / "model.safetensors", list));
        const auto model = Transformer::open(m_folder);
        return model ? Error{Error::Code::Internal, "opened without complaint"} : model.error();
    }

    const tests::TemporaryFolder m_temporary;
    const fs::path m_folder = m_temporary.path();
};

void expectMentions(const Error& error, Error::Code code, const std::vector<std::string>& words)
{
    EXPECT_EQ(error.code, code) << error.message;
    for (const std::string& word : words)
        EXPECT_NE(error.message.find(word), std::string::npos)
            << "`" << word << "` not in: " << error.message;
}

class RoundTrip : public ModelFolder,
                  public testing::WithParamInterface<std::pair<const char*, const char*>> { };

TEST_P(RoundTrip, OpensWhatWasSaved)
{
    const at::NoGradGuard noGrad;
    const auto [type, dtype] = GetParam();
    const auto model = tests::tinyModel(type);
    ASSERT_TRUE(model->save(m_folder, dtype));
    const auto opened = Transformer::open(m_folder);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->config().dtype, dtype);
    EXPECT_EQ((*opened)->config().d_head, model->config().d_head);

    const auto stored = dtype == std::string("float16") ? at::kHalf
        : dtype == std::string("bfloat16")              ? at::kBFloat16
                                                        : at::kFloat;
    const auto before = model->namedWeights();
    const auto after = (*opened)->namedWeights();
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        EXPECT_EQ(before[i].first, after[i].first);
        const bool isMatrix
            = before[i].second.dim() == 2 && !before[i].first.ends_with("wpe.weight");
        EXPECT_EQ(after[i].second.scalar_type(), isMatrix ? stored : at::kFloat) << before[i].first;
        EXPECT_TRUE(
            at::equal(before[i].second.to(stored).to(at::kFloat), after[i].second.to(at::kFloat)))
            << before[i].first;
    }
    // Saving what was opened gives the same bytes.
    const auto again = m_folder / "again";
    ASSERT_TRUE((*opened)->save(again, dtype));
    for (const char* name : {"model.safetensors", "config.json"}) {
        const auto bytes = [](const fs::path& path) {
            std::ifstream file(path, std::ios::binary);
            return std::string(std::istreambuf_iterator<char>(file), {});
        };
        EXPECT_EQ(bytes(m_folder / name), bytes(again / name)) << name;
    }
}

INSTANTIATE_TEST_SUITE_P(Types, RoundTrip,
    testing::Values(std::pair("gpt2", "float32"), std::pair("gpt2", "float16"),
        std::pair("llama", "float32"), std::pair("llama", "float16"),
        std::pair("llama", "bfloat16")),
    [](const auto& info) { return std::string(info.param.first) + "_" + info.param.second; });

TEST_F(ModelFolder, Float32WeightsAreViewsOfTheMap)
{
    ASSERT_TRUE(tests::tinyModel()->save(m_folder));
    const auto model = Transformer::open(m_folder);
    ASSERT_TRUE(model);
    // Two weights that follow each other in the file lie as far apart in memory.
    const auto file = SafetensorsFile::open(m_folder / "model.safetensors");
    const auto named = (*model)->namedWeights();
    const auto offsetInFile = [&](std::size_t i) {
        return (*file)->find(named[i].first)->bytes.data() - (*file)->file()->bytes().data();
    };
    const auto* first = static_cast<const std::byte*>(named[0].second.data_ptr());
    for (std::size_t i = 1; i < named.size(); ++i)
        EXPECT_EQ(static_cast<const std::byte*>(named[i].second.data_ptr()) - first,
            offsetInFile(i) - offsetInFile(0))
            << named[i].first;
}

std::int64_t statusBytes(const std::string& wanted)
{
    std::ifstream status("/proc/self/status");
    for (std::string field; status >> field;) {
        std::int64_t kibibytes = 0;
        if (field == wanted && status >> kibibytes)
            return kibibytes * 1024;
    }
    return -1;
}

/// Opening and a pass of many rows, which widens 16-bit and int8 weights piece by piece.
TEST_F(ModelFolder, MemoryPeaksNearWhatIsKept)
{
    const at::NoGradGuard noGrad;
    ModelConfig config = tests::tinyConfig();
    config.d_model = 512;
    config.d_head = 128;
    config.d_mlp = 8192;
    ASSERT_TRUE(Transformer::create(config, 1)->save(m_folder, "bfloat16"));
    for (const char* dtype : {"float32", "float16", "int8"}) {
        const auto precision = *Precision::parse("cpu", dtype);
        const MemoryNeed need = *memoryNeed(m_folder, config, precision);
        std::ofstream("/proc/self/clear_refs") << 5; // Starts the peak anew.
        const std::int64_t before = statusBytes("VmRSS:");
        const std::int64_t peakBefore = statusBytes("VmHWM:");
        if (before <= 0 || peakBefore > before + (4 << 20))
            GTEST_SKIP() << "the system does not let a process measure its own peak";
        const auto model = Transformer::open(m_folder, {}, {}, precision);
        ASSERT_TRUE(model) << model.error().message;
        ASSERT_TRUE((*model)->forward(tests::tinyIds(1, 20)));
        // A matrix that is converted is there in both forms; a panel of one takes a few MiB.
        constexpr std::int64_t kPieces = std::int64_t{20} << 20;
        EXPECT_LE(static_cast<double>(statusBytes("VmHWM:") - before),
            1.1 * static_cast<double>(need.mapped + need.converted) + kPieces)
            << dtype << ": " << (need.mapped >> 20) << " + " << (need.converted >> 20) << " MiB";
    }
}

/// What is kept for every precision; expectations are torch's own conversions.
TEST_F(ModelFolder, WeightsTakeTheFormAskedFor)
{
    const at::NoGradGuard noGrad;
    for (const char* stored : {"float32", "bfloat16"}) {
        const auto model = tests::tinyModel("gpt2");
        ASSERT_TRUE(model->save(m_folder, stored));
        const auto exact = *Transformer::open(m_folder);
        for (const auto& [dtype, type] :
            {std::pair{"float32", exact->weights().W_E.weight.scalar_type()},
                {"bfloat16", at::kBFloat16}, {"float16", at::kHalf}, {"int8", at::kChar}}) {
            const auto opened
                = Transformer::open(m_folder, {}, {}, *Precision::parse("cpu", dtype));
            ASSERT_TRUE(opened) << opened.error().message;
            const TransformerWeights& weights = (*opened)->weights();
            EXPECT_EQ((*opened)->precision().dtypeName(), dtype);
            EXPECT_EQ(weights.W_E.weight.scalar_type(), type) << stored << " as " << dtype;
            EXPECT_EQ(weights.blocks[1].mlp.down.weight.scalar_type(), type);
            EXPECT_EQ(weights.blocks[1].mlp.down.bias.scalar_type(), at::kFloat);
            EXPECT_EQ(weights.blocks[0].ln1.gain.scalar_type(), at::kFloat);
            EXPECT_EQ(weights.W_pos.scalar_type(), at::kFloat);
            const at::Tensor wide = exact->weights().blocks[0].mlp.up.matrix();
            const at::Tensor kept = weights.blocks[0].mlp.up.matrix();
            if (type == at::kChar)
                EXPECT_LE(
                    (kept - wide).abs().max().item<float>(), wide.abs().max().item<float>() / 253);
            else
                EXPECT_TRUE(at::equal(kept, wide.to(type).to(at::kFloat)));
        }
    }
}

TEST_F(ModelFolder, NumbersBeyondFloat16AreRefusedThere)
{
    const auto model = tests::tinyModel();
    const at::NoGradGuard noGrad;
    model->weights().blocks[1].mlp.up.weight.select(0, 3).fill_(7e4);
    ASSERT_TRUE(model->save(m_folder));
    const auto opened = Transformer::open(m_folder, {}, {}, *Precision::parse("cpu", "float16"));
    ASSERT_FALSE(opened);
    expectMentions(opened.error(), Error::Code::Unsupported,
        {"model.safetensors", "layers.1.mlp.up_proj.weight", "65504", "bfloat16"});
    EXPECT_TRUE(Transformer::open(m_folder, {}, {}, *Precision::parse("cpu", "bfloat16")));
}

TEST_F(ModelFolder, Int8ModelsAreCopiedAndSavedByTheirValues)
{
    const at::NoGradGuard noGrad;
    ASSERT_TRUE(tests::tinyModel()->save(m_folder));
    const auto rounded = *Transformer::open(m_folder, {}, {}, *Precision::parse("cpu", "int8"));
    const auto copy = rounded->copyTo();
    EXPECT_EQ(copy->weights().W_U.weight.scalar_type(), at::kFloat);
    EXPECT_TRUE(at::equal(copy->weights().W_U.weight, rounded->weights().W_U.values()));
    ASSERT_TRUE(rounded->save(m_folder / "again"));
    const at::Tensor ids = tests::tinyIds(1, 12);
    EXPECT_TRUE(
        at::equal(*(*Transformer::open(m_folder / "again"))->forward(ids), *copy->forward(ids)));
}

TEST_F(ModelFolder, ShardsAreReadThroughTheirIndex)
{
    const at::NoGradGuard noGrad;
    const auto model = tests::tinyModel();
    ASSERT_TRUE(model->save(m_folder));
    std::vector<std::pair<std::string, at::Tensor>> shards[2];
    nlohmann::json index{
        {"metadata", {{"total_size", 0}}}, {"weight_map", nlohmann::json::object()}};
    const auto names
        = std::array{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"};
    std::size_t next = 0;
    for (const auto& weight : model->namedWeights()) {
        index["weight_map"][weight.first] = names[next % 2];
        shards[next++ % 2].push_back(weight);
    }
    for (std::size_t i = 0; i < 2; ++i)
        ASSERT_TRUE(saveTensors(m_folder / names[i], shards[i]));
    ASSERT_TRUE(writeAtomically(m_folder / "model.safetensors.index.json", index.dump()));
    fs::remove(m_folder / "model.safetensors");
    const auto opened = Transformer::open(m_folder);
    ASSERT_TRUE(opened) << opened.error().message;
    const at::Tensor ids = tests::tinyIds(1, 5);
    EXPECT_TRUE(at::equal(*(*opened)->forward(ids), *model->forward(ids)));
}

TEST_F(ModelFolder, NamesOfTheHubWithoutPrefixAndOldBuffersAreRead)
{
    const at::NoGradGuard noGrad;
    const auto model = tests::tinyModel("gpt2");
    ASSERT_TRUE(model->save(m_folder));
    std::vector<std::pair<std::string, at::Tensor>> renamed{
        {"h.0.attn.bias", at::ones({1, 1, 32, 32})}};
    for (auto [name, weight] : model->namedWeights())
        renamed.emplace_back(name.substr(std::string("transformer.").size()), weight);
    ASSERT_TRUE(saveTensors(m_folder / "model.safetensors", renamed));
    const auto opened = Transformer::open(m_folder);
    ASSERT_TRUE(opened) << opened.error().message;
    const at::Tensor ids = tests::tinyIds(1, 5);
    EXPECT_TRUE(at::equal(*(*opened)->forward(ids), *model->forward(ids)));
}

TEST_F(ModelFolder, WithoutUnembeddingTheEmbeddingIsUsed)
{
    const auto error = openChanged([](auto& tensors) { tensors.erase("lm_head.weight"); });
    EXPECT_EQ(error.message, "opened without complaint");
    const auto model = *Transformer::open(m_folder);
    EXPECT_TRUE(model->config().isTied);
    EXPECT_TRUE(model->weights().W_U.weight.is_same(model->weights().W_E.weight));
}

TEST_F(ModelFolder, WrongShapeNamesFileTensorAndBothShapes)
{
    const auto error
        = openChanged([](auto& tensors) { tensors["model.norm.weight"] = at::ones({15}); });
    expectMentions(error, Error::Code::InvalidFile,
        {"model.safetensors", "model.norm.weight", "[15]", "[16]"});
}

TEST_F(ModelFolder, MissingTensorIsNamed)
{
    const auto error
        = openChanged([](auto& tensors) { tensors.erase("model.layers.1.mlp.up_proj.weight"); });
    expectMentions(error, Error::Code::InvalidFile,
        {"model.layers.1.mlp.up_proj.weight", "missing", "[40, 16]"});
}

TEST_F(ModelFolder, IntegersAreNoWeights)
{
    const auto error = openChanged([](auto& tensors) {
        tensors["model.layers.0.mlp.up_proj.weight"] = at::ones({40, 16}, at::kByte);
    });
    expectMentions(error, Error::Code::Unsupported, {"model.layers.0.mlp.up_proj.weight", "U8"});
}

/// Gives a tensor of bytes in a safetensors file another type of eight bits.
void renameType(const fs::path& path, const std::string& tensor, const std::string& type)
{
    std::string bytes;
    {
        std::ifstream file(path, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    std::uint64_t size = 0;
    std::memcpy(&size, bytes.data(), sizeof size);
    auto header = nlohmann::json::parse(bytes.substr(8, size));
    header[tensor]["dtype"] = type;
    const std::string text = header.dump();
    const std::uint64_t newSize = text.size();
    const std::string data = bytes.substr(8 + size);
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(&newSize), sizeof newSize);
    file << text << data;
}

TEST_F(ModelFolder, OtherElementTypesAreRefusedByTheirNames)
{
    const std::string name = "model.layers.0.mlp.up_proj.weight";
    for (const char* type : {"F8_E4M3", "F8_E5M2", "F8_E8M0"}) {
        // With scales beside it, too, the type is what is named.
        for (const bool hasScale : {false, true}) {
            openChanged([&](auto& tensors) {
                tensors[name] = at::ones({40, 16}, at::kByte);
                if (hasScale)
                    tensors[name + "_scale_inv"] = at::ones({1, 1});
            });
            renameType(m_folder / "model.safetensors", name, type);
            const auto model = Transformer::open(m_folder);
            ASSERT_FALSE(model) << type;
            expectMentions(model.error(), Error::Code::Unsupported,
                {"model.safetensors", name, type, "Quantised"});
        }
    }
    // Packed numbers have another shape as well.
    const auto packed = openChanged([&](auto& tensors) {
        tensors[name] = at::ones({40, 8}, at::kByte);
    });
    expectMentions(packed, Error::Code::Unsupported, {name, "U8", "Quantised"});
}

TEST_F(ModelFolder, ScalesBesideTheWeightsMeanThatTheyAreQuantised)
{
    const std::string layer = "model.layers.0.mlp.up_proj.";
    for (const std::string end :
        {"weight_scale", "weight_scale_inv", "input_scale", "scales", "weight.absmax", "SCB"}) {
        const auto error = openChanged([&](auto& tensors) {
            tensors[layer + end] = at::ones({40, 1});
        });
        expectMentions(
            error, Error::Code::Unsupported, {"model.safetensors", layer + end, "quantised"});
    }
    const auto gone = openChanged([&](auto& tensors) {
        tensors.erase(layer + "weight");
        tensors[layer + "qweight"] = at::ones({2, 40}, at::kLong);
    });
    expectMentions(gone, Error::Code::Unsupported, {layer + "qweight", "quantised"});
}

TEST_F(ModelFolder, NumbersThatAreNotFiniteAreRefusedByTensor)
{
    const std::array<float, 4> bad{std::nanf(""), -std::nanf(""), HUGE_VALF, -HUGE_VALF};
    for (const at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16}) {
        for (const char* name : {"model.embed_tokens.weight", "model.layers.1.mlp.up_proj.weight",
                 "model.norm.weight"}) {
            for (const float number : bad) {
                const auto error = openChanged([&](auto& tensors) {
                    for (auto& [key, tensor] : tensors)
                        tensor = tensor.to(type, false, true);
                    tensors[name].view(-1)[-1].fill_(number);
                });
                expectMentions(error, Error::Code::InvalidFile,
                    {"model.safetensors", std::string("`") + name, "NaN or infinite"});
            }
        }
        // The largest and the smallest numbers of a type are numbers.
        const auto error = openChanged([&](auto& tensors) {
            for (auto& [key, tensor] : tensors)
                tensor = tensor.to(type, false, true);
            at::Tensor flat = tensors["model.layers.1.mlp.up_proj.weight"].view(-1);
            const double most = type == at::kHalf ? 65504.0
                : type == at::kFloat              ? std::numeric_limits<float>::max()
                                                  : 3.38e38;
            flat[0].fill_(most);
            flat[1].fill_(-most);
            flat[2].fill_(1e-40);
        });
        EXPECT_EQ(error.message, "opened without complaint") << at::toString(type);
    }
}

TEST_F(ModelFolder, TruncatedAndAbsentFilesAreRefused)
{
    EXPECT_EQ(Transformer::open(m_folder).error().code, Error::Code::NotFound) << "no config";
    ASSERT_TRUE(tests::tinyModel()->save(m_folder));
    const auto weights = m_folder / "model.safetensors";
    for (const auto size : {fs::file_size(weights) - 1, fs::file_size(weights) / 2,
             std::uintmax_t{9}, std::uintmax_t{0}}) {
        fs::resize_file(weights, size);
        const auto model = Transformer::open(m_folder);
        ASSERT_FALSE(model) << size;
        expectMentions(model.error(), Error::Code::InvalidFile, {"model.safetensors"});
    }
    fs::remove(weights);
    EXPECT_EQ(Transformer::open(m_folder).error().code, Error::Code::NotFound);
}

TEST_F(ModelFolder, OpeningReportsProgressAndCanBeStopped)
{
    ASSERT_TRUE(tests::tinyModel()->save(m_folder));
    std::stop_source source;
    std::int64_t last = 0, total = 0;
    ASSERT_TRUE(Transformer::open(m_folder, [&](const Progress& p) {
        EXPECT_GT(p.done, last);
        last = p.done;
        total = p.total;
    }));
    EXPECT_EQ(last, total);
    const auto stopped = Transformer::open(
        m_folder, [&](const Progress&) { source.request_stop(); }, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
}

TEST_F(ModelFolder, UnknownSaveTypeAndUnwritableFolderAreRefused)
{
    const auto model = tests::tinyModel();
    expectMentions(model->save(m_folder, "int4").error(), Error::Code::Unsupported, {"int4"});
    std::ofstream(m_folder / "file") << "x";
    expectMentions(model->save(m_folder / "file" / "model").error(), Error::Code::Io, {"file"});
}

TEST(RealModel, Stories260KOpens)
{
    REQUIRE_SHARED_FIXTURE("stories260K");
    const at::NoGradGuard noGrad;
    const auto model = Transformer::open(tests::sharedFixture("stories260K"));
    ASSERT_TRUE(model) << model.error().message;
    // "Once upon a time" as the tokenizer cuts it; a trained model is far from the uniform ln 512
    // = 6.24.
    const auto logits
        = (*model)->forward(at::tensor({1, 403, 407, 261, 378}, at::kLong).unsqueeze(0));
    ASSERT_TRUE(logits);
    const at::Tensor logProbability = logits->log_softmax(-1)[0];
    const double loss
        = -(logProbability[1][407] + logProbability[2][261] + logProbability[3][378]).item<double>()
        / 3;
    EXPECT_LT(loss, 2.0);
}

} // namespace
