#pragma once

#include <QStringList>
#include <QWidget>

namespace ui {

/// Which colour is which curve; breaks into as many lines as it needs. Hidden while there is
/// nothing to tell apart.
class CurveLegend : public QWidget {
    Q_OBJECT
public:
    explicit CurveLegend(QWidget* parent = nullptr);

    void setNames(const QStringList& names); ///< In the order of the curves' colours.
    const QStringList& names() const { return m_names; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    /// At most in `width`; without a painter only measured. The height it takes.
    int lay(QPainter* painter, int width, const QPalette& colors) const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QStringList m_names;
};

} // namespace ui
