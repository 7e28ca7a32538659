#include "ui/features/label_editor.h"

#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr int kCommitDelayMs = 500;
}

LabelEditor::LabelEditor(QWidget* parent)
    : QWidget(parent)
    , m_text(new QLineEdit(this))
    , m_notes(new QPlainTextEdit(this))
    , m_badge(new QLabel(this))
{
    m_text->setObjectName(QStringLiteral("labelText"));
    m_text->setPlaceholderText(tr("Name this feature"));
    m_text->setAccessibleName(tr("Label"));
    m_text->setToolTip(tr("Your name for this feature. Saved as you type; Ctrl+Z takes it back."));
    m_notes->setObjectName(QStringLiteral("labelNotes"));
    m_notes->setPlaceholderText(tr("Notes"));
    m_notes->setAccessibleName(tr("Notes"));
    m_notes->setTabChangesFocus(true);
    m_notes->setFixedHeight(em(this) * 3 + pad(this));
    m_badge->setObjectName(QStringLiteral("labelBadge"));
    m_badge->setText(tr("suggested from evidence"));
    m_badge->setToolTip(
        tr("The program proposed this name from what separates the places where the "
           "feature fires, and from what it promotes. Type to replace it with your "
           "own."));
    makeSubtle(m_badge);
    m_timer.setSingleShot(true);
    m_timer.setInterval(kCommitDelayMs);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    layout->addWidget(m_text);
    layout->addWidget(m_badge);
    layout->addWidget(m_notes);

    const auto typed = [this] {
        m_isDirty = true;
        m_timer.start();
    };
    connect(m_text, &QLineEdit::textEdited, this, typed);
    connect(m_text, &QLineEdit::editingFinished, this, [this] {
        commit();
        ++m_edit;
    });
    connect(m_notes, &QPlainTextEdit::textChanged, this, typed);
    connect(&m_timer, &QTimer::timeout, this, &LabelEditor::commit);
    m_notes->installEventFilter(this);
}

void LabelEditor::setLabel(const core::Label& label, bool isAnotherFeature)
{
    if (isAnotherFeature) {
        commit();
        ++m_edit;
    } else if (m_isDirty) {
        m_label = label;
        return;
    }
    display(label);
}

void LabelEditor::display(const core::Label& label)
{
    m_label = label;
    const QString text
        = label.source == core::LabelSource::None ? QString() : toQString(label.text);
    if (m_text->text() != text)
        m_text->setText(text);
    const QString notes = toQString(label.notes);
    if (m_notes->toPlainText() != notes) {
        const QSignalBlocker blocker(m_notes);
        m_notes->setPlainText(notes);
    }
    m_badge->setVisible(label.source == core::LabelSource::Suggested);
}

void LabelEditor::commit()
{
    m_timer.stop();
    if (!m_isDirty)
        return;
    m_isDirty = false;
    core::Label after = m_label;
    bool isSuggestionKept = false;
    const QString shown
        = m_label.source == core::LabelSource::None ? QString() : toQString(m_label.text);
    if (m_text->text() != shown) {
        after.text = m_text->text().trimmed().toStdString();
        after.source = after.text.empty() ? core::LabelSource::None : core::LabelSource::Person;
    } else if (m_label.source == core::LabelSource::Suggested) {
        after.text
            .clear(); // only the notes were written: the suggestion is not taken over silently
        after.source = core::LabelSource::None;
        isSuggestionKept = true;
    }
    after.notes = m_notes->toPlainText().toStdString();
    const core::Label before = m_label;
    if (after.notes == before.notes && m_text->text() == shown)
        return;
    m_label = isSuggestionKept ? core::Label{before.text, after.notes, before.source} : after;
    m_badge->setVisible(isSuggestionKept);
    Q_EMIT labelEdited(before, after, m_edit);
}

bool LabelEditor::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_notes && event->type() == QEvent::FocusOut) {
        commit();
        ++m_edit;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace ui
