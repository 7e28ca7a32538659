#pragma once

#include <QWidget>

namespace ui {

/// Laid over a window while something is dragged across it: what may be dropped here. Covers its
/// parent, lets every event through.
class DropHint : public QWidget {
    Q_OBJECT
public:
    DropHint(const QString& text, QWidget* parent);

    void cover(); ///< Shows it over the whole parent as it is now.

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_text;
};

} // namespace ui
