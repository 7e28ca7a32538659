#pragma once

#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <QWidget>

namespace ui {

/// Does replacing the features of one thing by those of another change the answer? Over many pairs
/// of prompts, with the success rate.
class SwapTestPanel : public QWidget {
    Q_OBJECT
public:
    SwapTestPanel(Session* session, Selection* selection, QWidget* parent = nullptr);

    void setPrompt(const QString& prompt); ///< Of the first pair, and the example to make more of.

Q_SIGNALS:
    void swapChosen(const QString& prompt, const QString& donor); ///< To be looked at alone.
};

} // namespace ui
