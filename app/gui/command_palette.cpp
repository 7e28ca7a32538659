#include "command_palette.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <algorithm>
#include <utility>

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QVBoxLayout>

namespace app {

namespace {

/// Every word of what was typed must be somewhere in the text.
bool matches(const QString& text, const QString& typed)
{
    const QStringList words = typed.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    return std::all_of(words.begin(), words.end(),
        [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

} // namespace

CommandPalette::CommandPalette(std::vector<Entry> fixed, Suggest suggest, QWidget* parent)
    : QDialog(parent, Qt::Popup)
    , m_fixed(std::move(fixed))
    , m_suggest(std::move(suggest))
    , m_input(new QLineEdit(this))
    , m_list(new QListWidget(this))
{
    setWindowTitle(tr("Find anything"));
    m_input->setObjectName(QStringLiteral("paletteInput"));
    m_input->setPlaceholderText(
        tr("A concept, a feature (dictionary / number), a page or a command"));
    m_input->setAccessibleName(tr("Find anything"));
    m_input->addAction(ui::icon(ui::Icon::Search), QLineEdit::LeadingPosition);
    m_input->installEventFilter(this);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setAccessibleName(tr("What was found"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(ui::gap(this), ui::gap(this), ui::gap(this), ui::gap(this));
    layout->addWidget(m_input);
    layout->addWidget(m_list);
    resize(ui::ex(this) * 70, ui::em(this) * 18);
    if (parent) {
        const QPoint top
            = parent->mapToGlobal(QPoint((parent->width() - width()) / 2, parent->height() / 8));
        move(top);
    }
    connect(m_input, &QLineEdit::textChanged, this, &CommandPalette::refresh);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::runCurrent);
    refresh();
    m_input->setFocus();
}

int CommandPalette::count() const
{
    return m_list->count();
}

QString CommandPalette::textAt(int row) const
{
    return m_shown[static_cast<std::size_t>(row)].text;
}

void CommandPalette::refresh()
{
    const QString typed = m_input->text().trimmed();
    m_shown = typed.isEmpty() ? std::vector<Entry>{} : m_suggest(typed);
    for (const Entry& entry : m_fixed) {
        if (matches(entry.text, typed))
            m_shown.push_back(entry);
    }
    m_list->clear();
    for (const Entry& entry : m_shown)
        m_list->addItem(entry.note.isEmpty()
                ? entry.text
                : QStringLiteral("%1    %2").arg(entry.text, entry.note));
    m_list->setCurrentRow(0);
}

void CommandPalette::runCurrent()
{
    const int row = m_list->currentRow();
    if (row < 0)
        return;
    const auto run = m_shown[static_cast<std::size_t>(row)].run;
    accept();
    run();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_input && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        const int last = m_list->count() - 1;
        if (key == Qt::Key_Down || key == Qt::Key_Up) {
            m_list->setCurrentRow(std::clamp(
                m_list->currentRow() + (key == Qt::Key_Down ? 1 : -1), 0, std::max(0, last)));
            return true;
        }
        if (key == Qt::Key_Return || key == Qt::Key_Enter) {
            runCurrent();
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace app
