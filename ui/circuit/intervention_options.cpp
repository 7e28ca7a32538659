#include "ui/circuit/intervention_options.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSpinBox>

namespace ui {

namespace {

constexpr int kMostTokens = 500;

enum Attention { Frozen, Free, Both };

} // namespace

InterventionOptions::InterventionOptions(QWidget* parent)
    : QWidget(parent)
{
    m_attention = new QComboBox(this);
    m_attention->setObjectName(QStringLiteral("attentionMode"));
    m_attention->setAccessibleName(tr("Attention"));
    m_attention->addItems({tr("attention frozen"), tr("attention free"), tr("frozen and free")});
    m_attention->setToolTip(tr("Frozen: attention patterns stay those of the unchanged prompt, as "
                               "in the graph. Free: they follow the change."));
    const QString held = tr("In these layers the outputs of the dictionaries are held while the "
                            "change passes, so that only direct effects remain; none holds none");
    m_first = makeLayer("holdFirst", tr("First layer held"), held);
    m_last = makeLayer("holdLast", tr("Last layer held"), held);
    m_generate = new QSpinBox(this);
    m_generate->setObjectName(QStringLiteral("generateTokens"));
    m_generate->setAccessibleName(tr("Tokens to write"));
    m_generate->setRange(0, kMostTokens);
    m_generate->setSuffix(tr(" tokens"));
    m_generate->setToolTip(tr("How many tokens to write after the change, 0 for none. A change at "
                              "the last position goes on while they are written."));
    auto* hold = new QLabel(tr("&Hold"), this);
    hold->setBuddy(m_first);
    hold->setToolTip(held);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_attention, 1);
    row->addWidget(hold);
    row->addWidget(m_first);
    row->addWidget(new QLabel(QStringLiteral("–"), this));
    row->addWidget(m_last);
    row->addWidget(m_generate);
    connect(m_first, &QSpinBox::valueChanged, this, [this](int first) {
        if (first < 0 || m_last->value() < first) // both or neither
            m_last->setValue(first);
    });
    connect(m_last, &QSpinBox::valueChanged, this, [this](int last) {
        if (last < m_first->value() || m_first->value() < 0)
            m_first->setValue(last);
    });
}

QSpinBox* InterventionOptions::makeLayer(const char* name, const QString& what, const QString& tip)
{
    auto* spin = new QSpinBox(this);
    spin->setObjectName(QLatin1String(name));
    spin->setAccessibleName(what);
    spin->setToolTip(tip);
    spin->setRange(-1, -1);
    spin->setSpecialValueText(tr("none"));
    return spin;
}

void InterventionOptions::setLayers(int count)
{
    m_first->setRange(-1, count - 1);
    m_last->setRange(-1, count - 1);
}

void InterventionOptions::fill(core::InterveneRequest& request) const
{
    request.freezeAttention = m_attention->currentIndex() != Free;
    request.comparesAttention = m_attention->currentIndex() == Both;
    request.constrainFirst = m_first->value();
    request.constrainLast = m_last->value();
    request.generate = m_generate->value();
}

} // namespace ui
