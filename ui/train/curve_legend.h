#pragma once

#include "ui/train/curve.h"

#include <vector>

#include <QStringList>
#include <QWidget>

namespace ui {

/// Which colour is which curve, hollow where it is dashed; breaks into as many lines as it needs.
/// Hidden while there is nothing to tell apart.
class CurveLegend : public QWidget {
    Q_OBJECT
public:
    explicit CurveLegend(QWidget* parent = nullptr);

    void setCurves(const std::vector<Curve>& curves); ///< Only read within the call.
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
    struct Mark {
        int color = 0;
        bool isHollow = false;
        bool operator==(const Mark&) const = default;
    };
    QStringList m_names;
    std::vector<Mark> m_marks; ///< One a name.
};

} // namespace ui
