#include "core/text/merge_list.h"

namespace core {

void MergeList::add(std::string_view left, std::string_view right)
{
    if (m_problem)
        return;
    m_sides.add(left);
    m_sides.add(right);
}

void MergeList::addLine(std::string_view line)
{
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos)
        complain(", `" + std::string(line) + "`, is not two pieces with a space between.");
    else
        add(line.substr(0, space), line.substr(space + 1));
}

void MergeList::addDamaged()
{
    complain(" must be a text or a pair of texts.");
}

void MergeList::complain(const std::string& problem)
{
    if (!m_problem)
        m_problem = "`model.merges` entry " + std::to_string(size()) + problem;
}

} // namespace core
