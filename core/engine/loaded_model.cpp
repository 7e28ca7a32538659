#include "core/engine/loaded_model.h"

#include "core/circuits/prompt_head.h"
#include "core/model/resources.h"
#include "core/model/token_ids.h"
#include "core/text/chat_template.h"

#include <algorithm>

#include <fmt/format.h>

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
    if (said.areConcepts)
        facts.push_back("directions learnt from texts about named concepts, not trained features");
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

std::shared_ptr<const Dictionary> placed(
    const Transformer& model, const std::shared_ptr<const Dictionary>& dictionary)
{
    const at::Device device = model.device();
    if (device == dictionary->b_dec().device() && !dictionary->streamsMatrices())
        return dictionary;
    const std::int64_t free = device.is_cpu() ? 0 : freeBytesOn(device);
    const std::int64_t needed = dictionary->bytes() + passBytes(model.config(), model.precision());
    return dictionary->to(device,
        free > 0 && needed > free ? Dictionary::Matrices::OnTheHost
                                  : Dictionary::Matrices::OnTheDevice);
}

Result<OpenedDictionaries> fitting(const Transformer& model, Result<OpenedDictionaries> opened)
{
    if (!opened)
        return opened;
    OpenedDictionaries fitted;
    fitted.refused = std::move(opened->refused);
    for (const auto& dictionary : opened->dictionaries) {
        const DictionaryConfig& config = dictionary->config();
        if (auto fits = fitsModel(config, model.config()); !fits)
            fitted.refused.push_back({config.name, config.path, std::move(fits.error())});
        else
            fitted.dictionaries.push_back(placed(model, dictionary));
    }
    if (fitted.dictionaries.empty() && !fitted.refused.empty())
        return fail(noneOpened(fitted.refused, model.config().name));
    return fitted;
}

std::vector<RefusedDictionary> describe(const std::vector<DictionaryRefusal>& refused)
{
    std::vector<RefusedDictionary> described;
    for (const DictionaryRefusal& one : refused)
        described.push_back({one.name, one.path.string(), one.error.message});
    return described;
}

DictionaryInfo describe(const Dictionary& dictionary, const LoadedModel* model)
{
    const DictionaryConfig& config = dictionary.config();
    DictionaryInfo info;
    info.name = config.name;
    info.path = config.path.string();
    info.format = config.format;
    info.areConcepts = config.facts.areConcepts;
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
    if (dictionary.streamsMatrices())
        warnings.push_back("Its matrices did not fit the memory of "
            + dictionary.b_dec().device().str()
            + " beside the model: they stay on the host, and whatever uses all of its features is "
              "slower. Close other dictionaries and open it again, or open the model in 16 bits.");
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

Result<Prompt> checkedIf(const LoadedModel& model, Result<Prompt> prompt)
{
    return prompt ? checked(model, std::move(*prompt)) : prompt;
}

Result<Prompt> started(const LoadedModel& model, const std::string& text, const TextStart& start,
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
    return prompt;
}

Result<Prompt> uncheckedChat(
    const LoadedModel& model, const std::vector<ChatTurn>& earlier, const std::string& message)
{
    const auto chat = ChatTemplate::open(model.info.path);
    if (!chat)
        return fail(chat.error());
    if (!*chat)
        return fail(Error::Code::NotFound,
            model.info.path
                + ": has no chat template (tokenizer_config.json says none, and there is no "
                  "chat_template.jinja). It is a base model; give the prompt as it is.");
    std::vector<ChatMessage> messages;
    for (const ChatTurn& turn : earlier)
        messages.push_back({turn.role, turn.text});
    messages.push_back({"user", message});
    const auto text = (*chat)->render(messages);
    if (!text)
        return fail(text.error());
    const auto start = textStart(model);
    if (!start)
        return fail(start.error());
    // The template writes BOS itself, where the model's conversations begin with one.
    return started(model, *text, *start, false);
}

/// With the special token that circuit-tracer puts first where the tokenizer adds none.
Prompt begunForTrace(const LoadedModel& model, Prompt prompt)
{
    if (!prompt.ids.empty() && model.tokenizer->isSpecial(prompt.ids.front()))
        return prompt;
    const auto first = startToken(*model.tokenizer);
    if (!first)
        return prompt;
    prompt.ids.insert(prompt.ids.begin(), *first);
    prompt.tokens.insert(prompt.tokens.begin(), {*first, model.tokenizer->display(*first), 0, 0});
    return prompt;
}

} // namespace

