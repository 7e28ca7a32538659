#pragma once

#include <vector>

#include <QChartView>

class QLineSeries;
class QValueAxis;

namespace ui {

/// KL divergence of the steered from the normal next-token distribution, per generated token.
class KlChart : public QChartView {
    Q_OBJECT
public:
    explicit KlChart(QWidget* parent = nullptr);

    void setValues(const std::vector<float>& kl); ///< In nats, one per token.
    QString toTable() const;
    QSize sizeHint() const override;

protected:
    void changeEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void recolor();

    std::vector<float> m_values;
    QLineSeries* m_line;
    QValueAxis* m_tokenAxis;
    QValueAxis* m_klAxis;
};

} // namespace ui
