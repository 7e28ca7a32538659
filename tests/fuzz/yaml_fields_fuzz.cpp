#include "core/dictionary/yaml_fields.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::accepted(core::YamlFields::parse(fuzz::text(data, size), "config.yaml"));
    return 0;
}
