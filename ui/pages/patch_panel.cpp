#include "ui/pages/patch_panel.h"

namespace ui {

PatchPanel::PatchPanel(Session*, Selection*, QWidget* parent)
    : QWidget(parent)
{
}

void PatchPanel::setPrompts(const QString&, const QString&) { }

} // namespace ui
