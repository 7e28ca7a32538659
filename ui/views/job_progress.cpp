#include "ui/views/job_progress.h"

#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>

namespace ui {

JobProgress::JobProgress(const QString& accessibleName, QWidget* parent)
    : QWidget(parent)
    , m_bar(new QProgressBar(this))
    , m_text(new QLabel(this))
{
    m_bar->setAccessibleName(accessibleName);
    m_bar->setFixedWidth(ex(this) * 16);
    m_bar->setFixedHeight(em(this));
    m_text->setTextFormat(Qt::PlainText);
    makeSubtle(m_text);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_bar);
    row->addWidget(m_text, 1);
    hide();
}

void JobProgress::setRunning(bool isRunning)
{
    if (isRunning && isHidden()) {
        m_bar->setRange(0, 0);
        m_text->clear();
    }
    setVisible(isRunning);
}

void JobProgress::setProgress(const core::Progress& progress)
{
    constexpr int kSteps = 1000;
    const bool hasEnd = progress.total > 0;
    m_bar->setRange(0, hasEnd ? kSteps : 0);
    if (hasEnd)
        m_bar->setValue(
            static_cast<int>(kSteps * std::min(progress.done, progress.total) / progress.total));
    //: "Patching: 120 of 340 passes"
    m_text->setText(hasEnd ? tr("%1: %2 of %3 %4")
                                 .arg(toQString(progress.what), formatCount(progress.done),
                                     formatCount(progress.total), toQString(progress.unit))
                                 .trimmed()
                           : toQString(progress.what));
}

QString JobProgress::text() const
{
    return m_text->text();
}

} // namespace ui
