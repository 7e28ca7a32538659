#include "core/text/folder_readers.h"
#include "core/text/tokenizer_json.h"
#include "tests/fuzz/fuzz.h"

/// vocab.json and merges.txt, with a zero byte between them; the second alone is also a tiktoken
/// file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view all = fuzz::text(data, size);
    const std::size_t end = all.find('\0');
    const std::string_view merges = end == std::string_view::npos ? all : all.substr(end + 1);
    const auto use = [](const core::MadeTokenizer& tokenizer) {
        if (!fuzz::accepted(tokenizer))
            return;
        const auto tokens = (*tokenizer)->encode("Hello  world's 12 \u4f60");
        if (fuzz::accepted(tokens))
            (void)(*tokenizer)->decode(tokens->ids);
    };
    if (core::isTiktoken(merges))
        use(core::makeTiktoken(merges, {}, "tokenizer.model"));
    auto pieces = core::readPiecesJson(all.substr(0, end), "vocab.json");
    if (!fuzz::accepted(pieces))
        return 0;
    auto vocabulary = core::Vocabulary::fromPieces(std::move(*pieces), "vocab.json");
    if (fuzz::accepted(vocabulary))
        use(core::makeVocabMerges(std::move(*vocabulary), merges, {}, "vocab.json"));
    return 0;
}
