#include "core/files/tensor_file.h"
#include "tests/core/files/container_bytes.h"
#include "tests/fuzz/fuzz.h"

/// An array inside an archive whose checksums are right, which no mutation would find by itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string array(fuzz::text(data, size));
    for (const auto& member : {tests::ZipEntry{"w.npy", array}, tests::deflated("w.npy", array)}) {
        const tests::MemoryFile memory(tests::zip({member}));
        const auto file = core::TensorFile::open(memory.path());
        if (fuzz::accepted(file))
            fuzz::readAll((*file)->tensors());
    }
    return 0;
}
