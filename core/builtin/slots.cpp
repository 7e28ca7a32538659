#include "core/builtin/slots.h"

#include <algorithm>

namespace core {

Wordings splitWordings(std::string_view text)
{
    Wordings wordings;
    while (true) {
        const auto bar = text.find('|');
        wordings.emplace_back(text.substr(0, bar));
        if (bar == std::string_view::npos)
            return wordings;
        text.remove_prefix(bar + 1);
    }
}

std::string capitalised(std::string text)
{
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return text;
}

Slots unionOfSlots(const std::vector<Subject>& subjects)
{
    Slots all;
    for (const auto& subject : subjects) {
        for (const auto& [slot, wordings] : subject.slots) {
            auto& known = all[slot];
            for (const auto& wording : wordings) {
                if (std::find(known.begin(), known.end(), wording) == known.end())
                    known.push_back(wording);
            }
        }
    }
    return all;
}

} // namespace core
