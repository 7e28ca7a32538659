#include "core/engine/request_table.h"

#include "core/base/log.h"

#include <exception>
#include <map>

namespace core {

namespace {

/// Filled while the library is loaded, before any engine is made; read alone afterwards.
std::map<std::string_view, RequestWork>& table()
{
    static std::map<std::string_view, RequestWork> works;
    return works;
}

} // namespace

const RequestWork* findWork(std::string_view name)
{
    const auto found = table().find(name);
    return found == table().end() ? nullptr : &found->second;
}

void enterWork(std::string_view name, RequestWork work)
{
    // Answers are told apart by the name alone: two requests of one name would be taken for each
    // other.
    if (!table().try_emplace(name, std::move(work)).second) {
        logWarning("two requests are called {}", name);
        std::terminate();
    }
}

} // namespace core
