#pragma once

#include "ui/style/icons.h"

#include <utility>
#include <vector>

#include <QString>
#include <QWidget>

class QBoxLayout;
class QLabel;
class QPushButton;

namespace ui {

/// One thing to begin with.
struct StartCard {
    QString name; ///< What `chosen` says.
    Icon icon;
    QString title;
    QString sentence;
    QString button;
};

/// What a person sees first: what the program is for, and a few ways in, each a card with one
/// button. Cards stand beside each other, or below each other where the window is narrow.
class StartPage : public QWidget {
    Q_OBJECT
public:
    explicit StartPage(const std::vector<StartCard>& cards, QWidget* parent = nullptr);

    /// Which model is open; empty for the built-in one, or none. Without a dictionary the page
    /// says how to make one.
    void showModel(const QString& name, bool lacksDictionary);

Q_SIGNALS:
    void chosen(const QString& card);
    void trainRequested();
    void glossaryRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeCard(const StartCard& card, QWidget* parent);
    void paintIcons(); ///< In the colour and size of the text as it is now.

    QBoxLayout* m_cards;
    QLabel* m_subtitle;
    QPushButton* m_train;
    std::vector<std::pair<QLabel*, Icon>> m_icons;
};

} // namespace ui
