#include "ui/prompt/architecture_diagram.h"

#include "ui/prompt/value_strip.h"
#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

namespace ui {

namespace {
/// Rows spread over the height, but no further apart than this many lines.
constexpr double kLoosestRow = 2.2;
constexpr int kHeadingLines = 3; // above a strip: word, symbol, size
constexpr int kLinkLines = 3; // width of the links from the bar of features to the list, in lines
const QString kSum = QStringLiteral("Σ →");

QString activationHeading()
{
    return ArchitectureDiagram::tr("activation f");
}

QString columnHeading()
{
    return ArchitectureDiagram::tr("decoder column W_dec");
}
} // namespace

ArchitectureDiagram::ArchitectureDiagram(QWidget* parent)
    : QWidget(parent)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Architecture of the dictionary at the chosen token"));
}

void ArchitectureDiagram::setView(std::shared_ptr<const core::ArchitectureView> view)
{
    m_view = std::move(view);
    m_error.clear();
    if (m_view) {
        for (std::size_t i = 0; i < m_view->target.size() && i < m_view->reconstruction.size(); ++i)
            m_error.push_back(m_view->target[i] - m_view->reconstruction[i]);
        setAccessibleDescription(toTable());
    }
    m_hovered = -1;
    updateGeometry();
    update();
}

void ArchitectureDiagram::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        updateGeometry();
}

void ArchitectureDiagram::setCurrentFeature(core::FeatureId feature)
{
    m_current = feature;
    update();
}

QSize ArchitectureDiagram::sizeHint() const
{
    return {ex(this) * 100, em(this) * 20};
}

QSize ArchitectureDiagram::minimumSizeHint() const
{
    const Widths w = widths();
    const int line = em(this), space = pad(this);
    return {5 * space + w.input + w.encoder + kLinkLines * line + line + w.list + w.columns + w.sum
            + w.reconstruction + w.target + w.error + 2 * w.between,
        em(this) * 15};
}

bool ArchitectureDiagram::isSae() const
{
    return m_view->dictionary.kind == core::DictionaryKind::Sae;
}

ArchitectureDiagram::Headings ArchitectureDiagram::headings() const
{
    const auto size = [](const std::vector<float>& values) { return formatCount(countOf(values)); };
    Headings all;
    all.input = {tr("input"), QStringLiteral("x"), size(m_view->input)};
    if (isSae()) {
        all.reconstruction
            = {tr("reconstruction"), QStringLiteral("x̂"), size(m_view->reconstruction)};
        //: what an autoencoder should rebuild is what it read
        all.target = {tr("target"), tr("the input"), size(m_view->target)};
        all.error = {tr("error"), QStringLiteral("x − x̂"), formatPercent(m_view->fvu)};
    } else {
        all.reconstruction = {tr("prediction"), QStringLiteral("ŷ"), size(m_view->reconstruction)};
        all.target = {tr("target"), QStringLiteral("y"), size(m_view->target)};
        all.error = {tr("error"), QStringLiteral("y − ŷ"), formatPercent(m_view->fvu)};
    }
    return all;
}

QString ArchitectureDiagram::activeText() const
{
    return tr("%1 active").arg(formatCount(countOf(m_view->active)));
}

QString ArchitectureDiagram::ofText() const
{
    return tr("of %1").arg(formatCount(m_view->dictionary.d_sae));
}

QString ArchitectureDiagram::encoderText() const
{
    // "jumprelu_skip_transcoder", a word to a line.
    return QStringLiteral("W_enc\n")
        + toQString(m_view->dictionary.architecture).replace(QLatin1Char('_'), QLatin1Char('\n'));
}

QFont ArchitectureDiagram::boldFont() const
{
    QFont bold = font();
    bold.setBold(true);
    return bold;
}

int ArchitectureDiagram::widest(const Heading& heading) const
{
    const QFontMetrics metrics = fontMetrics();
    return std::max({2 * em(this), metrics.horizontalAdvance(heading.word),
               QFontMetrics(boldFont()).horizontalAdvance(heading.symbol),
               metrics.horizontalAdvance(heading.size)})
        + gap(this);
}

