// The events of a JSON text against nlohmann's own tree of the same text.
#include "core/files/json_events.h"

#include "core/files/json_file.h"

#include <random>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;
using testing::HasSubstr;

/// Writes the events down as a JSON text again.
class EventWriter : public core::JsonEvents {
public:
    void begin(Kind kind) override
    {
        separate();
        m_open.push_back(kind);
        m_text += kind == Kind::Object ? "{" : "[";
    }
    void end() override
    {
        m_text += m_open.back() == Kind::Object ? "}" : "]";
        m_open.pop_back();
    }
    void key(std::string_view name) override
    {
        separate();
        m_text += json(name).dump() + ":";
    }
    void text(std::string_view text) override { put(json(text).dump()); }
    void value(const json& value) override { put(value.dump()); }

    const std::string& written() const { return m_text; }

private:
    void separate()
    {
        if (!m_text.empty()
            && std::string_view("{[:").find(m_text.back()) == std::string_view::npos)
            m_text += ",";
    }
    void put(const std::string& text)
    {
        separate();
        m_text += text;
    }

    std::string m_text;
    std::vector<Kind> m_open;
};

json anyValue(std::mt19937& random, int depth)
{
    const auto kind = random() % (depth > 0 ? 9 : 7);
    json made = kind == 7 ? json::array() : json::object();
    switch (kind) {
    case 0:
        return nullptr;
    case 1:
        return random() % 2 == 0;
    case 2:
        return -static_cast<std::int64_t>(random());
    case 3:
        return std::uint64_t{0xffffffffffffffffu} - random();
    case 4:
        return static_cast<double>(random()) / 7e3;
    case 5:
        return "";
    case 6:
        return "\"\\/\n\u00e9\U0001f600{[,:" + std::to_string(random() % 100);
    default:
        for (unsigned i = 0; i < random() % 5; ++i) {
            if (kind == 7)
                made.push_back(anyValue(random, depth - 1));
            else
                made[std::to_string(random() % 1000)] = anyValue(random, depth - 1);
        }
        return made;
    }
}

TEST(JsonEvents, TellWhatTheTextHolds)
{
    std::mt19937 random(21);
    for (int trial = 0; trial < 500; ++trial) {
        const json value = anyValue(random, 5);
        EventWriter writer;
        const auto read = core::parseJson(value.dump(trial % 3), "x", writer);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(writer.written(), value.dump());
    }
}

TEST(JsonEvents, RefuseWhatATreeRefusesInTheSameWords)
{
    const std::string good = R"({"a": [1, -2.5, "x\n\u00e9é"], "b": {"c": null, "d": true}})";
    std::mt19937 random(22);
    int refused = 0;
    for (int trial = 0; trial < 3000; ++trial) {
        std::string text = good.substr(0, static_cast<std::size_t>(trial) % (good.size() + 1));
        if (trial > 200) {
            text = good;
            for (unsigned change = 0; change <= random() % 3; ++change)
                text[random() % text.size()] = static_cast<char>(random() % 256);
        }
        const auto tree = core::parseJson(text, "x.json");
        EventWriter writer;
        const auto events = core::parseJson(text, "x.json", writer);
        ASSERT_EQ(static_cast<bool>(events), static_cast<bool>(tree)) << text;
        if (tree)
            continue;
        ++refused;
        EXPECT_EQ(events.error().message, tree.error().message);
        EXPECT_EQ(events.error().code, core::Error::Code::InvalidFile);
    }
    EXPECT_GT(refused, 1000);
}

TEST(JsonEvents, RefuseTooManyBracketsAndNumbersWithoutEnd)
{
    EventWriter writer;
    EXPECT_THAT(core::parseJson(std::string(1'000'000, '['), "x.json", writer).error().message,
        HasSubstr("x.json: brackets are nested more than 200 deep"));
    EXPECT_THAT(
        core::parseJson("[1e999]", "x.json", writer).error().message, HasSubstr("number overflow"));
    const std::string deep = std::string(200, '[') + std::string(200, ']');
    EventWriter other;
    EXPECT_TRUE(core::parseJson(deep, "x.json", other));
    EXPECT_EQ(other.written(), deep);
}

} // namespace
