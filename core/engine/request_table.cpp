#include "core/engine/request_table.h"

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
    table().insert_or_assign(name, std::move(work));
}

} // namespace core
