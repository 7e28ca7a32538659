// Chat templates against Jinja2 3.1.6 set up as Hugging Face transformers does, the six published
// templates, and templates that mean harm.
#include "core/text/chat_template.h"

#include "core/files/json_file.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"

#include <chrono>
#include <ctime>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using core::ChatMessage;
using core::ChatTemplate;
using nlohmann::json;
using testing::HasSubstr;
using tests::TemporaryFolder;

core::Result<std::string> render(const std::string& source, const json& variables = json::object(),
    const std::vector<ChatMessage>& messages = {})
{
    const auto made = ChatTemplate::parse(source, "t.jinja");
    if (!made)
        return core::fail(made.error());
    return (*made)->render(messages, true, variables);
}

std::string rendered(const std::string& source)
{
    const auto text = render(source);
    EXPECT_TRUE(text) << source << ": " << text.error().message;
    return text.value_or("");
}

std::string templateRefusal(const std::string& source)
{
    const auto text = render(source);
    EXPECT_FALSE(text) << source.substr(0, 80) << " gave " << text->substr(0, 80);
    if (text)
        return {};
    EXPECT_THAT(text.error().message, HasSubstr("t.jinja: "));
    return text.error().message;
}

TEST(ChatTemplate, AgreesWithJinja)
{
    const auto cases = core::readJson(tests::testFixture("text/jinja_cases.json"));
    ASSERT_TRUE(cases) << cases.error().message;
    ASSERT_GE(cases->size(), 200u);
    const auto folder = tests::sharedFixture("formats/chat-templates");
    for (const json& expected : *cases) {
        std::string source = expected.value("template", "");
        if (expected.contains("file")) {
            if (!std::filesystem::exists(folder))
                continue;
            source = tests::readAll(folder / expected["file"].get<std::string>());
        }
        json variables = expected.value("variables", json::object());
        if (expected.contains("file")) {
            variables["bos_token"] = "<s>";
            variables["eos_token"] = "</s>";
        }
        const auto text = render(source, variables);
        const std::string name = expected.value("file", source) + variables.dump().substr(0, 200);
        if (expected.contains("error")) {
            EXPECT_FALSE(text) << name << " gave " << text.value_or("");
            continue;
        }
        ASSERT_TRUE(text) << name << ": " << text.error().message;
        EXPECT_EQ(*text, expected["output"].get<std::string>()) << name;
    }
}

TEST(ChatTemplate, PublishedTemplatesRenderAsExpected)
{
    REQUIRE_SHARED_FIXTURE("formats/chat-templates/expected.json");
    const auto folder = tests::sharedFixture("formats/chat-templates");
    const auto expected = core::readJson(folder / "expected.json");
    ASSERT_TRUE(expected);
    int count = 0;
    for (const auto& [name, entry] : (*expected)["templates"].items()) {
        auto file = entry["template"].get<std::string>();
        file = file.substr(file.rfind('/') + 1);
        const auto made = ChatTemplate::parse(tests::readAll(folder / file), file);
        ASSERT_TRUE(made) << made.error().message;
        for (const auto& [which, output] : entry["cases"].items()) {
            std::vector<ChatMessage> messages;
            const std::string conversation = which.substr(0, which.find('+'));
            for (const json& message : (*expected)["messages"][conversation])
                messages.push_back({message["role"], message["content"]});
            // The date that the expectations were made with.
            const json variables = {{"bos_token", entry["bos_token"]},
                {"eos_token", entry["eos_token"]}, {"date_string", "26 Jul 2024"}};
            const auto text
                = (*made)->render(messages, which.find("+gen") != std::string::npos, variables);
            ++count;
            if (output.is_object()) {
                ASSERT_FALSE(text);
                EXPECT_EQ(text.error().message, file + ": " + output["error"].get<std::string>());
            } else {
                ASSERT_TRUE(text) << name << " " << which << ": " << text.error().message;
                EXPECT_EQ(*text, output.get<std::string>()) << name << " " << which;
            }
        }
    }
    EXPECT_EQ(count, 36);
}

