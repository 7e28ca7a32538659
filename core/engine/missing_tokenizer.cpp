#include "core/engine/missing_tokenizer.h"

#include <fmt/format.h>

namespace core {

Result<Tokens> MissingTokenizer::encode(std::string_view, bool) const
{
    return fail(Error::Code::NotFound, "This model cannot read text, only token ids: " + m_problem);
}

std::string MissingTokenizer::decode(std::span<const TokenId> ids, bool) const
{
    std::string text;
    for (const TokenId id : ids)
        text += display(id);
    return text;
}

std::string MissingTokenizer::display(TokenId id) const
{
    return fmt::format("<{}>", id.value);
}

} // namespace core
