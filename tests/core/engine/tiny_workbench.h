#pragma once

#include "core/api/make_engine.h"
#include "core/dictionary/dictionary.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

#include <ATen/ATen.h>

namespace tests {

/// Asks under the request's own name and waits for the answer.
template <core::Request R>
core::Result<std::shared_ptr<const typename R::Answer>> ask(
    core::Engine& engine, R request, core::PartFn<R> onPart = {})
{
    return core::askAndWait(engine, std::string(R::kName), std::move(request), std::move(onPart));
}

/// A model folder, an SAE and a transcoder set on disk, as a person would have them: random
/// weights, a real tokenizer.
class TinyWorkbench {
public:
    TinyWorkbench()
    {
        namespace fs = std::filesystem;
        fs::create_directories(model());
        core::ModelConfig config = tinyConfig("llama");
        config.d_vocab = 320; // of the tokenizer
        config.n_ctx = 48;
        const auto transformer = core::Transformer::create(config, 3);
        check(transformer->save(model()));
        for (const char* file : {"tokenizer.json", "tokenizer_config.json"})
            fs::copy_file(testFixture("oracles/tokenizers/tiny-gpt2") / file, model() / file);

        fs::create_directories(sae());
        check(core::saveSaeLens(
            *dictionary(config, core::HookKind::ResidPost, core::HookKind::ResidPost, 0, 24), sae(),
            "float32"));
        core::Dictionaries layers;
        for (int layer = 0; layer < config.n_layers; ++layer)
            layers.push_back(
                dictionary(config, core::HookKind::MlpIn, core::HookKind::MlpOut, layer, 20));
        fs::create_directories(transcoders());
        check(core::saveTranscoderSet(layers, transcoders(), "float32", "tiny"));
    }

    std::filesystem::path model() const { return m_folder / "tiny"; }
    std::filesystem::path sae() const { return m_folder.path() / "saes" / "layer_0"; }
    std::filesystem::path transcoders() const { return m_folder.path() / "plt"; }
    std::filesystem::path file(const std::string& name) const { return m_folder / name; }

    std::unique_ptr<core::Engine> startEngine() const
    {
        core::Engine::Options options;
        options.resources = m_folder.path().string();
        options.dataFolder = (m_folder / "data").string();
        options.threads = 1;
        return core::makeEngine(options);
    }

private:
    static void check(const core::Result<void>& done)
    {
        if (!done)
            throw std::runtime_error(done.error().message);
    }

    static std::shared_ptr<const core::Dictionary> dictionary(
        const core::ModelConfig& model, core::HookKind in, core::HookKind out, int layer, int d_sae)
    {
        at::manual_seed(static_cast<std::uint64_t>(layer) + 7);
        core::DictionaryConfig config;
        config.name = "layer_" + std::to_string(layer);
        config.isTranscoder = in != out;
        config.architecture = config.isTranscoder ? "jumprelu_transcoder" : "jumprelu";
        config.d_in = config.d_out = model.d_model;
        config.d_sae = d_sae;
        config.hookIn = {in, core::Layer(layer)};
        config.hookOut = {out, core::Layer(layer)};
        config.activation = core::FeatureActivation::JumpRelu;
        config.applyBDecToInput = !config.isTranscoder;
        config.baseModel = "tiny";
        core::Dictionary::Weights weights;
        weights.W_enc = at::randn({d_sae, model.d_model}) * 0.5;
        weights.b_enc = at::zeros({d_sae});
        weights.W_dec = at::randn({d_sae, model.d_model}) * 0.3;
        weights.b_dec = at::zeros({model.d_model});
        weights.threshold = at::full({d_sae}, 0.05);
        auto created = core::Dictionary::create(config, weights);
        if (!created)
            throw std::runtime_error(created.error().message);
        return *created;
    }

    TemporaryFolder m_folder;
};

} // namespace tests