TEST(ChatTemplate, KnowsToday)
{
    const std::time_t now = std::time(nullptr);
    char today[64];
    std::strftime(today, sizeof today, "%d %b %Y", std::localtime(&now));
    EXPECT_EQ(rendered("{{ strftime_now('%d %b %Y') }}"), today);
    EXPECT_EQ(rendered("{{ strftime_now is defined }}"), "True");
}

TEST(ChatTemplate, MessagesAndVariablesAreSeen)
{
    const std::string source
        = "{{ bos_token }}{% for m in messages %}{{ m.role }}:{{ m['content'] }};{% endfor %}"
          "{{ add_generation_prompt }}{{ tools is none }}{{ enable_thinking is defined }}";
    const auto text = render(source, {{"bos_token", "<s>"}, {"enable_thinking", false}},
        {{"user", "é\n"}, {"assistant", "b"}});
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, "<s>user:é\n;assistant:b;TrueTrueTrue");
    const auto made = ChatTemplate::parse("{{ add_generation_prompt }}", "t");
    EXPECT_EQ((*made)->render({}, false).value(), "False");
}

TEST(ChatTemplate, FoldersKeepItInFourPlaces)
{
    const TemporaryFolder folder;
    const auto open = [&folder] {
        const auto made = ChatTemplate::open(folder.path());
        EXPECT_TRUE(made) << made.error().message;
        return made && *made ? (*made)->render({{"user", "u"}}, false).value() : "none";
    };
    EXPECT_EQ(open(), "none");
    tests::writeAll(folder / "chat_template.json", R"({"chat_template": "json"})");
    EXPECT_EQ(open(), "json");
    tests::writeAll(folder / "tokenizer_config.json", R"({"bos_token": {"content": "<s>"}})");
    EXPECT_EQ(open(), "json");
    tests::writeAll(folder / "tokenizer_config.json",
        R"({"chat_template": [{"name": "tool_use", "template": "x"},
            {"name": "default", "template": "{{ bos_token }}{{ eos_token }}!"}],
            "bos_token": {"content": "<s>"}, "eos_token": null})");
    tests::writeAll(folder / "special_tokens_map.json", R"({"eos_token": "</s>"})");
    EXPECT_EQ(open(), "<s></s>!");
    tests::writeAll(folder / "tokenizer_config.json",
        R"({"chat_template": "{{ messages[0].content }}{{ eos_token }}"})");
    EXPECT_EQ(open(), "u</s>");
    tests::writeAll(folder / "chat_template.jinja", "own {{ eos_token }}\n");
    EXPECT_EQ(open(), "own </s>");
}

TEST(ChatTemplateHostile, DamagedFolders)
{
    const TemporaryFolder folder;
    const auto problem = [&folder](const char* file, const char* content) {
        tests::writeAll(folder / file, content);
        const auto made = ChatTemplate::open(folder.path());
        std::filesystem::remove(folder / file);
        return made ? std::string() : made.error().message;
    };
    EXPECT_THAT(problem("tokenizer_config.json", "{"), HasSubstr("tokenizer_config.json"));
    EXPECT_THAT(problem("tokenizer_config.json", "[]"), HasSubstr("JSON object"));
    EXPECT_THAT(
        problem("tokenizer_config.json", R"({"chat_template": 5})"), HasSubstr("`chat_template`"));
    EXPECT_THAT(problem("tokenizer_config.json", R"({"chat_template": [{"name": "rag"}]})"),
        HasSubstr("one named `default`"));
    EXPECT_THAT(problem("tokenizer_config.json", R"({"chat_template": "{% if %}"})"),
        HasSubstr("tokenizer_config.json: line 1"));
    EXPECT_THAT(problem("special_tokens_map.json", "[1]"), HasSubstr("special_tokens_map.json"));
    EXPECT_THAT(problem("chat_template.json", "7"), HasSubstr("chat_template.json"));
    EXPECT_THAT(problem("chat_template.jinja", "\xff"), HasSubstr("not valid UTF-8"));
    EXPECT_THAT(problem("chat_template.jinja", "{{"), HasSubstr("a tag has no end"));
}

