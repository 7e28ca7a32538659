#pragma once

#include <vector>

#include <QString>
#include <QWidget>

class QLabel;
class QPlainTextEdit;

namespace ui {

/// A text that grows token by token, with a title and a line of figures below. The prompt stands
/// before it, paler.
class StreamPane : public QWidget {
    Q_OBJECT
public:
    explicit StreamPane(const QString& title, QWidget* parent = nullptr);

    void begin(const QString& prompt);
    /// Appends a token; `difference` (0 to 1) colours its background: how unlike the other stream
    /// it is here.
    void append(const QString& text, double difference);
    void setFigures(const QString& text);
    QString text() const; ///< What was generated, without the prompt.

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Piece {
        QString text;
        double difference = 0.0;
    };
    void write(const Piece& piece);
    void rewrite(); ///< In the colours of the palette as it is now.

    QLabel* m_title;
    QPlainTextEdit* m_edit;
    QLabel* m_figures;
    QString m_prompt;
    std::vector<Piece> m_pieces;
};

} // namespace ui
