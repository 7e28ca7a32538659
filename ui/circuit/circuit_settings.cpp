#include "ui/circuit/circuit_settings.h"

#include "core/api/dictionary_info.h"
#include "ui/circuit/circuit_document.h"
#include "ui/shared/notice.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr double kBytesPerGigabyte = 1024.0 * 1024.0 * 1024.0; // as sizes are written elsewhere

/// Dictionaries that stand beside each other on the disk and read the same kind of place belong
/// together: one for each layer.
QString setKey(const core::DictionaryInfo& info)
{
    QString hook = toQString(info.hookIn);
    hook.remove(QRegularExpression(QStringLiteral("\\d")));
    return QStringLiteral("%1|%2|%3")
        .arg(QString::number(static_cast<int>(info.kind)), QFileInfo(toQString(info.path)).path(),
            hook);
}

} // namespace

CircuitSettings::CircuitSettings(CircuitDocument* document, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_settings(settings)
    , m_targets(new QLineEdit(this))
    , m_logits(new QSpinBox(this))
    , m_probability(new QDoubleSpinBox(this))
    , m_features(new QSpinBox(this))
    , m_memory(new QDoubleSpinBox(this))
    , m_dictionaries(new QComboBox(this))
    , m_estimate(new Notice(this))
{
    makeFields();
    layOut();
    m_typing.setSingleShot(true);
    m_typing.setInterval(kTypingDelayMs);
    connect(&m_typing, &QTimer::timeout, this, &CircuitSettings::askForEstimate);
    connect(m_targets, &QLineEdit::textChanged, this, &CircuitSettings::edited);
    connect(m_logits, &QSpinBox::valueChanged, this, &CircuitSettings::edited);
    connect(m_probability, &QDoubleSpinBox::valueChanged, this, &CircuitSettings::edited);
    connect(m_features, &QSpinBox::valueChanged, this, &CircuitSettings::edited);
    connect(m_memory, &QDoubleSpinBox::valueChanged, this, &CircuitSettings::edited);
    connect(m_dictionaries, &QComboBox::currentIndexChanged, this, &CircuitSettings::edited);
    connect(
        document->session(), &Session::stateChanged, this, &CircuitSettings::refreshDictionaries);
    connect(document, &CircuitDocument::promptChanged, this, [this] { m_typing.start(); });
    connect(document, &CircuitDocument::restored, this, &CircuitSettings::setOptions);
    refreshDictionaries();
}

void CircuitSettings::makeFields()
{
    const auto value = [this](SettingKey key) {
        return m_settings ? m_settings->value(key) : Settings::info(key).defaultValue;
    };
    m_targets->setObjectName(QStringLiteral("traceTargets"));
    m_targets->setAccessibleName(tr("What to explain"));
    m_targets->setPlaceholderText(tr("the most probable next tokens"));
    m_targets->setToolTip(
        tr("Empty: the most probable next tokens. “Austin”: one token; a space before it is part "
           "of it. “Austin - Sacramento”: the "
           "difference of two logits. “#123”: a vocabulary entry. Each also as “…@7”: at "
           "position 7 of the prompt. Several are parted by commas."));
    m_targets->setText(value(SettingKey::CircuitTargets).toString());
    m_logits->setObjectName(QStringLiteral("traceLogits"));
    m_logits->setAccessibleName(tr("Most logits"));
    m_logits->setRange(1, 100);
    m_logits->setToolTip(tr("At most so many of the next tokens are explained"));
    m_logits->setValue(value(SettingKey::CircuitLogits).toInt());
    m_probability->setObjectName(QStringLiteral("traceProbability"));
    m_probability->setAccessibleName(tr("Probability to cover"));
    m_probability->setRange(0.01, 1.0);
    m_probability->setSingleStep(0.05);
    m_probability->setToolTip(
        tr("Next tokens are taken until their probabilities sum to this share, 0 to 1"));
    m_probability->setValue(value(SettingKey::CircuitProbability).toDouble());
    m_features->setObjectName(QStringLiteral("traceFeatures"));
    m_features->setAccessibleName(tr("Feature budget"));
    m_features->setRange(0, 1'000'000);
    m_features->setSingleStep(256);
    m_features->setSpecialValueText(tr("all active"));
    m_features->setToolTip(tr("At most so many features get a row in the graph, those with the "
                              "most influence first; 0 takes all that are active"));
    m_features->setValue(value(SettingKey::CircuitFeatures).toInt());
    m_memory->setObjectName(QStringLiteral("traceMemory"));
    m_memory->setAccessibleName(tr("Memory limit"));
    m_memory->setRange(0.0, 4096.0);
    m_memory->setDecimals(2);
    m_memory->setSingleStep(0.5);
    m_memory->setSuffix(tr(" GB"));
    m_memory->setSpecialValueText(tr("automatic"));
    m_memory->setToolTip(tr("Memory that tracing may take, in GB; automatic is four fifths of what "
                            "is free. Where the graph does not fit, the features with the most "
                            "influence are traced"));
    m_memory->setValue(value(SettingKey::CircuitMemory).toDouble());
    m_dictionaries->setObjectName(QStringLiteral("traceDictionaries"));
    m_dictionaries->setAccessibleName(tr("Dictionaries"));
    m_dictionaries->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_dictionaries->setMinimumContentsLength(14);
    m_estimate->setObjectName(QStringLiteral("traceEstimate"));
}

void CircuitSettings::layOut()
{
    const auto name = [this](const QString& text, QWidget* buddy) {
        auto* label = new QLabel(text, this);
        label->setBuddy(buddy);
        label->setToolTip(buddy->toolTip());
        return label;
    };
    auto* grid = new QGridLayout;
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(pad(this));
    grid->setVerticalSpacing(gap(this));
    grid->addWidget(name(tr("E&xplain"), m_targets), 0, 0);
    grid->addWidget(m_targets, 0, 1, 1, 3);
    grid->addWidget(name(tr("thro&ugh"), m_dictionaries), 0, 4);
    grid->addWidget(m_dictionaries, 0, 5, 1, 3);
    grid->addWidget(name(tr("&Logits"), m_logits), 1, 0);
    grid->addWidget(m_logits, 1, 1);
    grid->addWidget(name(tr("Probabilit&y"), m_probability), 1, 2);
    grid->addWidget(m_probability, 1, 3);
    grid->addWidget(name(tr("Fea&tures"), m_features), 1, 4);
    grid->addWidget(m_features, 1, 5);
    grid->addWidget(name(tr("Memor&y"), m_memory), 1, 6);
    grid->addWidget(m_memory, 1, 7);
    for (const int column : {1, 3, 5, 7})
        grid->setColumnStretch(column, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(grid);
    column->addWidget(m_estimate);
}

std::vector<CircuitSettings::DictionarySet> CircuitSettings::setsOf(
    const core::EngineState& state) const
{
    struct Found {
        QString key;
        std::vector<const core::DictionaryInfo*> members;
    };
    std::vector<Found> found;
    for (const core::DictionaryInfo& info : state.dictionaries) {
        const bool isResidual = info.hookIn.find("resid") != std::string::npos;
        if (!info.isPlaced || info.areConcepts // these do not rebuild the stream
            || (info.kind == core::DictionaryKind::Sae && !isResidual))
            continue;
        const QString key = setKey(info);
        auto at = std::find_if(
            found.begin(), found.end(), [&](const Found& set) { return set.key == key; });
        if (at == found.end())
            at = found.insert(found.end(), {key, {}});
        at->members.push_back(&info);
    }
    // Transcoders are circuit-tracer's way; SAEs only stand in for them.
    std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
        const auto rank = [](const Found& set) {
            return set.members.front()->kind == core::DictionaryKind::Sae ? 1 : 0;
        };
        return rank(a) < rank(b);
    });
    std::vector<DictionarySet> sets;
    for (Found& set : found) {
        std::stable_sort(set.members.begin(), set.members.end(),
            [](const auto* a, const auto* b) { return a->layer < b->layer; });
        DictionarySet made;
        for (const core::DictionaryInfo* info : set.members)
            made.dictionaries.push_back(info->name);
        const core::DictionaryInfo& first = *set.members.front();
        const QString kind = first.kind == core::DictionaryKind::Sae ? tr("residual SAEs")
            : first.kind == core::DictionaryKind::Transcoder         ? tr("transcoders")
                                                                     : tr("cross-layer transcoder");
        const QString folder = QFileInfo(QFileInfo(toQString(first.path)).path()).fileName();
        const QString layers = set.members.size() == 1
            ? tr("1 layer")
            : tr("%1 layers").arg(formatCount(countOf(set.members)));
        made.name = tr("%1: %2, %3").arg(folder, kind, layers);
        if (folder.isEmpty())
            made.name = tr("%1, %2").arg(kind, layers);
        sets.push_back(std::move(made));
    }
    return sets;
}

