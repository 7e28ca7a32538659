#include "core/engine/loaded_model.h"

#include "core/files/checkpoint_files.h"
#include "core/model/resources.h"

#include <ATen/Parallel.h>

namespace core {

namespace {

std::string namesOf(const Dictionaries& dictionaries)
{
    std::string names;
    for (const auto& dictionary : dictionaries)
        names += (names.empty() ? "" : ", ") + dictionary->config().name;
    return names.empty() ? "none" : names;
}

} // namespace

Result<std::shared_ptr<const Dictionary>> LoadedModel::dictionary(const std::string& name) const
{
    for (const auto& dictionary : dictionaries)
        if (dictionary->config().name == name)
            return dictionary;
    return fail(Error::Code::NotFound,
        "No open dictionary is called `" + name + "`. Open are: " + namesOf(dictionaries) + ".");
}

Result<Dictionaries> LoadedModel::dictionariesNamed(const std::vector<std::string>& names) const
{
    if (names.empty())
        return dictionaries;
    Dictionaries found;
    for (const std::string& name : names) {
        auto one = dictionary(name);
        if (!one)
            return fail(one.error());
        found.push_back(*one);
    }
    return found;
}

Result<Dictionaries> LoadedModel::transcodersPerLayer(const std::vector<std::string>& names) const
{
    auto candidates = dictionariesNamed(names);
    if (!candidates)
        return candidates;
    Dictionaries layers(static_cast<std::size_t>(info.n_layers));
    for (const auto& dictionary : *candidates) {
        const DictionaryConfig& config = dictionary->config();
        if (!config.isTranscoder)
            continue;
        auto& slot = layers.at(static_cast<std::size_t>(config.hookIn.layer.value));
        if (!slot)
            slot = dictionary;
    }
    for (std::size_t layer = 0; layer < layers.size(); ++layer)
        if (!layers[layer])
            return fail(Error::Code::NotFound,
                "Tracing needs a transcoder for every layer, and layer " + std::to_string(layer)
                    + " has none. Add a transcoder set (a folder with config.yaml and "
                      "layer_N.safetensors). Open are: "
                    + namesOf(dictionaries) + ".");
    return layers;
}

Result<ModelInfo> inspectModelFolder(const std::filesystem::path& folder)
{
    auto config = ModelConfig::read(folder);
    if (!config)
        return fail(config.error());
    auto files = CheckpointFiles::open(folder);
    if (!files)
        return fail(files.error());
    auto tokenizer = Tokenizer::open(folder);
    if (!tokenizer)
        return fail(tokenizer.error());

    ModelInfo info;
    info.path = folder.string();
    info.name = config->name;
    info.modelType = config->modelType;
    info.n_layers = config->n_layers;
    info.d_model = config->d_model;
    info.n_heads = config->n_heads;
    info.n_key_value_heads = config->n_key_value_heads;
    info.d_head = config->d_head;
    info.d_mlp = config->d_mlp;
    info.d_vocab = config->d_vocab;
    info.n_ctx = config->n_ctx;
    info.dtype = config->dtype;
    info.parameters = parameterCount(*config);
    info.bytes = static_cast<std::int64_t>((*files)->totalBytes());
    info.estimateBytes = estimateBytes(*config).total();
    info.freeBytes = freeMemoryBytes();
    info.tokenizerType = (*tokenizer)->typeName();
    info.tokenizerSize = (*tokenizer)->size();
    info.device = "cpu";
    info.threads = at::get_num_threads();
    return info;
}

Result<LoadedModel> loadModelFolder(
    const std::filesystem::path& folder, const ProgressFn& progress, std::stop_token stop)
{
    auto info = inspectModelFolder(folder);
    if (!info)
        return fail(info.error());
    if (info->freeBytes > 0 && info->estimateBytes > info->freeBytes)
        return fail(Error::Code::OutOfMemory,
            info->name + ": needs about " + std::to_string(info->estimateBytes >> 20)
                + " MiB at float32 and " + std::to_string(info->freeBytes >> 20)
                + " MiB are free. Close other programs or choose a smaller model.");
    auto transformer = Transformer::open(folder, progress, stop);
    if (!transformer)
        return fail(transformer.error());
    auto tokenizer = Tokenizer::open(folder);
    if (!tokenizer)
        return fail(tokenizer.error());
    info->isLoaded = true;
    return LoadedModel{*info, *transformer, *tokenizer, {}};
}

Result<Dictionaries> fitting(const ModelConfig& config, Result<Dictionaries> dictionaries)
{
    if (!dictionaries)
        return dictionaries;
    for (const auto& dictionary : *dictionaries)
        if (auto fits = fitsModel(dictionary->config(), config); !fits)
            return fail(fits.error());
    return dictionaries;
}

DictionaryInfo describe(const Dictionary& dictionary, const ModelInfo& model)
{
    const DictionaryConfig& config = dictionary.config();
    DictionaryInfo info;
    info.name = config.name;
    info.path = config.path.string();
    info.format = config.format;
    info.kind = config.isTranscoder ? DictionaryKind::Transcoder : DictionaryKind::Sae;
    info.architecture = config.architecture;
    info.d_in = config.d_in;
    info.d_out = config.d_out;
    info.d_sae = config.d_sae;
    info.layer = config.hookIn.layer;
    info.hookIn = config.hookIn.name();
    info.hookOut = config.hookOut.name();
    info.normalization = config.normalizationName;
    info.dtype = config.dtype;
    info.baseModel = config.baseModel;
    if (!config.baseModel.empty() && config.baseModel != model.name)
        info.warning
            = "Made for `" + config.baseModel + "`; the open model is `" + model.name + "`.";
    return info;
}

at::Tensor Prompt::tensor() const
{
    const at::Tensor out = at::empty({1, static_cast<std::int64_t>(ids.size())}, at::kLong);
    auto* data = out.data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < ids.size(); ++i)
        data[i] = ids[i].value;
    return out;
}

