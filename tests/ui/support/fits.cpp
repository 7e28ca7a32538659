#include "tests/ui/support/fits.h"

#include <algorithm>

#include <QAbstractButton>
#include <QAbstractItemModel>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScreen>
#include <QTableView>
#include <QWidget>

namespace tests {

namespace {

QString nameOf(const QWidget& widget)
{
    QString name = QString::fromLatin1(widget.metaObject()->className());
    if (!widget.objectName().isEmpty())
        name += QStringLiteral(" ") + widget.objectName();
    else if (!widget.accessibleName().isEmpty())
        name += QStringLiteral(" “%1”").arg(widget.accessibleName());
    return name;
}

class Checker {
public:
    QStringList problems;

    void check(const QWidget& widget)
    {
        const int line = widget.fontMetrics().height();
        if (const auto* label = qobject_cast<const QLabel*>(&widget)) {
            if (label->text().isEmpty())
                return;
            want(widget, "height", label->contentsRect().height(), line);
            const bool isShortened = label->wordWrap()
                || label->sizePolicy().horizontalPolicy() == QSizePolicy::Ignored;
            if (!isShortened)
                want(widget, "width", label->width(), label->minimumSizeHint().width());
            else if (label->wordWrap())
                want(widget, "height", label->height(), label->heightForWidth(label->width()));
        } else if (const auto* button = qobject_cast<const QAbstractButton*>(&widget)) {
            if (button->text().isEmpty())
                return;
            want(widget, "height", button->height(), line);
            want(widget, "width", button->width(), textWidth(widget, button->text()));
        } else if (qobject_cast<const QLineEdit*>(&widget)
            || qobject_cast<const QComboBox*>(&widget)
            || qobject_cast<const QAbstractSpinBox*>(&widget)) {
            want(widget, "height", widget.height(), line);
            if (qobject_cast<const QAbstractSpinBox*>(&widget))
                want(widget, "width", widget.width(), widget.minimumSizeHint().width());
        } else if (const auto* table = qobject_cast<const QTableView*>(&widget)) {
            checkTable(*table, line);
        } else if (qobject_cast<const QPlainTextEdit*>(&widget)) {
            want(widget, "height", widget.height(), line);
        }
    }

    void want(
        const QWidget& widget, const char* what, int has, int needs, const QString& where = {})
    {
        if (has < needs)
            problems << QStringLiteral("%1%2: %3 %4 of %5")
                            .arg(nameOf(widget), where, QLatin1String(what))
                            .arg(has)
                            .arg(needs);
    }

private:
    static int textWidth(const QWidget& widget, QString text)
    {
        int width = 0;
        for (const QString& line : text.remove(QLatin1Char('&')).split(QLatin1Char('\n')))
            width = std::max(width, widget.fontMetrics().horizontalAdvance(line));
        return width;
    }

    void checkTable(const QTableView& table, int line)
    {
        if (!table.model())
            return;
        const int rows = std::min(table.model()->rowCount(), 20);
        for (int row = 0; row < rows; ++row)
            want(table, "height", table.rowHeight(row), line, QStringLiteral(" row %1").arg(row));
        if (table.horizontalHeader()->isHidden())
            return;
        const QHeaderView& header = *table.horizontalHeader();
        want(table, "height", header.height(), header.fontMetrics().height(),
            QStringLiteral(" header"));
        for (int column = 0; column < header.count(); ++column) {
            if (header.isSectionHidden(column)
                || header.sectionResizeMode(column) == QHeaderView::Stretch
                || (header.stretchLastSection() && column == header.count() - 1))
                continue;
            const QString title = table.model()->headerData(column, Qt::Horizontal).toString();
            want(table, "width", header.sectionSize(column),
                header.fontMetrics().horizontalAdvance(title),
                QStringLiteral(" column “%1”").arg(title));
        }
    }
};

} // namespace

QStringList cutOffIn(const QWidget& root)
{
    Checker checker;
    for (const QWidget* widget : root.findChildren<QWidget*>()) {
        if (widget->isVisible() && !widget->isHidden() && widget->window() == root.window())
            checker.check(*widget);
    }
    const QSize room = root.screen()->availableSize();
    if (root.isWindow() && root.windowType() == Qt::Dialog) {
        checker.want(root, "width of the screen", room.width(), root.width());
        checker.want(root, "height of the screen", room.height(), root.height());
    }
    return checker.problems;
}

} // namespace tests
