#pragma once

#include <QFrame>
#include <QPointer>
#include <QRect>
#include <QString>

class QLabel;
class QPushButton;

namespace ui {

/// What a guide says at one step.
struct GuideWords {
    QString progress; ///< "Step 2 of 6".
    QString sentence;
    QString typed; ///< What to write in the control; empty: nothing. Offered as a button.
    QString next; ///< "Skip", "Next", "Finish".
    bool canGoBack = false;
};

/// Points at a control of a window: a ring around it, which lets every event through, and beside it
/// a sentence with Back, Skip and End. Knows nothing of pages; never takes the keyboard by itself,
/// and never stands over what it points at while there is room elsewhere.
///
/// It lies in the window of the control, so also in a dialog; it goes with that window, and whoever
/// wants another makes one.
class GuideCallout : public QFrame {
    Q_OBJECT
public:
    explicit GuideCallout(QWidget* window);
    ~GuideCallout() override;

    void say(const GuideWords& words);
    /// `part` in the control's own coordinates; the part of it that can be seen is ringed. Without
    /// a control, or with nothing of it in sight, there is no ring. Cheap when nothing moved.
    void pointAt(QWidget* control, const QRect& part);
    QRect ring() const { return m_target; } ///< In the window; null when nothing is pointed at.

Q_SIGNALS:
    void backRequested();
    void nextRequested();
    void endRequested();
    void typeRequested();

protected:
    void changeEvent(QEvent* event) override;
    void hideEvent(QHideEvent* event) override; ///< Takes the ring with it.

private:
    class Ring;

    QPushButton* addButton(const char* name, const QKeySequence& key);
    void place();
    QRect placeBeside(const QRect& target, const QRect& inside, const QSize& size) const;

    QPointer<Ring> m_ring;
    QLabel* m_progress;
    QLabel* m_sentence;
    QPushButton* m_type;
    QPushButton* m_back;
    QPushButton* m_next;
    QPushButton* m_end;
    QRect m_target;
    QRect m_inside; ///< The window when it was last placed.
    bool m_isStale = true; ///< Says something else, or in another size, than when it was placed.
};

} // namespace ui
