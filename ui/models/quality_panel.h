#pragma once

#include "core/api/evaluate.h"
#include "ui/session/session.h"

#include <functional>
#include <string>
#include <vector>

#include <QStringList>
#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QTableView;

namespace ui {

class DensityChart;
class Notice;
class QualityModel;

/// How good the chosen dictionaries are on a text of one's own, before anyone believes a picture:
/// figures of each, densities of the chosen one, and what the figures warn of.
class QualityPanel : public QWidget {
    Q_OBJECT
public:
    using Chosen = std::function<std::vector<std::string>()>;

    QualityPanel(Session* session, Chosen chosen, QWidget* parent = nullptr);

    void evaluate(const QString& text); ///< As if it was pasted and the button pressed.
    /// Measures the chosen dictionaries on the text that is there; asks for one where there is
    /// none.
    void evaluateChosen();
    QString text() const;

Q_SIGNALS:
    void measured(const core::DictionaryQuality& quality);
    void failed(const QString& message); ///< The text could not be read, or not be measured on.
    void started();

private:
    QWidget* makeText();
    QWidget* makeResults();
    void start();
    void evaluateNext();
    void addRow(const core::DictionaryQuality& quality);
    void readFile();
    void showRow();
    void updateButtons();

    Session* m_session;
    Chosen m_chosen;
    QualityModel* m_model;
    QPlainTextEdit* m_text;
    QPushButton* m_evaluate;
    QLabel* m_what;
    QProgressBar* m_progress;
    QWidget* m_results;
    QTableView* m_table;
    DensityChart* m_chart;
    Notice* m_warning;
    QString m_measuredText;
    QStringList m_toEvaluate;
    int m_total = 0;
};

} // namespace ui
