#include "ui/shared/token_keys.h"

#include <qnamespace.h>

namespace ui {

std::optional<int> tokenForKey(int key, int current, int count, int leftBegins)
{
    switch (key) {
    case Qt::Key_Left:
        return current < 0 ? leftBegins : current - 1;
    case Qt::Key_Right:
        return current + 1;
    case Qt::Key_Home:
        return 0;
    case Qt::Key_End:
        return count - 1;
    default:
        return std::nullopt;
    }
}

} // namespace ui
