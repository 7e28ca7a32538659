#pragma once

#include "ui/models/hub/hub_address.h"

namespace ui {

/// Whether a file name that a server sent may be used below a folder: relative, no "..", no
/// backslash, no control character, no part that a file system would refuse, and not a name that a
/// download in progress uses.
bool isSafeName(const QString& path);

/// The place of `name` below `folder`, after making sure that no folder on the way is a link that
/// leads out of it. Touches the disk.
HubResult<QString> placeBelow(const QString& folder, const QString& name);

} // namespace ui
