#include "core/text/gguf_tokenizer.h"

#include "core/files/gguf_split.h"
#include "core/files/utf8_check.h"
#include "core/text/bpe_tokenizer.h"
#include "core/text/chat_template.h"
#include "core/text/known_patterns.h"
#include "core/text/sentence_piece_model.h"

#include <algorithm>
#include <array>

namespace core {

namespace {

using Type = SentencePieceModel::Type; // GGUF numbers its types of tokens alike.

constexpr const char* kTokens = "tokenizer.ggml.tokens";
constexpr std::string_view kSpaceMark = "\xe2\x96\x81"; // "▁"

/// The ways of cutting words that byte-level BPE files name.
enum class Cutting { Gpt2, DigitsThenGpt2, Llama3, Qwen2, Tekken };

struct NamedCutting {
    std::string_view name;
    Cutting cutting;
    bool addsBos, ignoresMerges; ///< As the families' tokenizer.json have it.
};

constexpr std::array<NamedCutting, 20> kCuttings{{
    {"gpt-2", Cutting::Gpt2, false, false},
    {"olmo", Cutting::Gpt2, false, false},
    {"mpt", Cutting::Gpt2, false, false},
    {"jais", Cutting::Gpt2, false, false},
    {"phi-2", Cutting::Gpt2, false, false},
    {"smollm", Cutting::DigitsThenGpt2, false, false},
    {"starcoder", Cutting::DigitsThenGpt2, false, false},
    {"refact", Cutting::DigitsThenGpt2, false, false},
    {"command-r", Cutting::DigitsThenGpt2, false, false},
    {"codeshell", Cutting::DigitsThenGpt2, false, false},
    {"exaone", Cutting::DigitsThenGpt2, false, false},
    {"llama-bpe", Cutting::Llama3, true, true},
    {"llama3", Cutting::Llama3, true, true},
    {"llama-v3", Cutting::Llama3, true, true},
    {"falcon3", Cutting::Llama3, true, true},
    {"smaug-bpe", Cutting::Llama3, false, false},
    {"qwen2", Cutting::Qwen2, false, false},
    {"deepseek-r1-qwen", Cutting::Qwen2, false, false},
    {"stablelm2", Cutting::Qwen2, false, false},
    {"tekken", Cutting::Tekken, true, true},
}};

std::string cuttingNames()
{
    std::string names;
    for (const NamedCutting& one : kCuttings)
        names += (names.empty() ? "" : ", ") + std::string(one.name);
    return names;
}

nlohmann::json preTokenizer(Cutting cutting, bool addsPrefixSpace)
{
    const nlohmann::json bytes
        = {{"type", "ByteLevel"}, {"add_prefix_space", addsPrefixSpace}, {"use_regex", true}};
    switch (cutting) {
    case Cutting::Gpt2:
        return bytes;
    case Cutting::DigitsThenGpt2:
        return {{"type", "Sequence"},
            {"pretokenizers", {{{"type", "Digits"}, {"individual_digits", true}}, bytes}}};
    case Cutting::Llama3:
        return splitThenBytes(kLlama3Pattern);
    case Cutting::Qwen2:
        return splitThenBytes(kQwenPattern);
    case Cutting::Tekken:
        break;
    }
    return splitThenBytes(kTekkenPattern);
}

/// Tokens of a file, with what it says about each.
struct GgufTokens {
    const GgufFile* file = nullptr;
    const GgufList* texts = nullptr;
    const GgufList* types = nullptr; ///< Null: all are normal.