void CircuitSettings::refreshDictionaries()
{
    const QString before = m_dictionaries->currentText();
    {
        const QSignalBlocker blocker(m_dictionaries);
        m_sets = setsOf(m_document->session()->state());
        m_dictionaries->clear();
        m_dictionaries->addItem(tr("Automatic"));
        for (const DictionarySet& set : m_sets)
            m_dictionaries->addItem(set.name);
        m_dictionaries->setCurrentIndex(std::max(0, m_dictionaries->findText(before)));
        m_dictionaries->setToolTip(m_sets.empty()
                ? tr("Open transcoders on the Models page: a graph is made of their features")
                : tr("Which dictionaries stand for the layers. Automatic takes the transcoders, "
                     "and residual SAEs only where no transcoder is open: their effects are "
                     "measured from layer to layer, which is not circuit-tracer's definition"));
    }
    edited();
}

core::TraceRequest CircuitSettings::options() const
{
    core::TraceRequest request;
    const QStringList targets = m_targets->text().split(QLatin1Char(','));
    for (qsizetype i = 0; i < targets.size(); ++i) {
        // A space after a comma belongs to the comma; any other belongs to the token.
        const bool hasSpaceOfComma = i > 0 && targets[i].startsWith(QLatin1Char(' '));
        if (!targets[i].trimmed().isEmpty())
            request.targets.push_back(targets[i].mid(hasSpaceOfComma ? 1 : 0).toStdString());
    }
    request.settings.maxLogits = m_logits->value();
    request.settings.logitProbability = m_probability->value();
    request.settings.maxFeatures = m_features->value();
    request.memoryBytes
        = static_cast<std::int64_t>(std::llround(m_memory->value() * kBytesPerGigabyte));
    const int set = m_dictionaries->currentIndex() - 1;
    if (set >= 0 && set < countOf(m_sets))
        request.dictionaries = m_sets[static_cast<std::size_t>(set)].dictionaries;
    return request;
}

