#pragma once

#include "core/api/session.h"
#include "core/api/swap_test.h"
#include "core/base/result.h"
#include "ui/session/session.h"

#include <vector>

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QTabWidget;
class QTableView;

namespace ui {

class CircuitDocument;
class EmptyState;
class MessageBar;
class Notice;
class PairMaker;
class SwapTestModel;

/// Does replacing the features of one thing by those of another change the answer? Over many pairs
/// of prompts, with the success rate; beside it, finding the features of a concept. The list of
/// pairs can be undone, read, saved, pasted and made from a sentence with a gap.
class SwapTestPanel : public QWidget {
    Q_OBJECT
public:
    /// The document's prompt is that of the first pair which is added.
    explicit SwapTestPanel(CircuitDocument* document, QWidget* parent = nullptr);

    void run(); ///< As if the button was pressed.
    void save(core::SavedSession& session) const;
    void restore(const core::SavedSession& session);
    /// JSON as the command line reads it.
    core::Result<void> loadPairs(const QString& path);
    core::Result<void> savePairs(const QString& path) const;
    void paste(); ///< Adds the pairs that the clipboard holds.

Q_SIGNALS:
    void swapChosen(const QString& prompt, const QString& donor); ///< To be looked at alone.
    void resultShown();
    void changed(); ///< Something that save() writes.

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* makeTest();
    QWidget* makeList();
    QWidget* makeRun();
    void connectSession();
    void receive(const Shared<core::SwapTestResult>& result);
    void change(const QString& what, std::vector<core::SwapPair> pairs);
    void add(const QString& what, const std::vector<core::SwapPair>& pairs);
    void addEmpty();
    void removeChosen();
    void emitChosen();
    void openFile();
    void saveFile();
    core::SwapTestRequest request() const; ///< With every pair of the list.
    double leastScore() const; ///< A share of texts told apart.
    QString problem() const; ///< Why it cannot run; empty when it can.
    void updateSummary();
    void updateButtons();

    CircuitDocument* m_document;
    Session* m_session;
    Shared<core::SwapTestResult> m_result;
    SwapTestModel* m_model;
    MessageBar* m_messages;
    QTableView* m_table;
    EmptyState* m_empty;
    PairMaker* m_maker;
    QPushButton* m_remove;
    QPushButton* m_save;
    QPushButton* m_show;
    QComboBox* m_method;
    QSpinBox* m_leastScore;
    QPushButton* m_run;
    QLabel* m_rate;
    Notice* m_note;
};

} // namespace ui
