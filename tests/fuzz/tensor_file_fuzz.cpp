#include "core/files/tensor_file.h"
#include "tests/fuzz/fuzz.h"

#include <nlohmann/json.hpp>

/// Any container, chosen by its first bytes: npy, npz, torch's archives and streams.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const tests::MemoryFile memory(fuzz::text(data, size));
    const auto file = core::TensorFile::open(memory.path());
    if (fuzz::accepted(file)) {
        fuzz::readAll((*file)->tensors());
        (void)(*file)->values().dump();
    }
    return 0;
}
