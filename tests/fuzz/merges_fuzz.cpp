#include "core/files/json_file.h"
#include "core/text/folder_readers.h"
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
    const auto vocabulary = core::parseJson(all.substr(0, end), "vocab.json");
    if (fuzz::accepted(vocabulary))
        use(core::makeVocabMerges(*vocabulary, merges, {}, "vocab.json"));
    return 0;
}
