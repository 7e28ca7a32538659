#include "ui/models/recent_menu.h"

#include "ui/style/metrics.h"

#include <QDir>
#include <QFileInfo>

namespace ui {

namespace {
constexpr int kNumbered = 9, kWidestPath = 70; // characters
}

RecentMenu::RecentMenu(const QString& title, std::function<QStringList()> list, QWidget* parent)
    : QMenu(title, parent)
    , m_list(std::move(list))
{
    setToolTipsVisible(true);
    connect(this, &QMenu::aboutToShow, this, &RecentMenu::rebuild);
    rebuild();
}

void RecentMenu::rebuild()
{
    clear();
    QStringList present;
    int number = 0;
    for (const QString& path : m_list()) {
        const QFileInfo file(path);
        const QString shown = fontMetrics().elidedText(
            QDir::toNativeSeparators(path), Qt::ElideMiddle, kWidestPath * ex(this));
        QString text = QString(shown).replace(QLatin1Char('&'), QStringLiteral("&&"));
        if (++number <= kNumbered)
            text = QStringLiteral("&%1  %2").arg(number).arg(text);
        QAction* action = addAction(text);
        action->setToolTip(path);
        if (!file.exists()) {
            action->setText(tr("%1 (not there any more)").arg(text));
            action->setToolTip(tr("%1 was moved, deleted, or its drive is not mounted").arg(path));
            action->setEnabled(false);
            continue;
        }
        present << path;
        connect(action, &QAction::triggered, this, [this, path] { Q_EMIT chosen({path}); });
    }
    if (isEmpty())
        addAction(tr("Nothing yet"))->setEnabled(false);
    if (!m_allText.isEmpty() && present.size() > 1) {
        addSeparator();
        connect(addAction(m_allText), &QAction::triggered, this,
            [this, present] { Q_EMIT chosen(present); });
    }
}

} // namespace ui