TEST(ChatTemplateHostile, WhatIsNotKnownIsNamed)
{
    EXPECT_THAT(
        templateRefusal("{{ 1 | urlize }}"), HasSubstr("the filter `urlize` is not supported"));
    EXPECT_THAT(templateRefusal("{{ [1] | map('urlize') }}"), HasSubstr("`urlize`"));
    EXPECT_THAT(
        templateRefusal("{{ 1 is escaped }}"), HasSubstr("the test `escaped` is not supported"));
    EXPECT_THAT(templateRefusal("{{ [1] | select('escaped') | list }}"), HasSubstr("`escaped`"));
    EXPECT_THAT(templateRefusal("{{ lipsum() }}"), HasSubstr("`lipsum` is not a function"));
    EXPECT_THAT(templateRefusal("{{ 'a'.swapcase() }}"), HasSubstr("`swapcase`"));
    EXPECT_THAT(templateRefusal("{% include 'x' %}"), HasSubstr("the statement `include`"));
    EXPECT_THAT(templateRefusal("{% for x in y recursive %}{% endfor %}"), HasSubstr("recursive"));
    EXPECT_THAT(templateRefusal("{{ f(*x) }}"), HasSubstr("`*`"));
    EXPECT_THAT(templateRefusal("\n\n{{ 1 1 }}"), HasSubstr("line 3"));
    EXPECT_THAT(templateRefusal("{{ raise_exception('No.') }}"), HasSubstr("t.jinja: No."));
}

TEST(ChatTemplateHostile, BrokenSyntax)
{
    for (const char* source : {"{{", "{{ 1", "{{ 1 }", "{% if x %}", "{% endif %}", "{% else %}",
             "{% if x %}{% endfor %}", "{% for %}{% endfor %}", "{% for x %}{% endfor %}",
             "{% for 1 in x %}{% endfor %}", "{% set %}", "{% set x %}", "{% set 1 = 2 %}", "{#",
             "{% raw %}", "{% %}", "{{ }}", "{{ ) }}", "{{ (1 }}", "{{ [1 }}", "{{ {1 }}",
             "{{ {'a' 1} }}", "{{ 'abc }}", "{{ 'a\\x4' }}", "{{ '\\ud800' }}", "{{ a. }}",
             "{{ a[ }}", "{{ a| }}", "{{ a is }}", "{{ a if }}", "{{ 1 + }}", "{{ not }}",
             "{{ a b }}", "{{ @ }}", "{{ f(a=1, 2) }}", "{% macro %}{% endmacro %}",
             "{% macro f(1) %}{% endmacro %}", "{% macro f() %}", "{% call 1 %}{% endcall %}",
             "{% filter nope %}{% endfilter %}", "{{ 99999999999999999999 }}",
             "{% if 1 %}{% elif %}", "{% with a %}{% endwith %}", "{% endraw %}",
             "{% if 1 %}a{% else %}b{% else %}c{% endif %}"})
        EXPECT_FALSE(ChatTemplate::parse(source, "t")) << source;
}

