#include "ui/views/model_summary.h"

#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>

#include <QLabel>
#include <QProgressBar>
#include <QVBoxLayout>

namespace ui {

ModelSummary::ModelSummary(QWidget* parent)
    : QWidget(parent)
    , m_name(new QLabel(this))
    , m_facts(new QLabel(this))
    , m_memory(new QProgressBar(this))
    , m_cost(new QLabel(this))
    , m_warning(new QLabel(this))
{
    makeHeading(m_name, 1);
    m_name->setTextFormat(Qt::PlainText);
    m_facts->setTextFormat(Qt::PlainText);
    m_facts->setWordWrap(true);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_cost->setWordWrap(true);
    m_warning->setWordWrap(true);
    m_warning->setObjectName(QStringLiteral("modelWarning"));
    m_memory->setTextVisible(false);
    m_memory->setAccessibleName(tr("Memory needed of memory free"));
    m_memory->setFixedHeight(pad(this));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    for (QWidget* widget :
        std::initializer_list<QWidget*>{m_name, m_facts, m_memory, m_cost, m_warning})
        layout->addWidget(widget);
}

void ModelSummary::setModel(const core::ModelInfo& info)
{
    m_name->setText(toQString(info.name));
    const QString heads = info.n_key_value_heads > 0 && info.n_key_value_heads != info.n_heads
        ? tr("%1 heads (%2 key-value)").arg(info.n_heads).arg(info.n_key_value_heads)
        : tr("%1 heads").arg(info.n_heads);
    m_facts->setText(
        tr("%1 · %2 layers · d_model %3 · %4 of %5 · d_mlp %6\n"
           "%7 parameters, %8 on disk as %9\n"
           "Tokenizer: %10, %11 tokens · context %12 tokens\n%13")
            .arg(toQString(info.modelType))
            .arg(info.n_layers)
            .arg(formatCount(info.d_model), heads)
            .arg(info.d_head)
            .arg(formatCount(info.d_mlp), formatCount(info.parameters), formatBytes(info.bytes),
                toQString(info.dtype))
            .arg(toQString(info.tokenizerType),
                formatCount(std::max(info.tokenizerSize, info.d_vocab)), formatCount(info.n_ctx))
            .arg(toQString(info.path)));
    m_fits = info.freeBytes <= 0 || info.estimateBytes <= info.freeBytes;
    const double share = info.freeBytes > 0
        ? static_cast<double>(info.estimateBytes) / static_cast<double>(info.freeBytes)
        : 0.0;
    m_memory->setRange(0, 1000);
    m_memory->setValue(static_cast<int>(std::clamp(share, 0.0, 1.0) * 1000.0));
    m_memory->setVisible(info.freeBytes > 0);
    m_cost->setText(info.isLoaded
            ? tr("Loaded on %1, threads: %2. About %3 of memory; %4 are free.")
                  .arg(toQString(info.device))
                  .arg(std::max(1, info.threads))
                  .arg(formatBytes(info.estimateBytes), formatBytes(info.freeBytes))
            : tr("Will take about %1 of memory; %2 are free.")
                  .arg(formatBytes(info.estimateBytes), formatBytes(info.freeBytes)));
    QStringList warnings;
    if (!m_fits && !info.isLoaded)
        warnings << tr(
            "⚠ This is more than the free memory. Close other programs or choose a smaller model.");
    if (info.isBlasSlow)
        warnings << QStringLiteral("⚠ %1").arg(toQString(info.blasNote));
    m_warning->setText(warnings.join(QLatin1Char('\n')));
    m_warning->setVisible(!warnings.isEmpty());
    QPalette warning = palette();
    warning.setColor(QPalette::WindowText, semanticColors(palette()).warning);
    m_warning->setPalette(warning);
}

QString ModelSummary::toText() const
{
    return m_name->text() + QLatin1Char('\n') + m_facts->text() + QLatin1Char('\n')
        + m_cost->text();
}

} // namespace ui
