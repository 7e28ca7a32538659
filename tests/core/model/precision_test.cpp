#include "core/model/precision.h"

#include <gtest/gtest.h>

#include <ATen/Context.h>

using namespace core;

namespace {

TEST(Precision, CpuComputesInFloat32WhateverIsKept)
{
    const std::vector<std::pair<std::string, WeightForm>> forms{{"float32", WeightForm::AsStored},
        {"bfloat16", WeightForm::BFloat16}, {"float16", WeightForm::Float16},
        {"int8", WeightForm::Int8}};
    for (const auto& [dtype, form] : forms) {
        const auto precision = Precision::parse("cpu", dtype);
        ASSERT_TRUE(precision) << precision.error().message;
        EXPECT_EQ(precision->weights, form);
        EXPECT_EQ(precision->compute, c10::kFloat);
        EXPECT_TRUE(precision->device.is_cpu());
        EXPECT_EQ(precision->deviceName(), "cpu");
        EXPECT_EQ(precision->dtypeName(), dtype);
    }
}

TEST(Precision, RefusesWhatThereIsNotByName)
{
    const auto message = [](const char* device, const char* dtype) {
        const auto precision = Precision::parse(device, dtype);
        return precision ? std::string() : precision.error().message;
    };
    for (const char* device : {"gpu", "cuda:", "cuda:-1", "cuda:1x", "CPU", ""})
        EXPECT_NE(message(device, "float32").find("There is no device `" + std::string(device)),
            std::string::npos)
            << device;
    for (const char* dtype : {"int4", "fp16", "float64", ""})
        EXPECT_NE(message("cpu", dtype).find("There is no precision `" + std::string(dtype)),
            std::string::npos)
            << dtype;
}

TEST(Precision, WithoutCudaItSaysWhatToDo)
{
    if (at::hasCUDA())
        GTEST_SKIP() << "this libtorch has CUDA";
    const auto automatic = Precision::parse("auto", "float32");
    ASSERT_TRUE(automatic);
    EXPECT_TRUE(automatic->device.is_cpu());
    for (const char* device : {"cuda", "cuda:1"}) {
        const auto precision = Precision::parse(device, "float16");
        ASSERT_FALSE(precision);
        EXPECT_EQ(precision.error().code, Error::Code::Unsupported);
        EXPECT_NE(precision.error().message.find("without CUDA"), std::string::npos);
        EXPECT_NE(precision.error().message.find("Use the device cpu"), std::string::npos);
    }
}

} // namespace
