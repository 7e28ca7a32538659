#pragma once

#include "core/api/self_check.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace ui {

class Notice;

/// Whether the open model computes what its files say: the verdict by icon and words, and the
/// figures behind it. Waiting, running, done or failed.
class SelfCheckView : public QWidget {
    Q_OBJECT
public:
    explicit SelfCheckView(QWidget* parent = nullptr);

    void showNothing(); ///< Not checked, and nothing says so far that it should be.
    void showRunning(double share); ///< Below 0: nobody knows how far.
    void showCheck(const core::SelfCheck& check);
    void showStopped();
    void showFailed(const QString& message);
    QString toText() const; ///< Verdict and figures, for the clipboard.

Q_SIGNALS:
    void checkRequested();
    void stopRequested();

private:
    void setRunning(bool isRunning);

    Notice* m_verdict;
    QLabel* m_figures;
    QProgressBar* m_progress;
    QPushButton* m_button;
    bool m_isRunning = false;
};

} // namespace ui
