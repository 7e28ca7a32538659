#pragma once

#include <cstdint>
#include <vector>

#include <QString>
#include <QWidget>

namespace ui {

/// A token and a number to colour it by.
struct StripToken {
    QString text; ///< As in the prompt; white space is kept.
    double value = 0.0;
    bool isSpecial = false; ///< Not part of what was typed (BOS): shown pale.
    QString note = {}; ///< First line of the tooltip; empty = the token and its value.
};

/// Tokens of a text, wrapped like text, each on a background by its value. Hovering tells the
/// value; click and arrow keys choose one. Negative values are blue with a bar above, positive ones
/// orange with one below.
class TokenStrip : public QWidget {
    Q_OBJECT
public:
    enum class Scale : std::uint8_t { Sequential, Diverging };

    explicit TokenStrip(QWidget* parent = nullptr);

    void setTokens(std::vector<StripToken> tokens);
    const std::vector<StripToken>& tokens() const { return m_tokens; }
    void setValues(const std::vector<float>& values); ///< One per token; keeps the texts.
    /// `maximum` gets the strongest colour; 0 = the largest |value| here. `unit` ends the tooltip.
    void setScale(Scale scale, double maximum, const QString& unit = {});
    void setCurrent(int index); ///< -1 = none. Emits nothing.
    int current() const { return m_current; }
    /// Without it the strip only shows: no focus, no clicks (lists of examples).
    void setInteractive(bool isInteractive);
    void setMaximumLines(int lines); ///< 0 = as many as it takes; what does not fit ends in "…".

    /// Whether a token that ends a line also ends it here (it does unless told otherwise). Its sign
    /// ⏎ is drawn either way.
    void setBreaksLines(bool breaksLines);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    int tokenAt(const QPoint& point) const; ///< -1 where there is none.
    QColor colorOf(int index) const;

Q_SIGNALS:
    void currentChanged(int index);
    void activated(int index); ///< Clicked, or the space bar on the current one; also again.
    void hovered(int index); ///< -1 when the mouse left.

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Layout {
        std::vector<QRect> boxes; ///< Null for tokens that did not fit.
        int height = 0;
        bool isCut = false;
    };
    Layout layOut(int width) const;
    const Layout& currentLayout() const;
    void choose(int index);
    void changed();
    QString shownText(const StripToken& token) const;

    std::vector<StripToken> m_tokens;
    Scale m_scale = Scale::Sequential;
    double m_maximum = 0.0;
    QString m_unit;
    int m_current = -1;
    int m_hovered = -1;
    int m_maximumLines = 0;
    bool m_isInteractive = true;
    bool m_breaksLines = true;
    mutable Layout m_layout;
    mutable int m_layoutWidth = -1;
};

} // namespace ui
