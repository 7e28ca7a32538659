#pragma once

#include <QClipboard>
#include <QObject>

class QApplication;

namespace ui {

/// Pasting nothing does nothing, in every text field of the program. Where no program owns the
/// clipboard, as on X11 when the owner has gone, QClipboard::mimeData() is null, and
/// QWidgetTextControl of Qt 6.4.2 ends in insertFromMimeData(nullptr): a crash of QPlainTextEdit
/// and QTextEdit. So a key or a middle button that would paste is kept from the field then. The
/// Paste of the fields' own menus is disabled by Qt where there is nothing to paste.
class PasteGuard : public QObject {
public:
    explicit PasteGuard(QApplication& application);

    bool eventFilter(QObject* object, QEvent* event) override;

protected:
    /// What the clipboard holds can be put into a text field.
    virtual bool hasText(QClipboard::Mode mode) const;
};

} // namespace ui
