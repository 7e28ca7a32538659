#include "core/engine/guard.h"

#include "core/base/log.h"

#include <new>
#include <string_view>

namespace core {

Error errorFrom(const std::exception& exception)
{
    const std::string_view what = exception.what();
    const bool isMemory = dynamic_cast<const std::bad_alloc*>(&exception) != nullptr
        || what.find("out of memory") != what.npos || what.find("not enough memory") != what.npos
        || what.find("can't allocate memory") != what.npos;
    if (isMemory)
        return {Error::Code::OutOfMemory,
            "Not enough memory for this. Close other models or dictionaries, or use a shorter "
            "text."};
    logWarning("caught: {}", what);
    return {Error::Code::Internal,
        "Something went wrong inside the engine: " + std::string(what.substr(0, what.find('\n')))};
}

} // namespace core