Result<TextStart> textStart(const LoadedModel& model)
{
    return textStart(*model.tokenizer, model.dictionaries);
}

Result<Prompt> uncheckedText(const LoadedModel& model, const std::string& text, bool addSpecial)
{
    return started(model, text, TextStart(), addSpecial);
}

Result<Prompt> uncheckedPrompt(const LoadedModel& model, const std::string& text, PromptForm form,
    const std::vector<ChatTurn>& earlier)
{
    if (form == PromptForm::Chat)
        return uncheckedChat(model, earlier, text);
    const auto start = textStart(model);
    if (!start)
        return fail(start.error());
    auto prompt = started(model, text, *start);
    if (!prompt || form == PromptForm::Text)
        return prompt;
    return begunForTrace(model, std::move(*prompt));
}

Result<Prompt> promptFromText(const LoadedModel& model, const std::string& text)
{
    return checkedIf(model, uncheckedPrompt(model, text, PromptForm::Text));
}

Result<Prompt> promptFromText(
    const LoadedModel& model, const std::string& text, const TextStart& start)
{
    return checkedIf(model, started(model, text, start));
}

Result<Prompt> chatPrompt(
    const LoadedModel& model, const std::vector<ChatTurn>& earlier, const std::string& message)
{
    return checkedIf(model, uncheckedChat(model, earlier, message));
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

namespace {

std::string idList(const std::vector<TokenId>& ids, std::size_t most)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(most, ids.size()); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : ",", ids[i].value);
    return text;
}

Result<Prompt> withHead(
    const LoadedModel& model, Prompt prompt, const PromptHead& head, bool isGivenAsIds)
{
    const auto& wanted = head.ids;
    const auto differs
        = std::mismatch(wanted.begin(), wanted.end(), prompt.ids.begin(), prompt.ids.end());
    if (differs.first == wanted.end())
        return prompt;
    const bool beginsATurn = differs.first - wanted.begin() > 1;
    if (isGivenAsIds || beginsATurn)
        return fail(Error::Code::Unsupported,
            fmt::format("A prompt that is traced in {} begins with the ids {} "
                        "(<bos><start_of_turn>user and a new line), as circuit-tracer demands; "
                        "this one begins with {}. Begin it with them, or give the message alone, "
                        "as text.",
                model.info.name, idList(wanted, wanted.size()), idList(prompt.ids, wanted.size())));
    if (prompt.ids.front() == wanted.front()) {
        prompt.ids.erase(prompt.ids.begin());
        prompt.tokens.erase(prompt.tokens.begin());
    }
    prompt.ids.insert(prompt.ids.begin(), wanted.begin(), wanted.end());
    for (auto id = wanted.rbegin(); id != wanted.rend(); ++id)
        prompt.tokens.insert(prompt.tokens.begin(), {*id, model.tokenizer->display(*id), 0, 0});
    prompt.note = fmt::format("The header of a user's turn (ids {}) was put before the prompt: {} "
                              "is traced behind it, and features and errors of these {} positions "
                              "do not count.",
        idList(wanted, wanted.size()), model.info.name, wanted.size());
    return checked(model, std::move(prompt));
}

} // namespace

Result<Prompt> tracePrompt(const LoadedModel& model, const std::string& text,
    const std::vector<TokenId>& ids, const Dictionaries& dictionaries)
{
    auto prompt = promptFrom(model, text, ids);
    if (!prompt)
        return prompt;
    if (const PromptHead head = promptHead(model.transformer->config(), dictionaries);
        !head.ids.empty())
        return withHead(model, std::move(*prompt), head, !ids.empty());
    if (prompt->hasBos || !ids.empty())
        return prompt;
    return checked(model, begunForTrace(model, std::move(*prompt)));
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
