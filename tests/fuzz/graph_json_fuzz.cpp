#include "core/circuits/graph_file.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto graph = core::parseGraph(fuzz::text(data, size), "graph.json");
    if (fuzz::accepted(graph))
        fuzz::sink = fuzz::sink + core::graphJson(*graph, "slug").size();
    return 0;
}
