#include "ui/pages/swap_test_panel.h"

namespace ui {

SwapTestPanel::SwapTestPanel(Session*, Selection*, QWidget* parent)
    : QWidget(parent)
{
}

void SwapTestPanel::setPrompt(const QString&) { }

} // namespace ui