TEST(ChatTemplateHostile, NothingRunsOrGrowsForever)
{
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(
        templateRefusal("{% set r = range(100) %}{% for i in r %}{% for j in r %}{% for k in r %}"
                        "{% for l in r %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}"),
        HasSubstr("runs too long"));
    EXPECT_THAT(templateRefusal("{{ range(9000000000000000000)|list|length }}"),
        HasSubstr("`range` of more"));
    EXPECT_THAT(templateRefusal("{% set ns = namespace(x='ab') %}{% for i in range(100) %}"
                                "{% set ns.x = ns.x ~ ns.x %}{% endfor %}"),
        HasSubstr("too much text"));
    EXPECT_THAT(templateRefusal("{{ 'a' * 9000000000000000000 }}"), HasSubstr("too large"));
    EXPECT_THAT(templateRefusal("{{ [1] * 900000000 }}"), HasSubstr("too"));
    EXPECT_THAT(templateRefusal("{% for i in range(1000) %}{{ 'a' * 100000 }}{% endfor %}"),
        HasSubstr("16 MiB"));
    EXPECT_THAT(templateRefusal("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
        HasSubstr("goes too deep"));
    EXPECT_THAT(
        templateRefusal("{% macro f(x) %}{{ f(x|map('upper')|list) }}{% endmacro %}{{ f([]) }}"),
        HasSubstr("goes too deep"));
    EXPECT_THAT(templateRefusal("{% set ns = namespace(x=[]) %}{% for i in range(100000) %}"
                                "{% set ns.x = [ns.x] %}{% endfor %}"),
        HasSubstr("nested more than"));
    EXPECT_THAT(
        templateRefusal("{% set ns = namespace() %}{% set ns.x = ns %}"), HasSubstr("namespace"));
    EXPECT_THAT(templateRefusal("{{ 'a'|indent(1000000000) }}"), HasSubstr("not supported"));
    EXPECT_THAT(templateRefusal("{{ [1]|tojson(indent=1000000000) }}"), HasSubstr("not supported"));
    EXPECT_THAT(templateRefusal("{{ 3 ** 100 }}"), HasSubstr("too large"));
    EXPECT_EQ(rendered("{{ 1 ** 9000000000000000000 }}{{ 0 ** 9000000000000000000 }}"), "10");
    EXPECT_EQ(rendered("{{ (0 - 9223372036854775807 - 1) % -1 }}"), "0");
    EXPECT_THAT(
        templateRefusal("{{ (0 - 9223372036854775807 - 1) // -1 }}"), HasSubstr("too large"));
    EXPECT_EQ(
        rendered("{{ 'abc'[::9223372036854775807] }}{{ 'abc'[-9223372036854775807:] }}"), "aabc");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST(ChatTemplateHostile, NothingNestsForever)
{
    const auto repeated = [](const std::string& text, int count) {
        std::string all;
        for (int i = 0; i < count; ++i)
            all += text;
        return all;
    };
    constexpr int kMany = 50'000;
    for (const std::string& source :
        {"{{ " + repeated("(", kMany) + "1" + repeated(")", kMany) + " }}",
            "{{ " + repeated("[", kMany), "{{ " + repeated("not ", kMany) + "1 }}",
            "{{ " + repeated("-", kMany) + "1 }}", "{{ 1" + repeated(" + 1", kMany) + " }}",
            "{{ 1" + repeated(" ~ 1", kMany) + " }}", "{{ 1" + repeated(" or 1", kMany) + " }}",
            "{{ a" + repeated(".a", kMany) + " }}", "{{ a" + repeated("[0]", kMany) + " }}",
            "{{ a" + repeated("|trim", kMany) + " }}",
            "{{ a" + repeated(" if a else b", kMany) + " }}",
            "{{ a" + repeated("()", kMany) + " }}", repeated("{% if 1 %}", kMany),
            repeated("{% for x in y %}", kMany), "{{ " + repeated("{'a':", kMany)})
        EXPECT_FALSE(ChatTemplate::parse(source, "t")) << source.substr(0, 30);
    EXPECT_FALSE(ChatTemplate::parse(std::string(2'000'000, ' '), "t"));
    EXPECT_EQ(rendered("{{ " + repeated("(", 20) + "1" + repeated(" + 1)", 20) + " }}"), "21");
}

} // namespace
