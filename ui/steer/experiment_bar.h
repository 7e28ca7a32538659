#pragma once

#include <QWidget>

class QLabel;

namespace ui {

/// What is known of the newest texts as a whole, and how they are copied, saved and opened again.
class ExperimentBar : public QWidget {
    Q_OBJECT
public:
    explicit ExperimentBar(QWidget* parent = nullptr);

    void setFigures(const QString& text);

Q_SIGNALS:
    void copyWanted();
    void saveWanted(const QString& path);
    void openWanted(const QString& path);

private:
    QLabel* m_figures;
};

} // namespace ui
