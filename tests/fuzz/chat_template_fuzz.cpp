#include "core/text/chat_template.h"
#include "tests/fuzz/fuzz.h"

#include <nlohmann/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto chat = core::ChatTemplate::parse(std::string(fuzz::text(data, size)), "template");
    if (!fuzz::accepted(chat))
        return 0;
    const auto rendered = (*chat)->render(
        {{"system", "Be brief."}, {"user", "Hi <|x|>"}, {"assistant", "Hello"}, {"user", ""}}, true,
        {{"bos_token", "<s>"}, {"eos_token", "</s>"}, {"tools", nullptr}});
    if (fuzz::accepted(rendered))
        fuzz::sink = fuzz::sink + rendered->size();
    return 0;
}
