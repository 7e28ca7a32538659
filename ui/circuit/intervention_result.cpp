#include "ui/circuit/intervention_result.h"

#include "ui/circuit/token_change_table.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <vector>

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

InterventionResult::InterventionResult(QWidget* parent)
    : QScrollArea(parent)
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* box = new QWidget(this);
    m_summary = new QLabel(box);
    m_summary->setObjectName(QStringLiteral("editSummary"));
    m_summary->setWordWrap(true);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setText(tr("Add nodes, say what becomes of them, and Run: the next tokens before "
                          "and after stand here."));
    m_copy = new QPushButton(icon(Icon::Copy), {}, box);
    m_copy->setObjectName(QStringLiteral("copyEdits"));
    m_copy->setToolTip(tr("Copy the changes and what came of them as text"));
    m_copy->setAccessibleName(m_copy->toolTip());
    m_tokens
        = new TokenChangeTable("editTokens", tr("Next tokens before and after the changes"), box);
    addCopyAction(m_tokens);
    m_texts = new QLabel(box);
    m_texts->setObjectName(QStringLiteral("editTexts"));
    m_texts->setWordWrap(true);
    m_texts->setTextFormat(Qt::PlainText);
    m_texts->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_texts->hide();
    auto* top = new QHBoxLayout;
    top->addWidget(m_summary, 1);
    top->addWidget(m_copy, 0, Qt::AlignTop);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(gap(this), 0, 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(top);
    column->addWidget(m_tokens);
    column->addWidget(m_texts);
    column->addStretch(1);
    setWidget(box);
}

void InterventionResult::showResult(const core::InterveneResult& result, const QString& changes)
{
    m_request = result.request;
    QStringList names{tr("Before")};
    std::vector<std::vector<core::NextToken>> runs{result.before, result.after};
    const QString frozen = tr("Frozen"), free = tr("Free");
    if (result.request.comparesAttention) {
        names << (result.request.freezeAttention ? frozen : free)
              << (result.request.freezeAttention ? free : frozen);
        runs.push_back(result.afterOther);
    } else {
        names << tr("After");
    }
    m_summary->setText(changes);
    m_tokens->showRuns(names, runs);
    QStringList texts;
    if (result.request.generate > 0) {
        texts << QStringLiteral("%1: %2").arg(names.value(0), toQString(result.textBefore))
              << QStringLiteral("%1: %2").arg(names.value(1), toQString(result.textAfter));
        if (result.request.comparesAttention)
            texts << QStringLiteral("%1: %2").arg(names.value(2), toQString(result.textAfterOther));
    }
    m_texts->setText(texts.join(QLatin1Char('\n')));
    m_texts->setVisible(!texts.isEmpty());
}

QString InterventionResult::toText() const
{
    QStringList lines{m_request.comparesAttention ? tr("Attention frozen and free")
            : m_request.freezeAttention           ? tr("Attention frozen")
                                                  : tr("Attention free")};
    if (m_request.constrainFirst >= 0)
        lines << tr("Layers %1 to %2 held")
                     .arg(m_request.constrainFirst)
                     .arg(m_request.constrainLast);
    lines << m_tokens->toText();
    if (!m_texts->text().isEmpty())
        lines << m_texts->text();
    return lines.join(QLatin1Char('\n'));
}

} // namespace ui
