#pragma once

#include "core/engine/results.h"

#include <QWidget>

class QLabel;
class QProgressBar;

namespace ui {

/// What a model is and what it costs in memory, before it is loaded and after.
class ModelSummary : public QWidget {
    Q_OBJECT
public:
    explicit ModelSummary(QWidget* parent = nullptr);

    void setModel(const core::ModelInfo& info);
    /// False when the estimate is larger than what is free.
    bool fits() const { return m_fits; }
    QString toText() const;

private:
    QLabel* m_name;
    QLabel* m_facts;
    QProgressBar* m_memory;
    QLabel* m_cost;
    QLabel* m_warning;
    bool m_fits = true;
};

} // namespace ui
