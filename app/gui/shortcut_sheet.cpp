#include "shortcut_sheet.h"

#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <QAbstractButton>
#include <QAction>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QScreen>
#include <QSet>
#include <QShortcut>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QTableView>
#include <QVBoxLayout>

namespace app {

namespace {

QString withoutMnemonic(QString text)
{
    return text.remove(QLatin1Char('&')).remove(QStringLiteral(" …"));
}

QString keysOf(const QList<QKeySequence>& sequences)
{
    QStringList keys;
    for (const QKeySequence& sequence : sequences) {
        if (!sequence.isEmpty())
            keys << sequence.toString(QKeySequence::NativeText);
    }
    keys.removeDuplicates();
    return keys.join(QStringLiteral(", "));
}

/// The nearest name that a person may know for where a widget stands.
QString placeOf(const QObject* object)
{
    for (; object; object = object->parent()) {
        const auto* widget = qobject_cast<const QWidget*>(object);
        if (widget && !widget->isWindow() && !widget->accessibleName().isEmpty())
            return widget->accessibleName();
    }
    return {};
}

} // namespace

ShortcutSheet::ShortcutSheet(const QMainWindow& window, QWidget* parent)
    : QDialog(parent)
    , m_model(new QStandardItemModel(0, 3, this))
{
    setObjectName(QStringLiteral("shortcutSheet"));
    setWindowTitle(tr("Keyboard shortcuts"));
    m_model->setHorizontalHeaderLabels({tr("What it does"), tr("Keys"), tr("Where")});
    read(window);
    auto* shown = new QSortFilterProxyModel(this);
    shown->setSourceModel(m_model);
    shown->setFilterKeyColumn(-1);
    shown->setFilterCaseSensitivity(Qt::CaseInsensitive);
    auto* filter = new QLineEdit(this);
    filter->setPlaceholderText(tr("A word or a key"));
    filter->setAccessibleName(tr("Narrow the shortcuts down"));
    filter->setClearButtonEnabled(true);
    filter->addAction(ui::icon(ui::Icon::Search), QLineEdit::LeadingPosition);
    connect(filter, &QLineEdit::textChanged, shown, &QSortFilterProxyModel::setFilterFixedString);
    auto* table = new QTableView(this);
    table->setObjectName(QStringLiteral("shortcutTable"));
    table->setAccessibleName(tr("Keyboard shortcuts"));
    ui::setUpTable(table, shown);
    ui::addCopyAction(table);
    ui::fitColumnsToText(table);
    table->horizontalHeader()->setStretchLastSection(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(filter);
    layout->addWidget(table, 1);
    layout->addWidget(buttons);
    resize(
        QSize(ui::ex(this) * 90, ui::em(this) * 36).boundedTo(screen()->availableSize() * 9 / 10));
    filter->setFocus();
}

void ShortcutSheet::read(const QMainWindow& window)
{
    QSet<QString> lines; // of a table's twin, say, whose copy command is the same
    const auto add = [&](const QString& what, const QString& keys, const QString& where) {
        const QString line = what + QLatin1Char('\n') + keys + QLatin1Char('\n') + where;
        if (what.isEmpty() || keys.isEmpty() || lines.contains(line))
            return;
        lines.insert(line);
        m_model->appendRow(
            {new QStandardItem(what), new QStandardItem(keys), new QStandardItem(where)});
    };
    QSet<const QAction*> inMenus;
    for (const QAction* menu : window.menuBar()->actions()) {
        if (!menu->menu())
            continue;
        for (const QAction* action : menu->menu()->actions()) {
            inMenus.insert(action);
            add(withoutMnemonic(action->text()), keysOf(action->shortcuts()),
                withoutMnemonic(menu->text()));
        }
    }
    for (const QAction* action : window.findChildren<QAction*>()) {
        if (!inMenus.contains(action))
            add(withoutMnemonic(action->text()), keysOf(action->shortcuts()),
                placeOf(action->parent()));
    }
    for (const QAbstractButton* button : window.findChildren<QAbstractButton*>())
        add(withoutMnemonic(button->text().isEmpty() ? button->accessibleName() : button->text()),
            keysOf({button->shortcut()}), placeOf(button->parent()));
    for (const QShortcut* shortcut : window.findChildren<QShortcut*>())
        add(shortcut->whatsThis(), keysOf({shortcut->key()}), placeOf(shortcut->parent()));
}

} // namespace app