ArchitectureDiagram::Widths ArchitectureDiagram::widths() const
{
    const QFontMetrics metrics = fontMetrics();
    const int line = em(this), space = gap(this);
    Widths w{2 * line, 4 * line, 2 * line, 2 * line, 2 * line, 2 * line, 0, 7 * line, 0};
    w.between = metrics.horizontalAdvance(QStringLiteral("≈")) + space;
    w.sum = metrics.horizontalAdvance(kSum) + 2 * space;
    w.list = std::max(w.list, metrics.horizontalAdvance(activationHeading()));
    w.columns = metrics.horizontalAdvance(columnHeading()) + space;
    if (!m_view)
        return w;
    const Headings all = headings();
    w.input = widest(all.input);
    w.reconstruction = widest(all.reconstruction);
    w.target = widest(all.target);
    w.error = widest(all.error);
    for (const QString& word : encoderText().split(QLatin1Char('\n')))
        w.encoder = std::max(w.encoder, metrics.horizontalAdvance(word) + 2 * space);
    // What stands over the bar of features reaches back over the encoder.
    w.encoder = std::max({w.encoder, metrics.horizontalAdvance(activeText()) - line,
        metrics.horizontalAdvance(ofText()) - line});
    return w;
}

int ArchitectureDiagram::lossHeight() const
{
    return QFontMetrics(boldFont())
        .boundingRect(QRect(0, 0, std::max(1, width() - 2 * pad(this)), 100 * em(this)),
            Qt::AlignLeft | Qt::TextWordWrap, lossText())
        .height();
}

ArchitectureDiagram::Frame ArchitectureDiagram::frame() const
{
    Frame f;
    const Widths w = widths();
    const int line = em(this), space = pad(this), strip = 2 * line;
    const int top = space + kHeadingLines * line + gap(this);
    // Below: how many features are not drawn, and the losses.
    const int bottom = height() - 2 * gap(this) - lossHeight() - line;
    const int tall = std::max(4 * line, bottom - top);
    const int rows = m_view ? std::max(1, countOf(m_view->active)) : 1;
    f.rowHeight = std::clamp(tall / rows, line + gap(this), static_cast<int>(kLoosestRow * line));
    const auto centred = [&](int left, int column) {
        return QRect(left + (column - strip) / 2, top, strip, tall);
    };
    f.input = centred(space, w.input);
    f.encoder = {2 * space + w.input, top, w.encoder, tall};
    f.features = {f.encoder.right() + 1 + space, top, line, tall};
    int right = width() - space - w.error;
    f.error = centred(right, w.error);
    right -= w.between + w.target;
    f.target = centred(right, w.target);
    right -= w.between + w.reconstruction;
    f.reconstruction = centred(right, w.reconstruction);
    right -= w.sum;
    const int left = f.features.right() + 1 + kLinkLines * line;
    const int columns = std::max(w.columns, (right - left) * 2 / 5);
    f.list = {left, top, std::max(0, right - left - columns - space), tall};
    f.columns = {f.list.right() + 1 + space, top, columns, tall};
    return f;
}

QRect ArchitectureDiagram::barRect(const Frame& f, int row) const
{
    const QRect box = rowRect(f, row);
    const int height = std::min(box.height() - 2, em(this) + gap(this));
    return {box.left(), box.center().y() - height / 2, box.width(), height};
}

int ArchitectureDiagram::shownFeatures() const
{
    if (!m_view)
        return 0;
    const Frame f = frame();
    return std::min(countOf(m_view->active), f.list.height() / f.rowHeight);
}

QRect ArchitectureDiagram::rowRect(const Frame& f, int row) const
{
    return {f.list.left(), f.list.top() + row * f.rowHeight, f.list.width(), f.rowHeight};
}

QString ArchitectureDiagram::lossText() const
{
    if (!m_view)
        return {};
    //: values of the two parts of a sparse autoencoder's loss at one token
    const QString text = isSae()
        ? tr("Reconstruction loss Σ(x − x̂)² = %1   ·   Sparsity loss Σ f‖W_dec‖ = %2   ·   FVU %3 "
             "  ·   L0 %4")
        //: likewise of a transcoder, which predicts another activation than it reads
        : tr("Prediction loss of the transcoder Σ(y − ŷ)² = %1   ·   Sparsity loss Σ f‖W_dec‖ = %2 "
             "  ·   FVU %3   ·   L0 %4");
    return text.arg(formatNumber(m_view->reconstructionLoss, 4),
        formatNumber(m_view->sparsityLoss, 4), formatNumber(m_view->fvu),
        formatCount(countOf(m_view->active)));
}

