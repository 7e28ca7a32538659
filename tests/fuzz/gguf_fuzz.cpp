#include "core/files/gguf_blocks.h"
#include "core/files/gguf_file.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"
#include "tests/fuzz/fuzz.h"

#include <vector>

#include <nlohmann/json.hpp>

/// A GGUF file: container, values of every kind, blocks, tokenizer and chat template.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const tests::MemoryFile memory(fuzz::text(data, size));
    const auto file = core::GgufFile::open(memory.path());
    if (!fuzz::accepted(file))
        return 0;
    fuzz::readAll((*file)->tensors());
    for (const core::TensorView& tensor : (*file)->tensors()) {
        const core::BlockFormat* format = core::findBlockFormat(tensor.typeName());
        if (!format)
            continue;
        (void)core::areScalesFinite(*format, tensor.bytes);
        std::vector<float> numbers(tensor.bytes.size() / format->bytes * format->numbers);
        core::decodeBlocks(*format, tensor.bytes, numbers.data());
    }
    for (const auto& [key, value] : (*file)->metadata()) {
        (void)fuzz::accepted((*file)->text(key));
        (void)fuzz::accepted((*file)->whole(key));
        (void)fuzz::accepted((*file)->number(key));
        (void)fuzz::accepted((*file)->truth(key));
        const auto list = (*file)->list(key);
        if (fuzz::accepted(list) && *list)
            for (std::size_t i = 0; i < (*list)->count; ++i)
                (void)(*list)->number(i);
    }
    const auto tokenizer = core::Tokenizer::open(memory.path());
    if (fuzz::accepted(tokenizer)) {
        const auto tokens = (*tokenizer)->encode("Hello <s> 12\xc3\xa9 \xf0\x9f\x8c\x89");
        if (fuzz::accepted(tokens))
            fuzz::sink = fuzz::sink + (*tokenizer)->decode(tokens->ids).size();
    }
    const auto chat = core::ChatTemplate::open(memory.path());
    if (fuzz::accepted(chat) && *chat)
        (void)fuzz::accepted((*chat)->render({{"user", "Hi"}}));
    return 0;
}
