#include "core/engine/loaded_model.h"

#include "core/model/token_ids.h"
#include "core/text/chat_template.h"

#include <algorithm>

namespace core {

namespace {

std::string namesOf(const Dictionaries& dictionaries)
{
    std::string names;
    for (const auto& dictionary : dictionaries)
        names += (names.empty() ? "" : ", ") + dictionary->config().name;
    return names.empty() ? "none" : names;
}

/// Which cross-layer transcoder it is a layer of; empty for the others.
std::string crossLayerSet(const DictionaryConfig& config)
{
    return config.isCrossLayer ? config.path.parent_path().string() : std::string();
}

/// What its files say about BOS, and what is done about it where the tokenizer does otherwise.
std::string bosFact(const DictionaryConfig& config, const LoadedModel* model)
{
    const bool wantsBos = *config.facts.prependBos;
    std::string fact = wantsBos ? "texts begin with BOS" : "texts without BOS";
    if (!model || !model->tokenizer)
        return fact;
    const auto start = textStart(*model->tokenizer, wantsBos);
    if (!start)
        return fact;
    const bool hasStart = !start->tokens.empty();
    if (!start->isAdded && hasStart == wantsBos)
        return fact;
    if (start->isAdded)
        return fact + " (put in front here: the tokenizer adds none)";
    return fact + (wantsBos ? " (the tokenizer has none)" : " (the tokenizer's stays in front)");
}

std::vector<std::string> factsOf(const DictionaryConfig& config, const LoadedModel* model)
{
    const TrainingFacts& said = config.facts;
    std::vector<std::string> facts;
    if (!said.dataset.empty())
        facts.push_back("trained on " + said.dataset);
    if (said.contextSize > 0)
        facts.push_back("contexts of " + std::to_string(said.contextSize) + " tokens");
    if (said.prependBos)
        facts.push_back(bosFact(config, model));
    if (!said.excludesSpecialTokens.empty())
        facts.push_back("special tokens left out: " + said.excludesSpecialTokens);
    if (!said.seqposSlice.empty())
        facts.push_back("positions used: " + said.seqposSlice);
    if (config.centersInput)
        facts.push_back("reads activations without their mean");
    if (config.isCrossLayer && config.layersWritten > 1)
        facts.push_back("writes to " + std::to_string(config.layersWritten) + " layers");
    if (!said.neuronpediaId.empty())
        facts.push_back("Neuronpedia: " + said.neuronpediaId);
    return facts;
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
    std::erase_if(*candidates, [](const auto& one) { return !one->config().isTranscoder; });
    // Layers of different cross-layer transcoders, or of one and of per-layer ones, do not add up.
    std::vector<std::string> sets;
    for (const auto& one : *candidates)
        if (const std::string set = crossLayerSet(one->config());
            std::find(sets.begin(), sets.end(), set) == sets.end())
            sets.push_back(set);
    std::size_t missing = 0;
    for (const std::string& set : sets) {
        Dictionaries layers(static_cast<std::size_t>(info.n_layers));
        for (const auto& one : *candidates)
            if (auto& slot = layers.at(static_cast<std::size_t>(one->config().hookIn.layer.value));
                !slot && crossLayerSet(one->config()) == set)
                slot = one;
        const auto gap = std::find(layers.begin(), layers.end(), nullptr);
        if (gap == layers.end())
            return layers;
        missing = std::max(missing, static_cast<std::size_t>(gap - layers.begin()));
    }
    return fail(Error::Code::NotFound,
        "Tracing needs a transcoder for every layer, and layer " + std::to_string(missing)
            + " has none. Add a transcoder set (a folder with config.yaml and "
              "layer_N.safetensors). Open are: "
            + namesOf(dictionaries) + ".");
}

Result<Dictionaries> LoadedModel::crossLayersOf(const DictionaryConfig& one) const
{
    Dictionaries layers;
    for (int layer = 0; layer < info.n_layers; ++layer) {
        const auto found
            = std::find_if(dictionaries.begin(), dictionaries.end(), [&](const auto& open) {
                  return open->config().hookIn.layer.value == layer
                      && crossLayerSet(open->config()) == crossLayerSet(one);
              });
        if (found == dictionaries.end())
            return fail(Error::Code::NotFound,
                one.name + ": is one layer of a cross-layer transcoder, and layer "
                    + std::to_string(layer)
                    + " of it is not open. Open the folder that holds the whole set.");
        layers.push_back(*found);
    }
    return layers;
}

Result<Dictionaries> fitting(const Transformer& model, Result<Dictionaries> dictionaries)
{
    if (!dictionaries)
        return dictionaries;
    for (auto& dictionary : *dictionaries) {
        if (auto fits = fitsModel(dictionary->config(), model.config()); !fits)
            return fail(fits.error());
        if (!model.device().is_cpu())
            dictionary = dictionary->to(model.device());
    }
    return dictionaries;
}

DictionaryInfo describe(const Dictionary& dictionary, const LoadedModel* model)
{
    const DictionaryConfig& config = dictionary.config();
    DictionaryInfo info;
    info.name = config.name;
    info.path = config.path.string();
    info.format = config.format;
    info.kind = config.isCrossLayer ? DictionaryKind::CrossLayerTranscoder
        : config.isTranscoder       ? DictionaryKind::Transcoder
                                    : DictionaryKind::Sae;
    info.architecture = config.architecture;
    info.d_in = config.d_in;
    info.d_out = config.d_out;
    info.d_sae = config.d_sae;
    info.isPlaced = config.isPlaced;
    if (config.isPlaced) {
        info.layer = config.hookIn.layer;
        info.hookIn = config.hookIn.name();
        info.hookOut = config.hookOut.name();
    }
    info.normalization = config.normalizationName;
    info.dtype = config.dtype;
    info.baseModel = config.baseModel;
    info.bytes = dictionary.bytes();
    info.facts = factsOf(config, model);
    std::vector<std::string> warnings = config.warnings;
    if (model)
        warnings.insert(warnings.begin(), baseModelMismatch(config, model->transformer->config()));
    for (const std::string& warning : warnings)
        if (!warning.empty())
            info.warning += (info.warning.empty() ? "" : " ") + warning;
    return info;
}

at::Tensor Prompt::tensor(const at::Device& device) const
{
    return idsTensor(ids).to(device);
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

namespace {

Result<Prompt> encoded(const LoadedModel& model, const std::string& text, const TextStart& start,
    bool addSpecial = true)
{
    auto tokens = model.tokenizer->encode(text, addSpecial);
    if (!tokens)
        return fail(tokens.error());
    Prompt prompt;
    prompt.ids = tokens->ids;
    start.putBefore(prompt.ids, *model.tokenizer);
    const std::size_t added = prompt.ids.size() - tokens->ids.size();
    if (added > 0 || !start.isAdded)
        prompt.note = start.note;
    for (std::size_t i = 0; i < prompt.ids.size(); ++i) {
        const auto [begin, end] = i < added ? std::pair(0, 0) : tokens->offsets[i - added];
        prompt.tokens.push_back(
            {prompt.ids[i], model.tokenizer->display(prompt.ids[i]), begin, end});
    }
    return checked(model, std::move(prompt));
}

} // namespace

Result<TextStart> textStart(const LoadedModel& model)
{
    return textStart(*model.tokenizer, model.dictionaries);
}

Result<Prompt> promptFromText(const LoadedModel& model, const std::string& text)
{
    const auto start = textStart(model);
    if (!start)
        return fail(start.error());
    return encoded(model, text, *start);
}

Result<Prompt> promptFromText(
    const LoadedModel& model, const std::string& text, const TextStart& start)
{
    return encoded(model, text, start);
}

Result<Prompt> chatPrompt(const LoadedModel& model, const std::string& message)
{
    const auto chat = ChatTemplate::open(model.info.path);
    if (!chat)
        return fail(chat.error());
    if (!*chat)
        return fail(Error::Code::NotFound,
            model.info.path
                + ": has no chat template (tokenizer_config.json says none, and there is no "
                  "chat_template.jinja). It is a base model; give the prompt as it is.");
    const auto text = (*chat)->render({{"user", message}});
    if (!text)
        return fail(text.error());
    const auto start = textStart(model);
    if (!start)
        return fail(start.error());
    // The template writes BOS itself, where the model's conversations begin with one.
    return encoded(model, *text, *start, false);
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
    const auto [values, indices] = at::softmax(logits.to(at::kCPU, at::kFloat).reshape({-1}), 0)
                                       .topk(std::min<std::int64_t>(count, logits.numel()));
    std::vector<NextToken> out;
    for (std::int64_t i = 0; i < indices.numel(); ++i) {
        const TokenId id(indices[i].item<std::int64_t>());
        out.push_back({id, model.tokenizer->display(id), values[i].item<float>()});
    }
    return out;
}

} // namespace core
