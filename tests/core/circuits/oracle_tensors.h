#pragma once

#include "core/circuits/graph_matrix.h"
#include "core/files/json_file.h"
#include "core/files/safetensors.h"

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tests {

/// The numbers of a reference file as doubles, whatever their stored type.
class OracleTensors {
public:
    explicit OracleTensors(const std::filesystem::path& path)
    {
        auto file = core::SafetensorsFile::open(path);
        if (!file)
            ADD_FAILURE() << file.error().message;
        else
            m_file = *file;
    }

    bool has(const std::string& name) const { return m_file && m_file->find(name); }

    std::vector<double> operator[](const std::string& name) const
    {
        const core::TensorView* view = m_file ? m_file->find(name) : nullptr;
        if (!view) {
            ADD_FAILURE() << "no tensor " << name;
            return {};
        }
        switch (view->dtype) {
        case core::DType::F64:
            return as<double>(*view);
        case core::DType::F32:
            return as<float>(*view);
        case core::DType::I64:
            return as<std::int64_t>(*view);
        case core::DType::U8:
            return as<std::uint8_t>(*view);
        default:
            ADD_FAILURE() << "unexpected type of " << name;
            return {};
        }
    }

private:
    template <typename T> static std::vector<double> as(const core::TensorView& view)
    {
        std::vector<double> out(view.bytes.size() / sizeof(T));
        for (std::size_t i = 0; i < out.size(); ++i) {
            T value;
            std::memcpy(&value, view.bytes.data() + i * sizeof(T), sizeof(T));
            out[i] = static_cast<double>(value);
        }
        return out;
    }

    std::shared_ptr<const core::SafetensorsFile> m_file;
};

inline nlohmann::json oracleJson(const std::filesystem::path& path)
{
    auto json = core::readJson(path);
    if (!json) {
        ADD_FAILURE() << json.error().message;
        return {};
    }
    return *json;
}

inline std::vector<core::GraphFeature> featuresFrom(
    const std::vector<double>& triples, const std::vector<double>& values = {})
{
    std::vector<core::GraphFeature> features;
    for (std::size_t i = 0; i + 2 < triples.size(); i += 3)
        features.push_back({{core::Layer(static_cast<int>(triples[i])),
                                core::Position(static_cast<int>(triples[i + 1])),
                                core::FeatureId(static_cast<int>(triples[i + 2]))},
            values.empty() ? 1.0f : static_cast<float>(values[i / 3])});
    return features;
}

/// The largest difference, with the place where it is.
inline void expectNear(const std::vector<double>& actual, const std::vector<double>& expected,
    double tolerance, const std::string& what)
{
    ASSERT_EQ(actual.size(), expected.size()) << what;
    double largest = 0.0;
    std::size_t where = 0;
    for (std::size_t i = 0; i < actual.size(); ++i)
        if (const double d = std::abs(actual[i] - expected[i]); d > largest || !(d == d)) {
            largest = d;
            where = i;
        }
    EXPECT_LE(largest, tolerance) << what << ": entry " << where << " is "
                                  << (actual.empty() ? 0 : actual[where]) << ", expected "
                                  << (expected.empty() ? 0 : expected[where]);
}

} // namespace tests
