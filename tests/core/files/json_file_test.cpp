#include "core/files/json_file.h"

#include "tests/core/files/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using core::JsonFields;
using testing::HasSubstr;
using tests::TemporaryFolder;

TEST(JsonFile, ReadsAndLocatesMistakes)
{
    const TemporaryFolder folder;
    tests::writeAll(folder / "good.json", R"({"a": [1, 2]})");
    const auto good = core::readJson(folder / "good.json");
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ((*good)["a"][1], 2);

    tests::writeAll(folder / "bad.json", "{\n  \"a\": 1,\n  \"b\": x\n}");
    const auto bad = core::readJson(folder / "bad.json");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, core::Error::Code::InvalidFile);
    EXPECT_THAT(bad.error().message, HasSubstr("bad.json"));
    EXPECT_THAT(bad.error().message, HasSubstr("line 3, column 8"));
    EXPECT_EQ(core::readJson(folder / "none.json").error().code, core::Error::Code::NotFound);
}

TEST(JsonFile, HostileTextIsRefused)
{
    EXPECT_FALSE(core::parseJson("", "x"));
    EXPECT_THAT(
        core::parseJson(std::string(1'000'000, '['), "x").error().message, HasSubstr("nested"));
    EXPECT_FALSE(core::parseJson("\"\xff\"", "x"));
    EXPECT_FALSE(core::parseJson("1e999", "x"));
    EXPECT_FALSE(core::parseJson("{} {}", "x"));
    EXPECT_TRUE(core::parseJson(R"(["[[[[\"", "\\"])", "x"));
}

TEST(JsonFile, EveryCutOfAFileIsRefused)
{
    const std::string text = R"({"a": [1, 2.5, "x\n"], "b": {"c": null, "d": true}})";
    ASSERT_TRUE(core::parseJson(text, "x"));
    for (std::size_t length = 0; length < text.size(); ++length)
        EXPECT_FALSE(core::parseJson(text.substr(0, length), "x")) << length;
}

TEST(JsonFields, ReadsTypedFields)
{
    const nlohmann::json object
        = {{"s", "text"}, {"i", 7}, {"whole", 4096.0}, {"x", 0.5}, {"b", true}, {"n", nullptr}};
    JsonFields fields(object, "config.json");
    EXPECT_EQ(fields.string("s"), "text");
    EXPECT_EQ(fields.integer("i"), 7);
    EXPECT_EQ(fields.integer("whole"), 4096);
    EXPECT_EQ(fields.number("x", 0), 0.5);
    EXPECT_EQ(fields.number("i", 0), 7.0);
    EXPECT_TRUE(fields.boolean("b", false));
    EXPECT_FALSE(fields.has("n"));
    EXPECT_FALSE(fields.has("absent"));
    EXPECT_EQ(fields.integer("n", 3), 3);
    EXPECT_EQ(fields.string("absent", "fallback"), "fallback");
    EXPECT_TRUE(fields.check());
}

TEST(JsonFields, RemembersTheFirstProblem)
{
    const nlohmann::json object = {{"s", 1}, {"x", "y"}};
    JsonFields fields(object, "config.json");
    fields.integer("n_layer");
    fields.string("s");
    ASSERT_FALSE(fields.check());
    EXPECT_THAT(
        fields.check().error().message, HasSubstr("config.json: field `n_layer` is missing"));
}

TEST(JsonFields, RefusesWrongTypes)
{
    const auto problem = [](const nlohmann::json& value, auto read) {
        const nlohmann::json object = {{"f", value}};
        JsonFields fields(object, "c.json");
        read(fields);
        const auto checked = fields.check();
        return checked ? std::string() : checked.error().message;
    };
    const auto asInteger = [](JsonFields& fields) { fields.integer("f"); };
    EXPECT_THAT(problem(1.5, asInteger), HasSubstr("`f` must be a whole number"));
    EXPECT_NE(problem(18446744073709551615u, asInteger), "");
    EXPECT_NE(problem(1e300, asInteger), "");
    EXPECT_NE(problem("7", asInteger), "");
    EXPECT_EQ(problem(INT64_MIN, asInteger), "");
    EXPECT_NE(problem(true, [](JsonFields& fields) { fields.number("f", 0); }), "");
    EXPECT_NE(problem(1, [](JsonFields& fields) { fields.boolean("f", false); }), "");
    EXPECT_NE(problem({1}, [](JsonFields& fields) { fields.string("f", ""); }), "");
    const nlohmann::json list = nlohmann::json::array({1});
    JsonFields fields(list, "c.json");
    EXPECT_EQ(fields.integer("f", 2), 2);
    EXPECT_THAT(fields.check().error().message, HasSubstr("a JSON object {...} is expected"));
}

} // namespace