QString ArchitectureDiagram::toTable() const
{
    if (!m_view)
        return {};
    QString text = lossText() + tr("\nfeature\tlabel\thidden_pre\tactivation\tdecoder norm\n");
    for (const core::ActiveFeature& active : m_view->active)
        text += QStringLiteral("%1\t%2\t%3\t%4\t%5\n")
                    .arg(active.row.feature.feature.value)
                    .arg(featureTitle(active.row))
                    .arg(static_cast<double>(active.hiddenPre))
                    .arg(static_cast<double>(active.activation))
                    .arg(static_cast<double>(active.decoderNorm));
    return text;
}

void ArchitectureDiagram::paintStrips(QPainter& painter, const Frame& f) const
{
    const double scale
        = std::max(largestMagnitude(m_view->target), largestMagnitude(m_view->reconstruction));
    const auto strip = [&](const QRect& rect, const std::vector<float>& values,
                           const Heading& heading, double to) {
        paintValueStrip(painter, rect, values, to, Qt::Vertical, palette());
        QRect line(rect.center().x() - widest(heading) / 2,
            rect.top() - kHeadingLines * em(this) - gap(this), widest(heading), em(this));
        const auto write = [&](const QString& text) {
            painter.drawText(line, Qt::AlignCenter, text);
            line.translate(0, em(this));
        };
        painter.setPen(palette().color(QPalette::Text));
        write(heading.word);
        painter.setFont(boldFont()); // vectors; and DejaVu's light hat stands a line too high
        write(heading.symbol);
        painter.setFont(font());
        painter.setPen(semanticColors(palette()).subtle);
        write(heading.size);
    };
    const Headings all = headings();
    strip(f.input, m_view->input, all.input, largestMagnitude(m_view->input));
    strip(f.reconstruction, m_view->reconstruction, all.reconstruction, scale);
    strip(f.target, m_view->target, all.target, scale);
    strip(f.error, m_error, all.error, scale);
    painter.setPen(palette().color(QPalette::Text));
    const auto between = [&](const QRect& a, const QRect& b, const QString& sign) {
        painter.drawText(
            QRect(a.right(), a.top(), b.left() - a.right(), a.height()), Qt::AlignCenter, sign);
    };
    between(f.reconstruction, f.target, QStringLiteral("≈"));
    between(f.target, f.error, QStringLiteral("–"));
}

