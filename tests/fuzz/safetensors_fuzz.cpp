#include "core/files/safetensors.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const tests::MemoryFile memory(fuzz::text(data, size));
    const auto file = core::SafetensorsFile::open(memory.path());
    if (fuzz::accepted(file))
        fuzz::readAll((*file)->tensors());
    return 0;
}
