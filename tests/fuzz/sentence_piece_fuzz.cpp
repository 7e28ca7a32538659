#include "core/text/folder_readers.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto tokenizer = core::makeSentencePiece(fuzz::text(data, size), {}, "tokenizer.model");
    if (!fuzz::accepted(tokenizer))
        return 0;
    const auto tokens = (*tokenizer)->encode(" Hello  world \u4f60 <s>");
    if (fuzz::accepted(tokens))
        (void)(*tokenizer)->decode(tokens->ids);
    return 0;
}