void ArchitectureDiagram::paintFeatures(QPainter& painter, const Frame& f) const
{
    const SemanticColors colors = semanticColors(palette());
    // The encoder widens from d_in to d_sae.
    QPainterPath wedge;
    const int quarter = f.encoder.height() / 4;
    wedge.moveTo(f.encoder.left(), f.encoder.top() + quarter);
    wedge.lineTo(f.encoder.topRight());
    wedge.lineTo(f.encoder.bottomRight());
    wedge.lineTo(f.encoder.left(), f.encoder.bottom() - quarter);
    wedge.closeSubpath();
    painter.fillPath(wedge, palette().color(QPalette::Button));
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(f.encoder, Qt::AlignCenter, encoderText());

    painter.fillRect(f.features, palette().color(QPalette::Base));
    painter.setPen(colors.grid);
    painter.drawRect(f.features);
    const int dSae = std::max(1, m_view->dictionary.d_sae);
    const auto tickOf = [&](const core::ActiveFeature& active) {
        return f.features.top()
            + static_cast<int>(
                static_cast<double>(active.row.feature.feature.value) / dSae * f.features.height());
    };
    const double strongest
        = m_view->active.empty() ? 1.0 : static_cast<double>(m_view->active.front().activation);
    for (const core::ActiveFeature& active : m_view->active) {
        painter.fillRect(f.features.left() + 1, tickOf(active), f.features.width() - 1,
            std::max(2, gap(this) / 2),
            sequentialColor(
                0.4 + 0.6 * static_cast<double>(active.activation) / strongest, palette()));
    }
    painter.setPen(palette().color(QPalette::Text));
    // Right-aligned with the bar, over the encoder's free corner.
    const QRect top(f.encoder.left(), f.features.top() - 2 * em(this) - gap(this),
        f.features.right() + 1 - f.encoder.left(), em(this));
    painter.drawText(top, Qt::AlignRight | Qt::AlignBottom, activeText());
    painter.setPen(colors.subtle);
    painter.drawText(top.translated(0, em(this)), Qt::AlignRight | Qt::AlignBottom, ofText());

    painter.setRenderHint(QPainter::Antialiasing);
    for (int row = 0; row < shownFeatures(); ++row) {
        const core::ActiveFeature& active = m_view->active[static_cast<std::size_t>(row)];
        const QRect box = rowRect(f, row);
        painter.setPen(QPen(row == m_hovered ? palette().color(QPalette::Highlight)
                                             : palette().color(QPalette::Mid),
            1));
        QPainterPath link(QPointF(f.features.right() + 1, tickOf(active)));
        const qreal middle = (f.features.right() + box.left()) / 2.0;
        link.cubicTo(
            middle, tickOf(active), middle, box.center().y(), box.left() - 2, box.center().y());
        painter.drawPath(link);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void ArchitectureDiagram::paintColumns(QPainter& painter, const Frame& f) const
{
    const int rows = shownFeatures();
    const double strongest
        = m_view->active.empty() ? 1.0 : static_cast<double>(m_view->active.front().activation);
    for (int row = 0; row < rows; ++row) {
        const core::ActiveFeature& active = m_view->active[static_cast<std::size_t>(row)];
        const QRect box = barRect(f, row);
        const bool isCurrent = active.row.feature.feature == m_current;
        const int bar
            = static_cast<int>(static_cast<double>(active.activation) / strongest * box.width());
        painter.fillRect(
            QRect(box.left(), box.top(), bar, box.height()), sequentialColor(0.35, palette()));
        if (row == m_hovered || isCurrent) {
            painter.setPen(QPen(palette().color(QPalette::Highlight), isCurrent ? 2 : 1));
            painter.drawRect(box);
        }
        const QString value = formatNumber(static_cast<double>(active.activation));
        const int valueWidth = fontMetrics().horizontalAdvance(value) + gap(this);
        painter.setPen(palette().color(QPalette::Text));
        painter.drawText(box.adjusted(gap(this), 0, -valueWidth - gap(this), 0),
            Qt::AlignVCenter | Qt::AlignLeft,
            fontMetrics().elidedText(numberedTitle(active.row), Qt::ElideRight,
                box.width() - valueWidth - 2 * gap(this)));
        painter.drawText(
            box.adjusted(0, 0, -gap(this), 0), Qt::AlignVCenter | Qt::AlignRight, value);
        const QRect column(f.columns.left(), box.top(), f.columns.width(), box.height());
        paintValueStrip(painter, column, active.decoderColumn,
            largestMagnitude(active.decoderColumn), Qt::Horizontal, palette());
    }
    painter.setPen(palette().color(QPalette::Text));
    const int titleTop = f.list.top() - em(this) - gap(this);
    painter.drawText(QRect(f.list.left(), titleTop, f.list.width(), em(this)),
        Qt::AlignLeft | Qt::AlignVCenter, activationHeading());
    painter.drawText(QRect(f.columns.left(), titleTop, f.columns.width(), em(this)),
        Qt::AlignLeft | Qt::AlignVCenter, columnHeading());
    const int hidden = countOf(m_view->active) - rows;
    if (hidden > 0) {
        painter.setPen(semanticColors(palette()).subtle);
        painter.drawText(
            QRect(f.list.left(), f.list.bottom() + 1, f.columns.right() - f.list.left(), em(this)),
            Qt::AlignLeft | Qt::AlignVCenter, tr("… and %n weaker, not drawn", nullptr, hidden));
    }
    // The sum of activation times decoder column.
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(QRect(f.columns.right(), f.columns.top(),
                         f.reconstruction.left() - f.columns.right(), f.columns.height()),
        Qt::AlignCenter, kSum);
}

void ArchitectureDiagram::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    if (!m_view)
        return;
    const Frame f = frame();
    paintStrips(painter, f);
    paintFeatures(painter, f);
    paintColumns(painter, f);
    painter.setPen(palette().color(QPalette::Text));
    painter.setFont(boldFont());
    painter.drawText(rect().adjusted(pad(this), 0, -pad(this), -gap(this)),
        Qt::AlignLeft | Qt::AlignBottom | Qt::TextWordWrap, lossText());
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1, Qt::DotLine));
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

