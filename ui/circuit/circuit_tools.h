#pragma once

#include <QWidget>

class QCheckBox;
class QLabel;
class QLineEdit;
class QSlider;
class QToolButton;

namespace ui {

/// The line above the graph: how much of it is kept, a box that finds nodes by their name, errors
/// on or off. Knows no graph.
class CircuitTools : public QWidget {
    Q_OBJECT
public:
    explicit CircuitTools(QWidget* parent = nullptr);

    double nodeThreshold() const; ///< 0 to 1.
    double edgeThreshold() const;
    void setThresholds(double nodes, double edges); ///< Emits nothing.
    /// Empty when the graph can be pruned, else why not.
    void setPruneProblem(const QString& why);
    bool areErrorsShown() const;
    QString findText() const;
    void setFound(int current, int count); ///< "2 of 7"; a current of -1 says only how many.
    void focusFind();

Q_SIGNALS:
    void thresholdsChanged();
    void errorsToggled(bool isShown);
    void fitRequested();
    void findEdited(const QString& text);
    void findNext(bool isForward);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QSlider* makeSlider(const QString& name, const QString& tip, double value);
    void makeFind();
    void updateTexts();

    QSlider* m_nodes;
    QSlider* m_edges;
    QLabel* m_nodesText;
    QLabel* m_edgesText;
    QLineEdit* m_find;
    QLabel* m_found;
    QToolButton* m_previous;
    QToolButton* m_next;
    QCheckBox* m_errors;
    QString m_pruneProblem;
};

} // namespace ui
