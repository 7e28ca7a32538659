#include "ui/steer/settings_panel.h"

#include <algorithm>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QSpinBox>

namespace ui {

namespace {
enum class Attention { Free, Frozen, Both };
}

SettingsPanel::SettingsPanel(QWidget* parent)
    : QWidget(parent)
    , m_maxTokens(addWhole("maxTokens", 1, 4096))
    , m_temperature(addReal("temperature", 0, 5, 0.1))
    , m_topK(addWhole("topK", 0, 100000))
    , m_topP(addReal("topP", 0.01, 1, 0.05))
    , m_repetitionPenalty(addReal("repetitionPenalty", 0.01, 100, 0.05))
    , m_frequencyPenalty(addReal("frequencyPenalty", -5, 5, 0.1))
    , m_seed(addWhole("seed", 0, 2147483647))
    , m_attention(new QComboBox(this))
{
    m_maxTokens->setToolTip(tr("Tokens to write at most"));
    m_temperature->setToolTip(tr("How freely tokens are drawn: 0 takes the most probable one each "
                                 "time, 1 draws as the model says"));
    m_topK->setToolTip(tr("Keep the k most probable tokens; 0 = off"));
    m_topP->setToolTip(tr("Keep the fewest tokens whose probabilities reach this; 1 = off"));
    m_repetitionPenalty->setToolTip(tr("Divides the logits of tokens already said; 1 = off"));
    m_frequencyPenalty->setToolTip(
        tr("Subtracted from a token's logit for each time it was already said; 0 = off"));
    m_seed->setToolTip(tr("Same seed, same random numbers in every text"));
    m_attention->setObjectName(QStringLiteral("attentionChoice"));
    m_attention->addItem(tr("free"), static_cast<int>(Attention::Free));
    m_attention->addItem(tr("frozen on the prompt"), static_cast<int>(Attention::Frozen));
    m_attention->addItem(tr("both, side by side"), static_cast<int>(Attention::Both));
    m_attention->setToolTip(
        tr("Frozen: the steered text keeps the unsteered attention patterns on the prompt, so that "
           "a change acts along direct paths alone. Both: a third text beside the two."));
    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->addRow(tr("Max tokens"), m_maxTokens);
    form->addRow(tr("Temperature"), m_temperature);
    form->addRow(tr("Top k"), m_topK);
    form->addRow(tr("Top p"), m_topP);
    form->addRow(tr("Repetition penalty"), m_repetitionPenalty);
    form->addRow(tr("Frequency penalty"), m_frequencyPenalty);
    form->addRow(tr("Seed"), m_seed);
    form->addRow(tr("Attention"), m_attention);
    setSettings({});
    connect(m_temperature, &QDoubleSpinBox::valueChanged, this,
        [this] { m_isTemperatureChosen = m_isTemperatureChosen || !m_isApplying; });
    connect(m_attention, &QComboBox::currentIndexChanged, this, [this] {
        if (!m_isApplying)
            Q_EMIT changed(-1);
    });
}

QDoubleSpinBox* SettingsPanel::addReal(const char* name, double low, double high, double step)
{
    auto* spin = new QDoubleSpinBox(this);
    spin->setObjectName(QLatin1String(name));
    spin->setRange(low, high);
    spin->setSingleStep(step);
    spin->setKeyboardTracking(false); // a change writes all fields anew, also one half typed
    connect(spin, &QDoubleSpinBox::valueChanged, this, [this, control = m_controls++] {
        if (!m_isApplying)
            Q_EMIT changed(control);
    });
    return spin;
}

QSpinBox* SettingsPanel::addWhole(const char* name, int low, int high)
{
    auto* spin = new QSpinBox(this);
    spin->setObjectName(QLatin1String(name));
    spin->setRange(low, high);
    spin->setKeyboardTracking(false);
    connect(spin, &QSpinBox::valueChanged, this, [this, control = m_controls++] {
        if (!m_isApplying)
            Q_EMIT changed(control);
    });
    return spin;
}

core::GenerateSettings SettingsPanel::settings() const
{
    core::GenerateSettings settings;
    settings.maxTokens = m_maxTokens->value();
    settings.temperature = m_temperature->value();
    settings.topK = m_topK->value();
    settings.topP = m_topP->value();
    settings.repetitionPenalty = m_repetitionPenalty->value();
    settings.frequencyPenalty = m_frequencyPenalty->value();
    settings.seed = static_cast<std::uint64_t>(m_seed->value());
    const auto attention = static_cast<Attention>(m_attention->currentData().toInt());
    settings.otherAttention = attention == Attention::Both;
    settings.freezeAttention
        = settings.otherAttention ? m_isFrozenFirst : attention == Attention::Frozen;
    return settings;
}

void SettingsPanel::setSettings(const core::GenerateSettings& settings)
{
    m_isApplying = true;
    m_maxTokens->setValue(settings.maxTokens);
    m_temperature->setValue(settings.temperature);
    m_topK->setValue(settings.topK);
    m_topP->setValue(settings.topP);
    m_repetitionPenalty->setValue(settings.repetitionPenalty);
    m_frequencyPenalty->setValue(settings.frequencyPenalty);
    m_seed->setValue(static_cast<int>(
        std::min<std::uint64_t>(settings.seed, static_cast<std::uint64_t>(m_seed->maximum()))));
    const Attention attention = settings.otherAttention ? Attention::Both
        : settings.freezeAttention                      ? Attention::Frozen
                                                        : Attention::Free;
    m_isFrozenFirst = settings.otherAttention && settings.freezeAttention;
    m_attention->setCurrentIndex(m_attention->findData(static_cast<int>(attention)));
    m_isApplying = false;
}

} // namespace ui
