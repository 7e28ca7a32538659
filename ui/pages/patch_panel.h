#pragma once

#include "core/base/ids.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <QWidget>

namespace ui {

/// Which places carry the difference between a clean and a corrupt prompt: activation patching and
/// its first-order estimate.
class PatchPanel : public QWidget {
    Q_OBJECT
public:
    PatchPanel(Session* session, Selection* selection, QWidget* parent = nullptr);

    void setPrompts(const QString& clean, const QString& corrupt);

Q_SIGNALS:
    /// The graph of this prompt is wanted; cellChosen follows at once. Whoever shows that very
    /// graph already need not trace it again.
    void traceRequested(const QString& prompt);
    /// A cell of a map was chosen; of the map of heads the position is none.
    void cellChosen(core::Layer layer, core::Position position);
};

} // namespace ui
