#include "core/files/utf8_check.h"

#include <utf8proc.h>

namespace core {

bool isUtf8(std::string_view text)
{
    const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    while (left > 0) {
        utf8proc_int32_t codePoint = 0;
        const utf8proc_ssize_t used = utf8proc_iterate(at, left, &codePoint);
        if (used <= 0)
            return false;
        at += used;
        left -= used;
    }
    return true;
}

} // namespace core
