#pragma once

#include "core/circuits/replacement_model.h"
#include "tests/core/circuits/oracle_tensors.h"
#include "tests/support/fixtures.h"

#include <string>
#include <vector>

#include <ATen/ATen.h>

namespace tests {

/// One of circuit-tracer's attributions with the model and transcoders it was made on.
struct GraphCase {
    explicit GraphCase(const std::string& name)
        : folder(sharedFixture("oracles/graphs/" + name))
        , expected(folder / "expected.safetensors")
        , json(oracleJson(folder / "expected.json"))
    {
        auto opened = core::Transformer::open(
            sharedFixture("oracles/models/" + json["case"]["model"].get<std::string>()));
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
        if (opened)
            model = *opened;
        auto dictionaries = core::openDictionaries(folder);
        EXPECT_TRUE(dictionaries) << (dictionaries ? "" : dictionaries.error().message);
        if (dictionaries)
            transcoders = *dictionaries;
        for (const auto& id : json["input_ids"])
            ids.emplace_back(id.get<int>());
    }

    std::filesystem::path folder;
    OracleTensors expected;
    nlohmann::json json;
    std::shared_ptr<const core::Transformer> model;
    core::Dictionaries transcoders;
    std::vector<core::TokenId> ids;
};

inline std::vector<double> toDoubles(const at::Tensor& tensor)
{
    const at::Tensor flat = tensor.to(at::kDouble).contiguous().flatten();
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

} // namespace tests
