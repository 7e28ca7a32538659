#include "app/cli/tokens.h"

#include "app/cli/options.h"

#include <charconv>

namespace cli {

std::vector<core::TokenId> parseIds(const std::string& text)
{
    std::vector<core::TokenId> ids;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
        int id = 0;
        const auto [next, error] = std::from_chars(at, end, id);
        if (error != std::errc() || (next < end && *next != ','))
            throw UsageError{"--ids", "write ids as 1,2,3; got `" + text + "`"};
        ids.emplace_back(id);
        at = next + 1;
    }
    return ids;
}

Json nextTokensJson(const std::vector<core::NextToken>& tokens)
{
    Json out = Json::array();
    for (const core::NextToken& token : tokens)
        out.push(Json{
            {"id", token.id.value}, {"token", token.text}, {"probability", token.probability}});
    return out;
}

} // namespace cli
