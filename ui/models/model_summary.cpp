#include "ui/models/model_summary.h"

#include "ui/shared/notice.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QLabel>
#include <QProgressBar>
#include <QStringList>
#include <QVBoxLayout>

namespace ui {

namespace {

QString factsOf(const core::ModelInfo& info)
{
    const QString heads = info.n_key_value_heads > 0 && info.n_key_value_heads != info.n_heads
        ? ModelSummary::tr("%1 heads (%2 key-value)").arg(info.n_heads).arg(info.n_key_value_heads)
        : ModelSummary::tr("%1 heads").arg(info.n_heads);
    QStringList lines;
    lines << ModelSummary::tr("%1 · %2 layers · d_model %3 · %4 of %5 · d_mlp %6")
                 .arg(toQString(info.modelType))
                 .arg(info.n_layers)
                 .arg(formatCount(info.d_model), heads)
                 .arg(info.d_head)
                 .arg(formatCount(info.d_mlp));
    QStringList parts;
    for (const std::string& part : info.parts)
        parts << toQString(part);
    if (!parts.isEmpty())
        lines << parts.join(QStringLiteral(" · "));
    lines << ModelSummary::tr("%1 parameters, %2 on disk as %3")
                 .arg(formatCount(info.parameters), formatBytes(info.bytes), toQString(info.dtype));
    lines << ModelSummary::tr("Tokenizer: %1, %2 tokens · context %3 tokens · %4")
                 .arg(info.tokenizerType.empty() ? ModelSummary::tr("none")
                                                 : toQString(info.tokenizerType),
                     formatCount(std::max(info.tokenizerSize, info.d_vocab)),
                     formatCount(info.n_ctx),
                     info.hasChatTemplate ? ModelSummary::tr("chat template")
                                          : ModelSummary::tr("no chat template"));
    lines << toQString(info.path);
    return lines.join(QLatin1Char('\n'));
}

/// What the loaded model takes, in the way it was opened.
std::int64_t bytesInUse(const core::ModelInfo& info)
{
    const auto found = std::find_if(info.costs.begin(), info.costs.end(), [&](const auto& cost) {
        return cost.device == info.device && cost.dtype == info.computeDtype;
    });
    return found == info.costs.end() ? info.estimateBytes : found->total();
}

} // namespace

ModelSummary::ModelSummary(QWidget* parent)
    : QWidget(parent)
    , m_name(new QLabel(this))
    , m_facts(new QLabel(this))
    , m_memory(new QProgressBar(this))
    , m_cost(new QLabel(this))
    , m_warning(new Notice(this))
{
    makeHeading(m_name, 1);
    m_name->setTextFormat(Qt::PlainText);
    m_facts->setObjectName(QStringLiteral("modelFacts"));
    m_facts->setTextFormat(Qt::PlainText);
    m_facts->setWordWrap(true);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_cost->setWordWrap(true);
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
    m_facts->setText(factsOf(info));
    const std::int64_t bytes = bytesInUse(info);
    const double share = info.freeBytes > 0
        ? static_cast<double>(bytes) / static_cast<double>(bytes + info.freeBytes)
        : 0.0;
    m_memory->setRange(0, 1000);
    m_memory->setValue(static_cast<int>(std::clamp(share, 0.0, 1.0) * 1000.0));
    m_memory->setToolTip(tr("Share of the memory that this model takes and that is free"));
    m_memory->setVisible(info.isLoaded && info.freeBytes > 0);
    m_cost->setText(
        tr("Runs on %1 in %2, threads: %3. About %4 of memory; %5 are free.")
            .arg(toQString(info.device),
                info.computeDtype.empty() ? toQString(info.dtype) : toQString(info.computeDtype))
            .arg(std::max(1, info.threads))
            .arg(formatBytes(bytes), formatBytes(info.freeBytes)));
    m_cost->setVisible(info.isLoaded);
    QStringList warnings;
    if (!info.tokenizerProblem.empty())
        warnings
            << tr("It can be opened, but not read text: %1").arg(toQString(info.tokenizerProblem));
    for (const std::string& warning : info.warnings)
        warnings << toQString(warning);
    if (info.isBlasSlow)
        warnings << toQString(info.blasNote);
    m_warning->say(Notice::Kind::Warning, warnings.join(QLatin1Char('\n')));
}

QString ModelSummary::toText() const
{
    return m_name->text() + QLatin1Char('\n') + m_facts->text()
        + (m_cost->isHidden() ? QString() : QLatin1Char('\n') + m_cost->text());
}

} // namespace ui
