#include "ui/steer/experiment_bar.h"

#include "ui/style/metrics.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace ui {

ExperimentBar::ExperimentBar(QWidget* parent)
    : QWidget(parent)
    , m_figures(new QLabel(this))
{
    m_figures->setObjectName(QStringLiteral("experimentFigures"));
    m_figures->setWordWrap(true);
    m_figures->setMinimumHeight(
        m_figures->fontMetrics().lineSpacing() * 2); // two lines, also before there is a text
    m_figures->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    makeSubtle(m_figures);
    auto* copy = new QPushButton(tr("&Copy"), this);
    copy->setToolTip(tr("Copy the texts and everything that made them"));
    auto* save = new QPushButton(tr("Sa&ve …"), this);
    save->setToolTip(
        tr("Save prompt, changes, settings and texts as JSON; open it again to replay"));
    auto* open = new QPushButton(tr("&Open …"), this);
    open->setToolTip(tr("Open a saved experiment and set everything as it was"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gap(this));
    row->addWidget(m_figures, 1);
    row->addWidget(copy);
    row->addWidget(save);
    row->addWidget(open);
    connect(copy, &QPushButton::clicked, this, &ExperimentBar::copyWanted);
    connect(save, &QPushButton::clicked, this, [this] {
        const QString path = QFileDialog::getSaveFileName(this, tr("Save the experiment"),
            QStringLiteral("steering.json"), tr("Steering experiments (*.json)"));
        if (!path.isEmpty())
            Q_EMIT saveWanted(path);
    });
    connect(open, &QPushButton::clicked, this, [this] {
        const QString path = QFileDialog::getOpenFileName(
            this, tr("Open an experiment"), {}, tr("Steering experiments (*.json)"));
        if (!path.isEmpty())
            Q_EMIT openWanted(path);
    });
}

void ExperimentBar::setFigures(const QString& text)
{
    m_figures->setText(text);
}

} // namespace ui
