#include "core/text/bpe_tokenizer.h"
#include "core/text/folder_readers.h"
#include "core/text/known_patterns.h"

#include <algorithm>

namespace core {

namespace {

/// A first line "#version: ..." is a comment.
MergeList readLines(std::string_view text)
{
    MergeList merges;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::string_view line = text.substr(begin, end - begin);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        const bool isComment = begin == 0 && line.starts_with("#version");
        if (!line.empty() && !isComment)
            merges.addLine(line);
        begin = end + 1;
    }
    return merges;
}

} // namespace

MadeTokenizer makeVocabMerges(
    Vocabulary vocabulary, std::string_view merges, const SideFiles& side, const std::string& file)
{
    const std::string& name = side.names.tokenizerClass;
    const bool isQwen = name.starts_with("Qwen2Tokenizer");
    if (!name.empty() && !isQwen && !name.starts_with("GPT2Tokenizer"))
        return fail(Error::Code::Unsupported,
            file + ": how a " + name
                + " cuts words is not in vocab.json and merges.txt, and not known here. Fetch its "
                  "tokenizer.json.");
    auto model = Bpe::fromMerges(std::move(vocabulary), readLines(merges), {}, file);
    if (!model)
        return fail(model.error());

    nlohmann::json json = {{"added_tokens", side.added}, {"decoder", {{"type", "ByteLevel"}}}};
    SpecialNames names = side.names;
    if (isQwen) {
        json["normalizer"] = {{"type", "NFC"}};
        json["pre_tokenizer"] = splitThenBytes(kQwenPattern);
    } else {
        json["pre_tokenizer"]
            = {{"type", "ByteLevel"}, {"add_prefix_space", names.addPrefixSpace.value_or(false)}};
        // GPT-2's first files name no special tokens; its program has them built in.
        const char* end = "<|endoftext|>";
        if (const auto id = (*model)->vocabulary().find(end)) {
            nlohmann::json& added = json["added_tokens"];
            const bool isListed = std::any_of(added.begin(), added.end(),
                [&id](const nlohmann::json& token) { return token["id"] == *id; });
            if (!isListed)
                added.push_back(
                    {{"id", *id}, {"content", end}, {"special", true}, {"normalized", false}});
            for (SpecialNames::Token* token : {&names.bos, &names.eos}) {
                if (!token->isSaid)
                    *token = {true, end, std::nullopt};
            }
        }
    }
    return BpeTokenizer::fromParts(std::move(*model), json, nullptr, names, file);
}

} // namespace core
