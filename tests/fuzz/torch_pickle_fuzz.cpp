#include "core/files/tensor_file.h"
#include "tests/core/files/container_bytes.h"
#include "tests/fuzz/fuzz.h"

#include <nlohmann/json.hpp>

/// The pickle of an archive whose checksums are right, with storages of some sizes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const std::string numbers(256, '\x01');
    const tests::MemoryFile memory(
        tests::zip({{"archive/data.pkl", std::string(fuzz::text(data, size))},
            {"archive/data/0", numbers.substr(0, 240)}, {"archive/data/1", numbers.substr(0, 96)},
            {"archive/data/2", numbers.substr(0, 24)}, {"archive/data/3", numbers.substr(0, 8)},
            {"archive/data/4", numbers.substr(0, 4)}, {"archive/data/5", ""}}));
    const auto file = core::TensorFile::open(memory.path());
    if (fuzz::accepted(file)) {
        fuzz::readAll((*file)->tensors());
        (void)(*file)->values().dump();
    }
    return 0;
}