namespace {

Result<Prompt> checked(const LoadedModel& model, Prompt prompt)
{
    if (prompt.ids.empty())
        return fail(Error::Code::NotFound, "The prompt is empty. Write at least one word.");
    if (static_cast<int>(prompt.ids.size()) > model.info.n_ctx)
        return fail(Error::Code::Unsupported,
            "The prompt has " + std::to_string(prompt.ids.size())
                + " tokens and the model reads at most " + std::to_string(model.info.n_ctx)
                + ". Shorten it.");
    for (const TokenId id : prompt.ids)
        if (id.value < 0 || id.value >= model.info.d_vocab)
            return fail(Error::Code::NotFound,
                "Token id " + std::to_string(id.value) + " is not in the vocabulary (0 to "
                    + std::to_string(model.info.d_vocab - 1) + ").");
    prompt.hasBos = model.tokenizer->isSpecial(prompt.ids.front());
    return prompt;
}

} // namespace

Result<Prompt> promptFromText(const LoadedModel& model, const std::string& text)
{
    auto tokens = model.tokenizer->encode(text);
    if (!tokens)
        return fail(tokens.error());
    Prompt prompt;
    prompt.ids = tokens->ids;
    for (std::size_t i = 0; i < tokens->ids.size(); ++i)
        prompt.tokens.push_back({tokens->ids[i], model.tokenizer->display(tokens->ids[i]),
            tokens->offsets[i].first, tokens->offsets[i].second});
    return checked(model, std::move(prompt));
}

Result<Prompt> promptFromIds(const LoadedModel& model, const std::vector<TokenId>& ids)
{
    Prompt prompt;
    prompt.ids = ids;
    for (const TokenId id : ids)
        prompt.tokens.push_back({id, model.tokenizer->display(id), 0, 0});
    return checked(model, std::move(prompt));
}

Result<Prompt> promptFrom(
    const LoadedModel& model, const std::string& text, const std::vector<TokenId>& ids)
{
    return ids.empty() ? promptFromText(model, text) : promptFromIds(model, ids);
}

Result<Prompt> tracePrompt(
    const LoadedModel& model, const std::string& text, const std::vector<TokenId>& ids)
{
    auto prompt = promptFrom(model, text, ids);
    if (!prompt || prompt->hasBos || !ids.empty())
        return prompt;
    auto first = model.tokenizer->bos();
    if (!first)
        first = model.tokenizer->eos();
    if (!first)
        return prompt;
    prompt->ids.insert(prompt->ids.begin(), *first);
    prompt->tokens.insert(prompt->tokens.begin(), {*first, model.tokenizer->display(*first), 0, 0});
    return checked(model, std::move(*prompt));
}

std::vector<NextToken> mostProbable(const LoadedModel& model, const at::Tensor& logits, int count)
{
    const auto [values, indices] = at::softmax(logits.to(at::kFloat).reshape({-1}), 0)
                                       .topk(std::min<std::int64_t>(count, logits.numel()));
    std::vector<NextToken> out;
    for (std::int64_t i = 0; i < indices.numel(); ++i) {
        const TokenId id(indices[i].item<std::int64_t>());
        out.push_back({id, model.tokenizer->display(id), values[i].item<float>()});
    }
    return out;
}

} // namespace core
