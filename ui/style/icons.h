#pragma once

#include <cstdint>

#include <QIcon>

namespace ui {

enum class Icon : std::uint8_t {
    Models,
    Prompt,
    Features,
    Steer,
    Circuit,
    Search,
    Open,
    Copy,
    Play,
    Stop,
    Add,
    Remove,
    Close,
    Undo,
    Warning,
    Label,
    Save,
    Preferences,
    Reset,
    Swap,
    Pin,
    Group,
    Back,
    Check,
    Download,
    Recent,
    Start,
    Train
};

/// A line drawing in the colour of the text it stands beside; sharp at every scale, right in both
/// themes.
QIcon icon(Icon which);

} // namespace ui
