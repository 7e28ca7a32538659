#pragma once

#include <optional>

#include <QString>
#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QToolButton;

namespace ui {

class Notice;

/// What can be done with texts that are there: write them anew because they are old, write on after
/// a chosen token, or put another token in its place and write on after that.
class RewriteBar : public QWidget {
    Q_OBJECT
public:
    explicit RewriteBar(QWidget* parent = nullptr);

    void setOld(bool isOld); ///< The texts were made with other settings than those set now.
    /// "token 5 of the steered text, “·bridge”"; empty = none is chosen.
    void setToken(const QString& what);
    /// How many tokens of the texts are given instead of written.
    void setGiven(std::size_t normal, std::size_t steered);
    bool isOld() const;

Q_SIGNALS:
    void regenerateWanted(); ///< From the start.
    void writeOnWanted(); ///< After the chosen token.
    void replaceWanted(const QString& text); ///< The chosen token, by this text.
    void forgetGivenWanted();

private:
    void updateButtons();

    bool m_hasToken = false;
    Notice* m_old;
    QPushButton* m_regenerate;
    QWidget* m_oldRow;
    QLabel* m_token;
    QPushButton* m_writeOn;
    QLineEdit* m_instead;
    QWidget* m_givenRow;
    QLabel* m_given;
};

} // namespace ui
