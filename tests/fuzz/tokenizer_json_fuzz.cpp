#include "core/text/tokenizer.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const tests::TemporaryFolder folder;
    const auto path = folder / "tokenizer.json";
    tests::writeAll(path, fuzz::text(data, size));
    const auto tokenizer = core::Tokenizer::open(path);
    if (!fuzz::accepted(tokenizer))
        return 0;
    for (const char* text :
        {"", " Hello  world's 123\n\t", "Größe \u4f60\u597d \U0001f600", "<s>a</s>"}) {
        const auto tokens = (*tokenizer)->encode(text);
        if (fuzz::accepted(tokens))
            (void)(*tokenizer)->decode(tokens->ids);
    }
    for (const int id : {-1, 0, 1, 5, (*tokenizer)->size()})
        (void)(*tokenizer)->display(core::TokenId(id));
    return 0;
}
