#include "ui/train/training_details.h"

#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QSpinBox>

namespace ui {

using core::TrainedArchitecture;

TrainingDetails::TrainingDetails(QWidget* parent)
    : QWidget(parent)
    , m_form(new QFormLayout(this))
{
    auto* heading = new QLabel(tr("Details"), this);
    makeHeading(heading, 2);
    m_form->setContentsMargins(0, pad(this), 0, 0);
    m_form->setVerticalSpacing(gap(this));
    m_form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    m_form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    m_form->addRow(heading);

    m_levels = new QSpinBox(this);
    m_levels->setRange(1, 16);
    add("levels", tr("Levels"), m_levels,
        tr("Nested widths, each half of the next: with 5 the first 1/16, 1/8, 1/4 and 1/2 of the "
           "features rebuild the activation alone, too. Usual: such that the first holds 256 "
           "features or more. More levels keep the first features more general and cost some of "
           "the whole reconstruction."));
    connect(m_levels, &QSpinBox::valueChanged, this, &TrainingDetails::changed);
    m_firingPenalty = new QComboBox(this);
    m_firingPenalty->addItems(
        {tr("size, saturating (tanh)"), tr("number (L0)"), tr("distance from a target L0")});
    add("firing_penalty", tr("λ weighs"), m_firingPenalty,
        tr("What is paid for features that fire. Usual: tanh, as Anthropic trains; the number, as "
           "Gemma Scope does; or the square of its distance from a target, so that λ need not be "
           "searched for."));
    connect(m_firingPenalty, &QComboBox::currentIndexChanged, this, [this] {
        showWhatApplies(m_architecture);
        Q_EMIT changed();
    });
    m_targetL0 = addReal("target_l0", tr("Target L0"), 0.001, 1e6, 1,
        tr("Active features a token that are aimed at. Usual: 20 to 100."));
    m_auxiliary = addReal("auxiliary", tr("Auxiliary loss"), 0.0, 1000.0, 5,
        tr("Weight of what dead features pay while they learn to rebuild what the others leave "
           "over. Usual: 1/32 = 0.03125. 0: dead features stay dead."));
    m_startsFromData = addChoice("starts_from_data", tr("Features begin"),
        tr("as tokens of the text"),
        tr("Each feature begins on a token of the text, all far apart, instead of in a random "
           "direction: hardly any is ever dead, and rare kinds of token have one from the start. "
           "Usual: off in papers; on where many features die."));
    m_startsAtMedian = addChoice("starts_at_median", tr("b_dec begins"),
        tr("at the geometric median"),
        tr("Else at the mean of the activations. Usual: the median where a few tokens have huge "
           "activations, which pull the mean away from all others."));
    m_hasFreeDecoder = addChoice("free_decoder", tr("Decoder rows"), tr("of any length"),
        tr("Else they are kept at length one. Free rows cannot cheat: the penalty counts an "
           "activation times its row's length (Anthropic's April 2024 update), and they are "
           "brought to length one at the end. Usual: off."));
    connect(
        m_hasFreeDecoder, &QCheckBox::toggled, this, [this] { showWhatApplies(m_architecture); });
    m_decoderNorm = addReal("decoder_norm", tr("Begin as long as"), 0.0001, 10.0, 4,
        tr("Length of free decoder rows at the start; the encoder begins as the decoder turned "
           "over. Usual: 0.1. Long ones make the first steps wild."));
    m_clippedNorm = addReal("clipped_norm", tr("Clip gradients at"), 0.0, 1e9, 3,
        tr("Gradients of a step are scaled down together to this norm. Usual: 1, or 0 for never. "
           "It helps where the loss jumps; the curve shows the norm before clipping."));
    m_clippedNorm->setSpecialValueText(tr("never"));
    m_checkpointEvery = new QSpinBox(this);
    m_checkpointEvery->setRange(1, 86'400);
    m_checkpointEvery->setSuffix(tr(" s"));
    add("checkpoint_every", tr("Checkpoint every"), m_checkpointEvery,
        tr("Seconds between two checkpoints: what a crash may cost at most. Usual: 60; more where "
           "a checkpoint is gigabytes. Pause and closing the window write one anyway."));
    connect(m_checkpointEvery, &QSpinBox::valueChanged, this, &TrainingDetails::changed);
    m_dtype = new QComboBox(this);
    m_dtype->addItems(
        {QStringLiteral("float32"), QStringLiteral("float16"), QStringLiteral("bfloat16")});
    add("dtype", tr("Saved as"), m_dtype,
        tr("Numbers of the file. Training itself always computes in float32. Usual: float32; the "
           "others take half the disk and round."));
    connect(m_dtype, &QComboBox::currentIndexChanged, this, &TrainingDetails::changed);
    fill({});
}

void TrainingDetails::add(
    const char* field, const QString& title, QWidget* widget, const QString& note)
{
    widget->setObjectName(QStringLiteral("train_") + QLatin1String(field));
    widget->setAccessibleName(title);
    widget->setToolTip(note);
    auto* label = new QLabel(title, this);
    label->setBuddy(widget);
    label->setToolTip(note);
    m_form->addRow(label, widget);
    m_labels[field] = label;
}

QDoubleSpinBox* TrainingDetails::addReal(const char* field, const QString& title, double low,
    double high, int decimals, const QString& note)
{
    auto* spin = new QDoubleSpinBox(this);
    spin->setDecimals(decimals);
    spin->setRange(low, high);
    spin->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    add(field, title, spin, note);
    connect(spin, &QDoubleSpinBox::valueChanged, this, &TrainingDetails::changed);
    return spin;
}

QCheckBox* TrainingDetails::addChoice(
    const char* field, const QString& title, const QString& words, const QString& note)
{
    auto* box = new QCheckBox(words, this);
    add(field, title, box, note);
    connect(box, &QCheckBox::toggled, this, &TrainingDetails::changed);
    return box;
}

void TrainingDetails::read(core::TrainingSettings& settings) const
{
    settings.levels = m_levels->value();
    settings.firingPenalty = static_cast<core::FiringPenalty>(m_firingPenalty->currentIndex());
    settings.targetL0 = m_targetL0->value();
    settings.auxiliary = m_auxiliary->value();
    settings.startsFromData = m_startsFromData->isChecked();
    settings.startsAtMedian = m_startsAtMedian->isChecked();
    settings.hasFreeDecoder = m_hasFreeDecoder->isChecked() && !settings.hasK();
    settings.decoderNorm = m_decoderNorm->value();
    settings.clippedNorm = m_clippedNorm->value();
    settings.checkpointEvery = m_checkpointEvery->value();
    settings.dtype = m_dtype->currentText().toStdString();
}

void TrainingDetails::fill(const core::TrainingSettings& settings)
{
    m_levels->setValue(static_cast<int>(settings.levels));
    m_firingPenalty->setCurrentIndex(static_cast<int>(settings.firingPenalty));
    m_targetL0->setValue(settings.targetL0);
    m_auxiliary->setValue(settings.auxiliary);
    m_startsFromData->setChecked(settings.startsFromData);
    m_startsAtMedian->setChecked(settings.startsAtMedian);
    m_hasFreeDecoder->setChecked(settings.hasFreeDecoder);
    m_decoderNorm->setValue(settings.decoderNorm);
    m_clippedNorm->setValue(settings.clippedNorm);
    m_checkpointEvery->setValue(static_cast<int>(settings.checkpointEvery));
    m_dtype->setCurrentText(QString::fromStdString(settings.dtype));
    showWhatApplies(settings.architecture);
}

void TrainingDetails::showWhatApplies(TrainedArchitecture architecture)
{
    m_architecture = architecture;
    core::TrainingSettings settings;
    settings.architecture = architecture;
    const bool jumps = architecture == TrainedArchitecture::JumpRelu, hasK = settings.hasK();
    m_form->setRowVisible(m_levels, architecture == TrainedArchitecture::Matryoshka);
    m_form->setRowVisible(m_firingPenalty, jumps);
    m_form->setRowVisible(m_targetL0,
        jumps
            && m_firingPenalty->currentIndex()
                == static_cast<int>(core::FiringPenalty::TargetCount));
    m_form->setRowVisible(m_auxiliary, hasK);
    m_form->setRowVisible(m_hasFreeDecoder, !hasK);
    m_form->setRowVisible(m_decoderNorm, !hasK && m_hasFreeDecoder->isChecked());
}

} // namespace ui
