#include "core/dictionary/transcoder_set_file.h"

#include "core/dictionary/dictionary_file.h"
#include "core/dictionary/place.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

/// How one file spells its tensors and which way round they lie.
struct LayerFile {
    std::string W_enc, W_dec, threshold, skip;
    bool storesColumns = false; // W_enc is [d_in, features]
    bool skipIsInOut = false;

    static LayerFile of(const WeightReader& reader)
    {
        if (reader.has("w_enc")) // Gemma Scope 2, and some files of the first
            return {"w_enc", "w_dec", "threshold", "affine_skip_connection", true, true};
        if (reader.file().container() == "npz") // Gemma Scope
            return {"W_enc", "W_dec", "threshold", "W_skip", true, false};
        return {"W_enc", "W_dec", "activation_function.threshold", "W_skip", false, false};
    }
};

DictionaryConfig layerConfig(
    const TranscoderSetConfig& set, const std::filesystem::path& file, int layer)
{
    DictionaryConfig config;
    config.name = dictionaryName(set.folder / fmt::format("layer_{}", layer));
    config.path = file;
    config.format = "circuit-tracer";
    config.facts.prependBos = set.prependBos;
    config.isTranscoder = true;
    config.applyBDecToInput = false;
    config.reluAfterGate = false;
    config.baseModel = set.modelName;
    config.warnings = set.warnings;
    return config;
}

Result<std::shared_ptr<const Dictionary>> openLayer(
    const TranscoderSetConfig& set, const std::filesystem::path& file, int layer)
{
    auto reader = WeightReader::open(file, "the matrix of the encoder");
    if (!reader)
        return fail(reader.error());
    const LayerFile names = LayerFile::of(*reader);
    const MatrixSize encoder = reader->matrixSize(names.W_enc);
    const MatrixSize decoder = reader->matrixSize(names.W_dec);

    DictionaryConfig config = layerConfig(set, file, layer);
    config.d_sae = names.storesColumns ? encoder.columns : encoder.rows;
    config.d_in = names.storesColumns ? encoder.rows : encoder.columns;
    config.d_out = decoder.columns;
    config.dtype = reader->dtype(names.W_dec);

    Dictionary::Weights weights;
    const at::Tensor W_enc = names.storesColumns
        ? reader->stored(names.W_enc, {config.d_in, config.d_sae})
        : reader->stored(names.W_enc, {config.d_sae, config.d_in});
    weights.b_enc = reader->read("b_enc", {config.d_sae});
    weights.W_dec = reader->stored(names.W_dec, {config.d_sae, config.d_out});
    weights.b_dec = reader->read("b_dec", {config.d_out});
    const bool hasSkip = reader->has(names.skip);
    if (hasSkip && names.skipIsInOut)
        weights.W_skip = reader->stored(names.skip, {config.d_in, config.d_out});
    else if (hasSkip)
        weights.W_skip = reader->stored(names.skip, {config.d_out, config.d_in});
    if (set.isTopK) {
        config.activation = FeatureActivation::TopK;
        config.k = set.k;
    } else if (reader->has(names.threshold)) {
        config.activation = FeatureActivation::JumpRelu;
        weights.threshold = reader->read(names.threshold, {config.d_sae});
    }
    if (auto checked = reader->check(); !checked)
        return fail(checked.error());
    weights.W_enc = names.storesColumns ? W_enc.t() : W_enc;
    if (hasSkip && names.skipIsInOut)
        weights.W_skip = weights.W_skip.t();
    config.architecture = std::string(config.activation == FeatureActivation::TopK   ? "topk_"
                                  : config.activation == FeatureActivation::JumpRelu ? "jumprelu_"
                                                                                     : "")
        + (hasSkip ? "skip_transcoder" : "transcoder");
    const auto places = set.places(layer);
    if (!places)
        return fail(places.error());
    setPlace(config, places->first, places->second);
    return Dictionary::create(std::move(config), std::move(weights));
}

/// The layers of a set are of one width: that of most of them, of the first where there is no most.
void refuseOtherWidths(OpenedDictionaries& layers)
{
    std::map<int, int> counts;
    for (const auto& layer : layers.dictionaries)
        ++counts[layer->config().d_sae];
    if (counts.size() < 2)
        return;
    const std::shared_ptr<const Dictionary> usual = *std::max_element(
        layers.dictionaries.begin(), layers.dictionaries.end(), [&](const auto& a, const auto& b) {
            return counts[a->config().d_sae] < counts[b->config().d_sae];
        });
    std::erase_if(layers.dictionaries, [&](const auto& layer) {
        const DictionaryConfig& config = layer->config();
        if (config.d_sae == usual->config().d_sae)
            return false;
        layers.refused.push_back({config.name, config.path,
            {Error::Code::InvalidFile,
                fmt::format("{}: has {} features, layer {} has {}. The layers of a set must be of "
                            "one width.",
                    config.path.string(), config.d_sae, usual->config().hookIn.layer.value,
                    usual->config().d_sae)}});
        return true;
    });
}

} // namespace

bool isTranscoderSetFolder(const std::filesystem::path& folder)
{
    std::error_code error;
    return std::filesystem::is_regular_file(folder / "config.yaml", error);
}

Result<OpenedDictionaries> openTranscoderSet(const std::filesystem::path& folder)
{
    const auto set = TranscoderSetConfig::read(folder);
    if (!set)
        return fail(set.error());
    if (set->isCrossLayer) { // its layers add up: none can do without the others
        auto layers = openCrossLayerSet(*set);
        if (!layers)
            return fail(layers.error());
        return OpenedDictionaries{std::move(*layers), {}};
    }
    auto files = set->files.empty() ? numberedFiles(folder, "layer_", ".safetensors")
                                    : Result<std::vector<std::filesystem::path>>(set->files);
    if (!files)
        return fail(files.error());
    if (files->empty())
        return fail(Error::Code::NotFound,
            fmt::format("{}: has no list `transcoders`, and there is no layer_0.safetensors beside "
                        "it.",
                (folder / "config.yaml").string()));
    OpenedDictionaries layers;
    for (std::size_t layer = 0; layer < files->size(); ++layer) {
        const std::filesystem::path& file = files->at(layer);
        auto dictionary = openLayer(*set, file, static_cast<int>(layer));
        if (dictionary)
            layers.dictionaries.push_back(std::move(*dictionary));
        else
            layers.refused.push_back({dictionaryName(folder / fmt::format("layer_{}", layer)), file,
                dictionary.error()});
    }
    refuseOtherWidths(layers);
    return layers;
}

} // namespace core
