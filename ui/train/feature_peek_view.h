#pragma once

#include "ui/train/curve.h"

#include <vector>

#include <QScrollArea>

class QLabel;
class QVBoxLayout;

namespace ui {

class EmptyState;
class TokenStrip;

/// A dozen features of one dictionary as they form: how often each fires, what tells where, what it
/// promotes, and the held-out text around its strongest activations. Renewed at each measurement;
/// the same features stay as long as they fire.
class FeaturePeekView : public QScrollArea {
    Q_OBJECT
public:
    explicit FeaturePeekView(QWidget* parent = nullptr);

    void setCurve(const Curve* curve); ///< Null: nothing to show. Only read within the call.
    int features() const { return m_shown; }
    QString text() const; ///< All that is shown, as lines.
    QString heading() const; ///< Whose features these are, and how they are shown.

private:
    struct Item {
        QLabel* head = nullptr;
        std::vector<TokenStrip*> examples;
    };
    void show(const core::TrainMetrics& row, const QString& name);
    void showItem(Item& item, const core::PeekFeature& feature);

    QWidget* m_content;
    QVBoxLayout* m_column;
    EmptyState* m_empty;
    QLabel* m_when;
    std::vector<Item> m_items;
    std::shared_ptr<const core::TrainingMeasurement> m_measured; ///< That is shown.
    int m_shown = 0;
};

} // namespace ui