void CircuitSettings::setOptions(const core::TraceRequest& request)
{
    QStringList targets;
    for (const std::string& target : request.targets)
        targets << toQString(target);
    m_targets->setText(targets.join(QStringLiteral(", ")));
    m_logits->setValue(request.settings.maxLogits);
    m_probability->setValue(request.settings.logitProbability);
    m_features->setValue(request.settings.maxFeatures);
    m_memory->setValue(static_cast<double>(request.memoryBytes) / kBytesPerGigabyte);
    int chosen = 0;
    for (int set = 0; set < countOf(m_sets); ++set)
        if (m_sets[static_cast<std::size_t>(set)].dictionaries == request.dictionaries)
            chosen = set + 1;
    m_dictionaries->setCurrentIndex(chosen);
}

QString CircuitSettings::summary() const
{
    QStringList parts;
    if (!m_targets->text().trimmed().isEmpty())
        parts << tr("explains %1").arg(m_targets->text()); // a space before a token is part of it
    if (m_features->value() > 0)
        parts << tr("at most %1 features").arg(formatCount(m_features->value()));
    if (m_memory->value() > 0)
        parts << tr("at most %1").arg(m_memory->text());
    if (m_dictionaries->currentIndex() > 0)
        parts << m_dictionaries->currentText();
    return parts.join(QStringLiteral(" · "));
}

void CircuitSettings::edited()
{
    // A target names the tokens itself: how many the model would name does not matter then.
    const bool isFree = m_targets->text().trimmed().isEmpty();
    m_logits->setEnabled(isFree);
    m_probability->setEnabled(isFree);
    if (m_settings) {
        m_settings->setValue(SettingKey::CircuitTargets, m_targets->text());
        m_settings->setValue(SettingKey::CircuitLogits, m_logits->value());
        m_settings->setValue(SettingKey::CircuitProbability, m_probability->value());
        m_settings->setValue(SettingKey::CircuitFeatures, m_features->value());
        m_settings->setValue(SettingKey::CircuitMemory, m_memory->value());
    }
    m_document->setTraceOptions(options());
    m_typing.start();
    Q_EMIT changed();
}

void CircuitSettings::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_typing.start();
}

void CircuitSettings::askForEstimate()
{
    if (!isVisible())
        return;
    if (!m_document->session()->hasModel())
        return m_estimate->say(Notice::Kind::Info, tr("Open a model to see what tracing costs."));
    if (m_document->prompt().trimmed().isEmpty())
        return m_estimate->say(Notice::Kind::Info, tr("Write a prompt to see what tracing costs."));
    m_document->session()->ask(
        this, core::EstimateTraceRequest{m_document->traceRequest(m_document->prompt())},
        [this](const Shared<core::TraceEstimate>& estimate) { showEstimate(*estimate); },
        [this](const core::Error& error) { // while one types, nothing shouts
            m_estimate->say(Notice::Kind::Warning, toQString(error.message));
        });
}

void CircuitSettings::showEstimate(const core::TraceEstimate& estimate)
{
    const QString features = estimate.tracedFeatures < estimate.activeFeatures
        ? tr("%1 of %2 active features traced")
              .arg(formatCount(estimate.tracedFeatures), formatCount(estimate.activeFeatures))
        : tr("%1 active features").arg(formatCount(estimate.activeFeatures));
    const QString seconds = estimate.seconds < 0.1
        ? tr("less than 0.1 s")
        : tr("about %1 s").arg(formatNumber(estimate.seconds, 2));
    QString text
        = tr("%1 tokens · %2 · matrix %3, %4 more while tracing · %5")
              .arg(formatCount(estimate.tokens), features, formatBytes(estimate.matrixBytes),
                  formatBytes(estimate.workBytes), seconds);
    if (!estimate.note.empty())
        text += QStringLiteral(" · ") + toQString(estimate.note);
    const bool isLimited
        = !estimate.note.empty() || estimate.tracedFeatures < estimate.activeFeatures;
    m_estimate->say(isLimited ? Notice::Kind::Warning : Notice::Kind::Info, text);
}

} // namespace ui
