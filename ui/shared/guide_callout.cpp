#include "ui/shared/guide_callout.h"

#include "ui/style/metrics.h"

#include <algorithm>
#include <array>

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

class GuideCallout::Ring : public QWidget {
public:
    explicit Ring(QWidget* window)
        : QWidget(window)
    {
        setAttribute(Qt::WA_TransparentForMouseEvents);
        setFocusPolicy(Qt::NoFocus);
        hide();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const qreal width = gap(this) * 0.75;
        const QRectF line = QRectF(rect()).adjusted(width, width, -width, -width);
        // A pale line within, so that it also shows on what has its colour.
        painter.setPen(QPen(palette().color(QPalette::Base), width * 2));
        painter.drawRoundedRect(line, gap(this), gap(this));
        painter.setPen(QPen(palette().color(QPalette::Highlight), width));
        painter.drawRoundedRect(line, gap(this), gap(this));
    }
};

GuideCallout::GuideCallout(QWidget* window)
    : QFrame(window)
    , m_ring(new Ring(window))
    , m_progress(new QLabel(this))
    , m_sentence(new QLabel(this))
{
    setObjectName(QStringLiteral("guideCallout"));
    setFrameShape(QFrame::Box);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    makeSubtle(m_progress);
    m_sentence->setObjectName(QStringLiteral("guideSentence"));
    m_sentence->setWordWrap(true);
    m_type = addButton("guideType", {});
    m_back = addButton("guideBack", QKeySequence(Qt::Key_F7));
    m_next = addButton("guideNext", QKeySequence(Qt::Key_F8));
    m_end = addButton("guideEnd", QKeySequence(Qt::SHIFT | Qt::Key_F8));
    m_back->setText(tr("Back"));
    m_back->setShortcut(QKeySequence(Qt::Key_F7)); // a text takes it away
    m_end->setText(tr("End"));
    m_end->setShortcut(QKeySequence(Qt::SHIFT | Qt::Key_F8));
    connect(m_type, &QPushButton::clicked, this, &GuideCallout::typeRequested);
    connect(m_back, &QPushButton::clicked, this, &GuideCallout::backRequested);
    connect(m_next, &QPushButton::clicked, this, &GuideCallout::nextRequested);
    connect(m_end, &QPushButton::clicked, this, &GuideCallout::endRequested);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_progress);
    buttons->addStretch(1);
    for (QPushButton* button : {m_type, m_back, m_next, m_end})
        buttons->addWidget(button);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(pad(this), pad(this), pad(this), pad(this));
    column->setSpacing(gap(this));
    column->addWidget(m_sentence);
    column->addLayout(buttons);
    hide();
}

GuideCallout::~GuideCallout()
{
    delete m_ring;
}

QPushButton* GuideCallout::addButton(const char* name, const QKeySequence& key)
{
    auto* button = new QPushButton(this);
    button->setObjectName(QLatin1String(name));
    button->setAutoDefault(false); // Enter belongs to the dialog it may lie in
    button->setShortcut(key);
    if (!key.isEmpty())
        button->setToolTip(key.toString(QKeySequence::NativeText));
    return button;
}

void GuideCallout::say(const GuideWords& words)
{
    m_progress->setText(words.progress);
    m_sentence->setText(words.sentence);
    setAccessibleName(words.sentence);
    m_type->setText(tr("Write it"));
    m_type->setToolTip(tr("Writes “%1” there").arg(words.typed));
    m_type->setVisible(!words.typed.isEmpty());
    m_next->setText(words.next);
    m_next->setShortcut(QKeySequence(Qt::Key_F8)); // a text takes it away
    m_back->setEnabled(words.canGoBack);
    m_isStale = true;
    QAccessibleEvent said(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&said);
}

void GuideCallout::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        m_isStale = true;
}

void GuideCallout::hideEvent(QHideEvent* event)
{
    QFrame::hideEvent(event);
    if (m_ring)
        m_ring->hide();
}

void GuideCallout::pointAt(QWidget* control, const QRect& part)
{
    QRect target;
    if (control && control->isVisible()) {
        const QRect seen = control->visibleRegion().boundingRect() & part;
        if (!seen.isEmpty()) {
            const int margin = gap(this);
            target = QRect(control->mapTo(parentWidget(), seen.topLeft()), seen.size())
                         .adjusted(-margin, -margin, margin, margin)
                & parentWidget()->rect();
        }
    }
    if (target == m_target && parentWidget()->rect() == m_inside && !m_isStale)
        return;
    m_target = target;
    place();
}

void GuideCallout::place()
{
    m_isStale = false;
    m_inside = parentWidget()->rect();
    if (m_ring) {
        m_ring->setGeometry(m_target);
        m_ring->setVisible(!m_target.isEmpty());
        m_ring->raise();
    }
    const QRect inside = m_inside.adjusted(gap(this), gap(this), -gap(this), -gap(this));
    layout()->activate();
    const int width
        = std::min(inside.width(), std::max(ex(this) * 52, layout()->totalMinimumSize().width()));
    setGeometry(placeBeside(m_target, inside, {width, layout()->totalHeightForWidth(width)}));
    show();
    raise();
}

QRect GuideCallout::placeBeside(const QRect& target, const QRect& inside, const QSize& size) const
{
    const auto fitted = [&](int left, int top) {
        return QRect(std::clamp(left, inside.left(),
                         std::max(inside.left(), inside.right() + 1 - size.width())),
            std::clamp(
                top, inside.top(), std::max(inside.top(), inside.bottom() + 1 - size.height())),
            size.width(), size.height());
    };
    if (target.isEmpty())
        return fitted(inside.center().x() - size.width() / 2, inside.bottom());
    const int off = gap(this), middle = target.center().x() - size.width() / 2;
    const int level = target.center().y() - size.height() / 2;
    const std::array places{fitted(middle, target.bottom() + off),
        fitted(middle, target.top() - off - size.height()), fitted(target.right() + off, level),
        fitted(target.left() - off - size.width(), level)};
    const auto covered = [&](const QRect& place) {
        const QRect both = place & target;
        return both.width() * both.height();
    };
    return *std::min_element(places.begin(), places.end(),
        [&](const QRect& a, const QRect& b) { return covered(a) < covered(b); });
}

} // namespace ui
