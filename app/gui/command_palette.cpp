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

/// A word of the text begins with what was typed.
bool startsAWord(const QString& text, const QString& typed)
{
    return text.startsWith(typed, Qt::CaseInsensitive)
        || text.contains(QLatin1Char(' ') + typed, Qt::CaseInsensitive);
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
        tr("A command, a page, a concept or a feature (dictionary / number)"));
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
    m_rest.setSingleShot(true);
    m_rest.setInterval(ui::kTypingDelayMs);
    connect(m_input, &QLineEdit::textChanged, this, &CommandPalette::refresh);
    connect(&m_rest, &QTimer::timeout, this, [this] {
        if (const QString text = m_input->text().trimmed(); !text.isEmpty())
            Q_EMIT typed(text);
    });
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
    const QString text = m_input->text().trimmed();
    m_shown.clear();
    for (const Entry& entry : m_fixed) {
        if (matches(entry.text, text))
            m_shown.push_back(entry);
    }
    if (!text.isEmpty()) {
        std::stable_partition(m_shown.begin(), m_shown.end(),
            [&](const Entry& entry) { return startsAWord(entry.text, text); });
        for (Entry& entry : m_suggest(text))
            m_shown.push_back(std::move(entry));
        m_rest.start();
    }
    m_list->clear();
    for (const Entry& entry : m_shown)
        addLine(entry);
    m_list->setCurrentRow(0);
}

void CommandPalette::addLine(const Entry& entry)
{
    m_list->addItem(
        entry.note.isEmpty() ? entry.text : QStringLiteral("%1    %2").arg(entry.text, entry.note));
}

void CommandPalette::addFound(const QString& typed, std::vector<Entry> found)
{
    if (m_input->text().trimmed() != typed)
        return;
    for (Entry& entry : found) {
        addLine(entry);
        m_shown.push_back(std::move(entry));
    }
}

void CommandPalette::runCurrent()
{
    const int row = m_list->currentRow();
    if (row < 0)
        return;
    const auto run = m_shown[static_cast<std::size_t>(row)].run;
    m_rest.stop();
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
