#pragma once

#include <memory>

/// Sizes were taken from the font when a widget was made; when the text's size changes while the
/// program runs, they follow here, in one place for every widget there is.
namespace ui {

/// Multiplies what widgets were told by `ratio`, the new height of a line over the old one: least
/// and greatest sizes, rows, columns, icons of tool bars, fonts that a widget has of its own, and
/// windows as far as their screen goes. Made before the font changes: what a widget mends by itself
/// is seen by the difference and left alone.
class ScaledSizes {
public:
    ScaledSizes(); ///< Remembers how large everything is now.
    ~ScaledSizes();
    ScaledSizes(const ScaledSizes&) = delete;
    ScaledSizes& operator=(const ScaledSizes&) = delete;

    void follow(double ratio); ///< Once, after the font has changed.

private:
    struct Before;
    std::unique_ptr<Before> m_before;
};

} // namespace ui