int ArchitectureDiagram::rowAt(const QPoint& point) const
{
    const Frame f = frame();
    for (int row = 0; row < shownFeatures(); ++row) {
        if (rowRect(f, row)
                .united(
                    QRect(f.columns.left(), rowRect(f, row).top(), f.columns.width(), f.rowHeight))
                .contains(point))
            return row;
    }
    return -1;
}

void ArchitectureDiagram::choose(int row)
{
    if (row < 0 || row >= shownFeatures())
        return;
    const core::FeatureRef feature = m_view->active[static_cast<std::size_t>(row)].row.feature;
    setCurrentFeature(feature.feature);
    Q_EMIT featureChosen(feature);
}

void ArchitectureDiagram::mousePressEvent(QMouseEvent* event)
{
    choose(rowAt(event->pos()));
}

void ArchitectureDiagram::mouseMoveEvent(QMouseEvent* event)
{
    const int row = rowAt(event->pos());
    if (row != m_hovered) {
        m_hovered = row;
        update();
    }
}

void ArchitectureDiagram::leaveEvent(QEvent*)
{
    m_hovered = -1;
    update();
}

void ArchitectureDiagram::keyPressEvent(QKeyEvent* event)
{
    int row = -1;
    for (int i = 0; i < shownFeatures(); ++i) {
        if (m_view->active[static_cast<std::size_t>(i)].row.feature.feature == m_current)
            row = i;
    }
    if (event->key() == Qt::Key_Down)
        choose(row + 1);
    else if (event->key() == Qt::Key_Up)
        choose(row - 1);
    else
        QWidget::keyPressEvent(event);
}

QString ArchitectureDiagram::explain(const QPoint& point) const
{
    if (!m_view)
        return {};
    const Frame f = frame();
    if (const int row = rowAt(point); row >= 0) {
        const core::ActiveFeature& active = m_view->active[static_cast<std::size_t>(row)];
        return tr("%1\n%2\nbefore the nonlinearity %3, activation %4, decoder norm %5")
            .arg(featureName(active.row.feature, active.row.layer), featureTitle(active.row),
                formatNumber(static_cast<double>(active.hiddenPre)),
                formatNumber(static_cast<double>(active.activation)),
                formatNumber(static_cast<double>(active.decoderNorm)));
    }
    if (f.input.contains(point))
        return tr("The activation read at %1, %2 values.\nOrange is positive, blue negative.")
            .arg(toQString(m_view->dictionary.hookIn), formatCount(countOf(m_view->input)));
    if (f.encoder.contains(point))
        return tr("The encoder asks every feature how much of it is in x; the nonlinearity "
                  "silences all but a few.");
    if (f.features.contains(point))
        return tr("All %1 features of the dictionary by number; marks are the active ones.")
            .arg(formatCount(m_view->dictionary.d_sae));
    if (f.reconstruction.contains(point))
        return isSae() ? tr("The reconstruction x̂: each active feature's decoder column times its "
                            "activation, and b_dec.")
                       : tr("The prediction ŷ of %1: each active feature's decoder column times "
                            "its activation, and b_dec.")
                             .arg(toQString(m_view->dictionary.hookOut));
    if (f.target.contains(point))
        return (isSae() ? tr("What should be rebuilt, the input x again: %1.")
                        : tr("What should be predicted, y: %1."))
            .arg(toQString(m_view->dictionary.hookOut.empty() ? m_view->dictionary.hookIn
                                                              : m_view->dictionary.hookOut));
    if (f.error.contains(point))
        return tr(
            "What the dictionary does not explain, on the same colour scale: %1 of the variance.")
            .arg(formatPercent(m_view->fvu));
    return {};
}

bool ArchitectureDiagram::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        QToolTip::showText(help->globalPos(), explain(help->pos()), this);
        return true;
    }
    return QWidget::event(event);
}

} // namespace ui