    std::string path() const { return file->path().string(); }
    std::string text(std::size_t id) const { return std::string(texts->texts[id]); }
    Type type(std::size_t id) const
    {
        return types ? static_cast<Type>(static_cast<int>(types->number(id).value_or(1)))
                     : Type::Normal;
    }
};

Result<GgufTokens> readTokens(const GgufFile& file)
{
    GgufTokens tokens{&file, nullptr, nullptr};
    const auto texts = file.list(kTokens);
    if (!texts)
        return fail(texts.error());
    if (!*texts || !(*texts)->isOfTexts || (*texts)->count == 0)
        return file.invalid(kTokens, "must be a list of texts");
    tokens.texts = *texts;
    if (tokens.texts->count > static_cast<std::size_t>(kMaxTokenId))
        return file.invalid(kTokens, "has too many entries");
    const auto isText = [](std::string_view text) { return isUtf8(text); };
    const auto bad
        = std::find_if_not(tokens.texts->texts.begin(), tokens.texts->texts.end(), isText);
    if (bad != tokens.texts->texts.end())
        return file.invalid(kTokens,
            "entry " + std::to_string(bad - tokens.texts->texts.begin()) + " is not valid UTF-8");
    constexpr const char* kTypes = "tokenizer.ggml.token_type";
    const auto types = file.list(kTypes);
    if (!types)
        return fail(types.error());
    tokens.types = *types;
    if (!tokens.types)
        return tokens;
    if (tokens.types->isOfTexts || tokens.types->count != tokens.texts->count)
        return file.invalid(kTypes, "must hold a number for each of the tokens");
    for (std::size_t id = 0; id < tokens.types->count; ++id) {
        const double type = tokens.types->number(id).value_or(0);
        if (!(type >= 1 && type <= 6))
            return file.invalid(kTypes, "entry " + std::to_string(id) + " is none of 1 to 6");
    }
    return tokens;
}

/// Which tokens begin and end a text, and whether they are added.
Result<SpecialNames> readNames(const GgufFile& file, bool addsBos)
{
    SpecialNames names;
    for (const auto& [key, token] : {std::pair("tokenizer.ggml.bos_token_id", &names.bos),
             std::pair("tokenizer.ggml.eos_token_id", &names.eos)}) {
        const auto id = file.whole(key);
        if (!id)
            return fail(id.error());
        *token = {true, "", *id};
    }
    const auto bos = file.truth("tokenizer.ggml.add_bos_token");
    if (!bos)
        return fail(bos.error());
    const auto eos = file.truth("tokenizer.ggml.add_eos_token");
    if (!eos)
        return fail(eos.error());
    names.addBos = bos->value_or(addsBos);
    names.addEos = eos->value_or(false);
    return names;
}

/// Those of roles and those that are looked for in the text before it is cut.
nlohmann::json addedTokens(const GgufTokens& tokens)
{
    nlohmann::json added = nlohmann::json::array();
    for (std::size_t id = 0; id < tokens.texts->count; ++id) {
        const Type type = tokens.type(id);
        const bool isSpecial = type == Type::Control || type == Type::Unknown;
        if ((isSpecial || type == Type::UserDefined) && !tokens.texts->texts[id].empty())
            added.push_back({{"id", id}, {"content", tokens.text(id)}, {"special", isSpecial},
                {"normalized", false}});
    }
    return added;
}

Result<MergeList> readMergeLines(const GgufFile& file)
{
    constexpr const char* kMerges = "tokenizer.ggml.merges";
    const auto list = file.list(kMerges);
    if (!list)
        return fail(list.error());
    if (!*list || (!(*list)->isOfTexts && (*list)->count > 0))
        return file.invalid(kMerges, "must be a list of texts");
    MergeList merges;
    for (const std::string_view line : (*list)->texts)
        merges.addLine(line);
    return merges;
}

MadeTokenizer makeBpe(const GgufFile& file)
{
    const auto tokens = readTokens(file);
    if (!tokens)
        return fail(tokens.error());
    constexpr const char* kPre = "tokenizer.ggml.pre";
    const auto pre = file.text(kPre);
    if (!pre)
        return fail(pre.error());
    const auto* const cutting = std::find_if(kCuttings.begin(), kCuttings.end(),
        [&](const NamedCutting& one) { return one.name == pre->value_or(""); });
    if (cutting == kCuttings.end())
        return fail(Error::Code::Unsupported,
            tokens->path() + ": metadata `" + kPre + "` "
                + (*pre ? "says that words are cut by `" + (*pre)->substr(0, 40) + "`"
                        : std::string("is missing, so how words are cut is not said"))
                + ". Known here are " + cuttingNames()
                + ". Fetch the model as a Hugging Face folder.");
    const auto names = readNames(file, cutting->addsBos);
    if (!names)
        return fail(names.error());
    const auto merges = readMergeLines(file);
    if (!merges)
        return fail(merges.error());
    const auto prefix = file.truth("tokenizer.ggml.add_space_prefix");
    if (!prefix)
        return fail(prefix.error());

    std::vector<std::string> pieces(tokens->texts->texts.begin(), tokens->texts->texts.end());
    auto vocabulary = Vocabulary::fromList(pieces, tokens->path());
    if (!vocabulary)
        return fail(vocabulary.error());
    Bpe::Options options;
    options.ignoresMerges = cutting->ignoresMerges;
    auto model = Bpe::fromMerges(std::move(*vocabulary), *merges, options, tokens->path());
    if (!model)
        return fail(model.error());
    nlohmann::json json = {{"added_tokens", addedTokens(*tokens)},
        {"pre_tokenizer", preTokenizer(cutting->cutting, prefix->value_or(false))},
        {"decoder", {{"type", "ByteLevel"}}}};
    // GGUF does not keep normalizers. Qwen's and GPT-NeoX's compose characters first.
    const auto architecture = file.text("general.architecture");
    if (cutting->cutting == Cutting::Qwen2 || (architecture && *architecture == "gptneox"))
        json["normalizer"] = {{"type", "NFC"}};
    return BpeTokenizer::fromParts(std::move(*model), json, nullptr, *names, tokens->path());
}

Result<void> readPieces(const GgufTokens& tokens, SentencePieceModel& model)
{
    constexpr const char* kScores = "tokenizer.ggml.scores";
    const auto scores = tokens.file->list(kScores);
    if (!scores)
        return fail(scores.error());
    if (!*scores || (*scores)->isOfTexts || (*scores)->count != tokens.texts->count)
        return tokens.file->invalid(kScores, "must hold a number for each of the tokens");
    for (std::size_t id = 0; id < tokens.texts->count; ++id) {
        const Type type = tokens.type(id);
        std::string text = tokens.text(id);
        // Files have spaces in those that are looked for in the text.
        for (std::size_t at = 0;
             type == Type::UserDefined && (at = text.find(' ', at)) != std::string::npos;)
            text.replace(at, 1, kSpaceMark);
        model.hasByteFallback |= type == Type::Byte;
        model.pieces.push_back(
            {std::move(text), static_cast<float>((*scores)->number(id).value_or(0)), type});
    }
    return {};
}

MadeTokenizer makePieces(const GgufFile& file)
{
    const auto tokens = readTokens(file);
    if (!tokens)
        return fail(tokens.error());
    constexpr const char* kRules = "tokenizer.ggml.precompiled_charsmap";
    if (file.value(kRules))
        return fail(Error::Code::Unsupported,
            tokens->path() + ": metadata `" + kRules
                + "` holds character rules of a normalizer, which are not supported. Fetch the "
                  "model as a Hugging Face folder.");
    SentencePieceModel model;
    model.modelType = 2;
    model.bos = model.eos = -1;
    if (auto read = readPieces(*tokens, model); !read)
        return fail(read.error());
    const auto prefix = file.truth("tokenizer.ggml.add_space_prefix");
    if (!prefix)
        return fail(prefix.error());
    const auto removes = file.truth("tokenizer.ggml.remove_extra_whitespaces");
    if (!removes)
        return fail(removes.error());
    model.addsDummyPrefix = prefix->value_or(true);
    model.removesExtraSpaces = removes->value_or(false);
    auto names = readNames(file, true);
    if (!names)
        return fail(names.error());
    return makeSentencePiece(model, {std::move(*names)}, tokens->path());
}

Result<std::shared_ptr<const GgufFile>> openFirst(const std::filesystem::path& path)
{
    return GgufFile::open(firstGgufFile(path));
}

} // namespace

MadeTokenizer openGgufTokenizer(const std::filesystem::path& path)
{
    const auto file = openFirst(path);
    if (!file)
        return fail(file.error());
    constexpr const char* kModel = "tokenizer.ggml.model";
    const auto model = (*file)->text(kModel);
    if (!model)
        return fail(model.error());
    if (!*model)
        return (*file)->invalid(kModel, "is missing: the file holds no tokenizer");
    if (*model == "gpt2")
        return makeBpe(**file);
    if (*model == "llama")
        return makePieces(**file);
    return fail(Error::Code::Unsupported,
        (*file)->path().string() + ": metadata `" + kModel + "` is `" + (*model)->substr(0, 40)
            + "`, a kind of tokenizer that is not supported. Supported in GGUF: gpt2, llama.");
}

Result<std::shared_ptr<const ChatTemplate>> openGgufChatTemplate(const std::filesystem::path& path)
{
    const auto file = openFirst(path);
    if (!file)
        return fail(file.error());
    constexpr const char* kTemplate = "tokenizer.chat_template";
    const auto source = (*file)->text(kTemplate);
    if (!source)
        return fail(source.error());
    if (!*source || (*source)->empty())
        return nullptr;
    nlohmann::json special = nlohmann::json::object();
    const auto texts = (*file)->list(kTokens);
    for (const auto& [name, key] : {std::pair("bos_token", "tokenizer.ggml.bos_token_id"),
             std::pair("eos_token", "tokenizer.ggml.eos_token_id"),
             std::pair("unk_token", "tokenizer.ggml.unknown_token_id"),
             std::pair("pad_token", "tokenizer.ggml.padding_token_id")}) {
        const auto id = (*file)->whole(key);
        if (!id)
            return fail(id.error());
        const bool isKnown = texts && *texts && *id && **id >= 0
            && static_cast<std::size_t>(**id) < (*texts)->texts.size();
        if (isKnown && isUtf8((*texts)->texts[static_cast<std::size_t>(**id)]))
            special[name] = std::string((*texts)->texts[static_cast<std::size_t>(**id)]);
    }
    return ChatTemplate::parse(
        **source, (*file)->path().string() + ": " + kTemplate, std::move(special));
}

} // namespace core
