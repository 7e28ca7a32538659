#pragma once

#include "core/api/generate.h"

#include <optional>
#include <vector>

#include <QString>
#include <QStringList>
#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QTextCharFormat;

namespace ui {

class TokenLanes;

/// A text that grows token by token, with a title, figures below and, where it is steered, the
/// strip of its tokens. The prompt stands before it, paler; tokens on topic are underlined; a click
/// chooses a token.
class StreamPane : public QWidget {
    Q_OBJECT
public:
    enum class Kind { Normal, Steered };

    StreamPane(const QString& title, Kind kind, QWidget* parent = nullptr);

    void setTitle(const QString& title);
    /// What the text goes on from, and what it was asked for with.
    void begin(const QString& before, const core::GenerateRequest& request);
    void append(const core::StreamStep& step);
    void finish(const core::StreamText& text);
    void setOld(bool isOld); ///< Made with other settings than those that are set now.
    void setCurrent(int token); ///< Marks it in the text and the strip; -1 = none. Emits nothing.

    QString text() const; ///< What was generated, without the prompt.
    std::vector<core::TokenId> ids() const;
    QString tokenText(int token) const;
    QString figures() const;
    TokenLanes* lanes() const { return m_lanes; } ///< Null in a normal pane.

Q_SIGNALS:
    void tokenChosen(int token); ///< By click or key.

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    struct Piece {
        core::TokenId id;
        QString text;
        double difference = 0.0; ///< 0 to 1: how unlike the unsteered model's choice it was.
        std::optional<bool> isOnTopic; ///< Not known of a token that was not read again yet.
        int begin = 0; ///< In the document.
    };
    void write(Piece& piece);
    void rewrite(); ///< In the colours of the palette as it is now.
    void setOnTopic(std::size_t index, bool isOnTopic);
    QTextCharFormat formatOf(const Piece& piece) const;
    int tokenAt(int position) const; ///< -1 outside of what was written.
    void showTitle();
    void showFigures(double onTopicShare, const QStringList& more);
    void showLiveFigures();

    const Kind m_kind;
    QString m_name;
    bool m_isOld = false;
    QLabel* m_title;
    QPlainTextEdit* m_edit;
    TokenLanes* m_lanes = nullptr;
    QLabel* m_figures;
    QString m_before;
    std::vector<Piece> m_pieces;
    bool m_hasEnded = false;
    bool m_hasChanges = false, m_hasTopic = false, m_hasGuard = false;
    double m_spent = 0.0; ///< Nats.
    int m_current = -1;
};

} // namespace ui
