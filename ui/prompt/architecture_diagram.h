#pragma once

#include "core/api/architecture.h"

#include <memory>
#include <vector>

#include <QWidget>

namespace ui {

/// How a dictionary turns one activation into a few features and back, with the real values of one
/// token: input, encoder, the active features out of d_sae, their decoder columns, reconstruction
/// and error, and both losses. Of a transcoder: what it predicts and the target, which is another
/// activation than its input. Hovering explains; clicking a feature chooses it.
///
/// Widths are measured from the words, so that none meets another at any text size; below
/// minimumSizeHint() whoever holds the diagram scrolls.
class ArchitectureDiagram : public QWidget {
    Q_OBJECT
public:
    explicit ArchitectureDiagram(QWidget* parent = nullptr);

    void setView(std::shared_ptr<const core::ArchitectureView> view); ///< Null clears.
    void setCurrentFeature(core::FeatureId feature); ///< Outlined when it is active.
    int shownFeatures() const; ///< Rows that fit; the diagram says how many do not.
    QString lossText() const;
    /// Everything in the picture as tab-separated text.
    QString toTable() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void featureChosen(const core::FeatureRef& feature);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    /// What stands above a strip, a line each: "input", "x", "128".
    struct Heading {
        QString word, symbol, size;
    };
    struct Headings {
        Heading input, reconstruction, target, error;
    };
    Headings headings() const;
    QString activeText() const; ///< Above the bar of features, with ofText() below it.
    QString ofText() const;
    QString encoderText() const;
    QFont boldFont() const;
    int widest(const Heading& heading) const;
    /// Every width that text asks for; frame() adds them up, and so does the minimum size.
    struct Widths {
        int input, encoder, sum, reconstruction, target, error, between, list, columns;
    };
    Widths widths() const;
    int lossHeight() const; ///< Of the sentence at the bottom, wrapped.

    /// Where the parts stand for the current size.
    struct Frame {
        QRect input, encoder, features, list, columns, reconstruction, target, error;
        int rowHeight = 0;
    };
    Frame frame() const;
    QRect rowRect(const Frame& frame, int row) const;
    QRect barRect(const Frame& frame, int row) const;
    int rowAt(const QPoint& point) const;
    void choose(int row);
    QString explain(const QPoint& point) const;
    void paintColumns(QPainter& painter, const Frame& frame) const;
    void paintFeatures(QPainter& painter, const Frame& frame) const;
    void paintStrips(QPainter& painter, const Frame& frame) const;

    std::shared_ptr<const core::ArchitectureView> m_view;
    bool isSae() const;

    std::vector<float> m_error; ///< target - reconstruction
    core::FeatureId m_current;
    int m_hovered = -1;
};

} // namespace ui
