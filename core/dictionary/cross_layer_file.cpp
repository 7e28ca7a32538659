#include "core/dictionary/transcoder_set_file.h"

#include "core/dictionary/dictionary_file.h"
#include "core/dictionary/place.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

/// Where the tensors of one layer lie: in circuit-tracer's pair of files, or in Gemma Scope 2's
/// one.
struct LayerFiles {
    std::filesystem::path encoder, decoder;
    bool isGemmaScope = false;
};

Result<std::vector<LayerFiles>> findFiles(const std::filesystem::path& folder)
{
    auto pairs = numberedFiles(folder, "W_enc_", ".safetensors");
    if (!pairs)
        return fail(pairs.error());
    std::vector<LayerFiles> files;
    std::error_code error;
    for (std::size_t layer = 0; layer < pairs->size(); ++layer) {
        const std::filesystem::path& encoder = pairs->at(layer);
        files.push_back(
            {encoder, encoder.parent_path() / fmt::format("W_dec_{}.safetensors", layer), false});
        if (!std::filesystem::exists(files.back().decoder, error))
            return fail(Error::Code::NotFound,
                fmt::format("{}: is missing. A cross-layer transcoder needs an encoder and a "
                            "decoder file for every layer.",
                    files.back().decoder.string()));
    }
    if (!files.empty())
        return files;
    auto whole = numberedFiles(folder, "params_layer_", ".safetensors");
    if (!whole)
        return fail(whole.error());
    for (const std::filesystem::path& file : *whole)
        files.push_back({file, file, true});
    if (files.empty())
        return fail(Error::Code::NotFound,
            fmt::format("{}: config.yaml speaks of a cross-layer transcoder, but there is no "
                        "W_enc_0.safetensors and no params_layer_0.safetensors beside it.",
                folder.string()));
    return files;
}

class LayerReader {
public:
    LayerReader(const LayerFiles& files, int layer, int n_layers)
        : m_files(files)
        , m_layer(layer)
        , m_written(n_layers - layer)
    {
    }

    Result<Dictionary::Weights> read(DictionaryConfig& config)
    {
        auto encoder = WeightReader::open(m_files.encoder, "the matrix of the encoder");
        if (!encoder)
            return fail(encoder.error());
        auto decoder = m_files.isGemmaScope
            ? encoder
            : WeightReader::open(m_files.decoder, "the encoder and the number of layers");
        if (!decoder)
            return fail(decoder.error());
        const bool isColumns = m_files.isGemmaScope;
        const MatrixSize size = encoder->matrixSize(name("W_enc", "w_enc"));
        config.d_sae = isColumns ? size.columns : size.rows;
        config.d_in = isColumns ? size.rows : size.columns;
        const std::vector<std::int64_t> biasShape = encoder->shape(name("b_dec", "b_dec"));
        config.d_out = biasShape.size() == 1 && biasShape[0] > 0 && biasShape[0] <= kLargest
            ? static_cast<int>(biasShape[0])
            : config.d_in;
        config.isCrossLayer = true;
        config.layersWritten = m_written;
        config.dtype = decoder->dtype(name("W_dec", "w_dec"));

        Dictionary::Weights weights;
        weights.W_enc = encoder->stored(name("W_enc", "w_enc"), {size.rows, size.columns});
        weights.b_enc = encoder->read(name("b_enc", "b_enc"), {config.d_sae});
        weights.b_dec = encoder->read(name("b_dec", "b_dec"), {config.d_out});
        const std::string threshold = name("threshold", "threshold");
        if (encoder->has(threshold)) {
            config.activation = FeatureActivation::JumpRelu;
            weights.threshold = encoder->read(threshold, {config.d_sae});
        }
        // Gemma Scope 2 keeps a slot for every layer, also for those before its own.
        const std::int64_t slots = isColumns ? m_layer + m_written : m_written;
        weights.W_dec
            = decoder->stored(name("W_dec", "w_dec"), {config.d_sae, slots, config.d_out});
        constexpr const char* kSkip = "affine_skip_connection";
        const bool hasSkip = isColumns && encoder->has(kSkip);
        if (hasSkip)
            weights.W_skip = encoder->read(kSkip, {config.d_in, config.d_out});
        for (const auto& reader : {&*encoder, &*decoder})
            if (auto checked = reader->check(); !checked)
                return fail(checked.error());
        if (isColumns) {
            weights.W_enc = weights.W_enc.t();
            weights.W_dec = weights.W_dec.narrow(1, m_layer, m_written);
            if (hasSkip)
                weights.W_skip = weights.W_skip.t();
        }
        config.architecture
            = std::string(config.activation == FeatureActivation::JumpRelu ? "jumprelu_" : "")
            + (hasSkip ? "skip_cross_layer_transcoder" : "cross_layer_transcoder");
        return weights;
    }

private:
    static constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();

    std::string name(const char* pairs, const char* gemmaScope) const
    {
        return m_files.isGemmaScope ? gemmaScope : fmt::format("{}_{}", pairs, m_layer);
    }

    const LayerFiles& m_files;
    int m_layer, m_written;
};

} // namespace

Result<Dictionaries> openCrossLayerSet(const TranscoderSetConfig& set)
{
    const auto files = findFiles(set.folder);
    if (!files)
        return fail(files.error());
    Dictionaries layers;
    const int n_layers = static_cast<int>(files->size());
    for (int layer = 0; layer < n_layers; ++layer) {
        const LayerFiles& layerFiles = files->at(static_cast<std::size_t>(layer));
        DictionaryConfig config;
        config.name = dictionaryName(set.folder / fmt::format("layer_{}", layer));
        config.path = layerFiles.encoder;
        config.format = layerFiles.isGemmaScope ? "Gemma Scope 2" : "circuit-tracer";
        config.facts.prependBos = set.prependBos;
        config.isTranscoder = true;
        config.applyBDecToInput = false;
        config.reluAfterGate = false;
        config.baseModel = set.modelName;
        config.warnings = set.warnings;
        auto weights = LayerReader(layerFiles, layer, n_layers).read(config);
        if (!weights)
            return fail(weights.error());
        if (!layers.empty()
            && (config.d_in != layers.front()->config().d_in
                || config.d_out != layers.front()->config().d_out))
            return fail(Error::Code::InvalidFile,
                fmt::format("{}: reads {} and writes {} numbers, layer 0 reads {} and writes {}. "
                            "The layers of a cross-layer transcoder belong to one model.",
                    layerFiles.encoder.string(), config.d_in, config.d_out,
                    layers.front()->config().d_in, layers.front()->config().d_out));
        const auto places = set.places(layer);
        if (!places)
            return fail(places.error());
        setPlace(config, places->first, places->second);
        auto dictionary = Dictionary::create(std::move(config), std::move(*weights));
        if (!dictionary)
            return fail(dictionary.error());
        layers.push_back(std::move(*dictionary));
    }
    return layers;
}

} // namespace core
