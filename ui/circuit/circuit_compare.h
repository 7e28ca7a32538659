#pragma once

#include "core/api/compare_graphs.h"

#include <memory>

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QStackedLayout;
class QTableView;

namespace ui {

class CircuitCanvas;
class ComparisonModel;

/// The graphs of two prompts as one, aligned by token, and where they differ most. Asks the page to
/// trace the second prompt.
class CircuitCompare : public QWidget {
    Q_OBJECT
public:
    explicit CircuitCompare(QWidget* parent = nullptr);

    void setSecondPrompt(const QString& prompt);
    QString secondPrompt() const;
    /// Empty when two prompts can be compared, else why not.
    void setProblem(const QString& why);
    void setRunning(bool isRunning);
    /// Null shows how to compare.
    void showComparison(std::shared_ptr<const core::GraphComparison> comparison);
    std::shared_ptr<const core::GraphComparison> comparison() const { return m_comparison; }
    CircuitCanvas* canvas() { return m_canvas; }

Q_SIGNALS:
    void compareRequested();
    void stopRequested();
    void featureChosen(const core::FeatureRef& feature, core::Position position);

private:
    QWidget* makeResult();
    void chooseNode(int node);

    std::shared_ptr<const core::GraphComparison> m_comparison;
    bool m_isRunning = false;
    QString m_problem;

    QLineEdit* m_second;
    QPushButton* m_run;
    QStackedLayout* m_stack;
    QLabel* m_summary;
    CircuitCanvas* m_canvas;
    ComparisonModel* m_model;
    QTableView* m_table;
};

} // namespace ui
