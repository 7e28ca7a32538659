#include "core/store/feature_blobs.h"
#include "tests/fuzz/fuzz.h"

/// The first byte chooses the kind of BLOB.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view bytes = fuzz::text(data + 1, size - 1);
    switch (data[0] % 6) {
    case 0:
        fuzz::accepted(core::decodeEvidence(bytes, "blob"));
        break;
    case 1:
        fuzz::accepted(core::decodeEffects(bytes, "blob"));
        break;
    case 2:
        fuzz::accepted(core::decodeNearest(bytes, "blob"));
        break;
    case 3:
        fuzz::accepted(core::decodeTokens(bytes, "blob"));
        break;
    case 4:
        fuzz::accepted(core::decodeSamples(bytes, "blob"));
        break;
    default:
        fuzz::accepted(core::decodeColumn(bytes, bytes.size() / 4, "blob"));
    }
    return 0;
}
