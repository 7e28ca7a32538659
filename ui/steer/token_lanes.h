#pragma once

#include "core/api/generate.h"

#include <vector>

#include <QString>
#include <QWidget>

namespace ui {

/// A token of a steered text and what is known of it.
struct LaneToken {
    QString text;
    core::TokenFigures figures;
};

/// The strip under a steered text: a column for each token, with a bar in each lane: how much of
/// the steering the guard let through, how strong the change was, how unlike it made the next
/// token. Hovering tells the numbers; click and arrow keys choose a token.
class TokenLanes : public QWidget {
    Q_OBJECT
public:
    explicit TokenLanes(QWidget* parent = nullptr);

    void clear(bool hasGuard); ///< Without a guard there is no lane for what it let through.
    void append(const LaneToken& token);
    void finish(); ///< No more tokens come: tells screen readers all of them.
    void setCurrent(int index); ///< -1 = none. Emits nothing.
    int current() const { return m_current; }
    int count() const;
    QString toTable() const;
    QString tooltipOf(int index) const;
    int tokenAt(const QPoint& point) const; ///< -1 where there is none.

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void chosen(int index); ///< By click or key.

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Lane {
        float core::TokenFigures::*figure;
        QString name, symbol, what; ///< In words, in the field's sign, for the tooltip.
        int color; ///< Of the series of charts.
    };
    const std::vector<Lane>& lanes() const { return m_hasGuard ? m_all : m_unguarded; }
    double largest(const Lane& lane) const;
    QString maximumText(const Lane& lane) const;
    int laneHeight() const;
    QRectF bars() const; ///< Where they stand: between the names and the maxima.
    QString nameShown(const Lane& lane) const;
    double columnWidth() const;
    void choose(int index);

    std::vector<Lane> m_all, m_unguarded;
    std::vector<LaneToken> m_tokens;
    bool m_hasGuard = false;
    int m_current = -1, m_hovered = -1;
};

} // namespace ui
