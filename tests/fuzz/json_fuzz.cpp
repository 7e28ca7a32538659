#include "core/files/json_file.h"
#include "tests/fuzz/fuzz.h"

#include <nlohmann/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto value = core::parseJson(fuzz::text(data, size), "fuzz.json");
    if (!fuzz::accepted(value))
        return 0;
    core::JsonFields fields(*value, "fuzz.json");
    (void)fields.string("a");
    (void)fields.integer("a", 1);
    (void)fields.number("a", 1);
    (void)fields.boolean("a", true);
    fuzz::accepted(fields.check());
    (void)value->dump();
    return 0;
}
