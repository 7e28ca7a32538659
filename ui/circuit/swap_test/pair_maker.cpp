#include "ui/circuit/swap_test/pair_maker.h"

#include "ui/circuit/swap_test/swap_pairs.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

namespace ui {

PairMaker::PairMaker(QWidget* parent)
    : QWidget(parent)
    , m_sentence(new QLineEdit(this))
    , m_fillers(new QLineEdit(this))
    , m_count(new QLabel(this))
    , m_make(new QPushButton(icon(Icon::Add), tr("Add t&hem"), this))
{
    m_sentence->setObjectName(QStringLiteral("pairSentence"));
    m_sentence->setText(QStringLiteral("The capital of the state containing {} is"));
    m_sentence->setCursorPosition(0);
    m_sentence->setPlaceholderText(tr("A sentence with {} where the fillers go"));
    m_sentence->setToolTip(tr("A sentence; {} stands for what is put in"));
    m_fillers->setObjectName(QStringLiteral("pairFillers"));
    m_fillers->setPlaceholderText(tr("Dallas, Oakland, Miami"));
    m_fillers->setToolTip(
        tr("What goes into the gap, parted by commas; every one is paired with every other, both "
           "ways round"));
    m_make->setObjectName(QStringLiteral("pairMake"));
    makeSubtle(m_count);
    auto* sentence = new QLabel(tr("S&entence"), this);
    sentence->setBuddy(m_sentence);
    auto* fillers = new QLabel(tr("&Fillers"), this);
    fillers->setBuddy(m_fillers);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(sentence);
    row->addWidget(m_sentence, 1);
    row->addWidget(fillers);
    row->addWidget(m_fillers, 1);
    row->addWidget(m_count);
    row->addWidget(m_make);
    connect(m_sentence, &QLineEdit::textChanged, this, &PairMaker::updateCount);
    connect(m_fillers, &QLineEdit::textChanged, this, &PairMaker::updateCount);
    connect(m_sentence, &QLineEdit::returnPressed, this, &PairMaker::emitPairs);
    connect(m_fillers, &QLineEdit::returnPressed, this, &PairMaker::emitPairs);
    connect(m_make, &QPushButton::clicked, this, &PairMaker::emitPairs);
    updateCount();
}

std::vector<core::SwapPair> PairMaker::pairs() const
{
    return makeSwapPairs(m_sentence->text(), parseFillers(m_fillers->text()));
}

void PairMaker::emitPairs()
{
    if (const auto all = pairs(); !all.empty())
        Q_EMIT made(all);
}

void PairMaker::updateCount()
{
    const int count = countOf(pairs());
    const bool hasGap = m_sentence->text().contains(QStringLiteral("{}"));
    m_count->setText(!hasGap ? tr("needs a {}")
            : count == 0     ? tr("needs two fillers")
                             : tr("%1 pairs").arg(formatCount(count)));
    m_make->setEnabled(count > 0);
    m_make->setToolTip(count > 0 ? tr("Add these pairs to the list (Enter)")
                                 : tr("Write a sentence with {} and at least two fillers"));
}

} // namespace ui
