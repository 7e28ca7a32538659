// Copying, saving and replaying what the Steer page did.
#include "ui/steer/steer_page.h"

#include "ui/shared/message_bar.h"
#include "ui/style/text.h"

#include <QCheckBox>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QGuiApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPlainTextEdit>
#include <QSaveFile>
#include <QSpinBox>

namespace ui {

namespace {

QString key(const char* name)
{
    return QString::fromLatin1(name);
}

QJsonObject toJson(const core::Intervention& one)
{
    return {{key("dictionary"), toQString(one.feature.dictionary)},
        {key("feature"), one.feature.feature.value}, {key("mode"), static_cast<int>(one.mode)},
        {key("value"), one.value}, {key("multiple_of_max"), one.isMultipleOfMax},
        {key("positions"), static_cast<int>(one.positions.kind)},
        {key("first"), one.positions.first.value}, {key("last"), one.positions.last.value},
        {key("enabled"), one.isEnabled}};
}

core::Intervention interventionFrom(const QJsonObject& json)
{
    core::Intervention one;
    one.feature = {json.value(key("dictionary")).toString().toStdString(),
        core::FeatureId(json.value(key("feature")).toInt(-1))};
    one.mode = static_cast<core::InterventionMode>(
        qBound(0, json.value(key("mode")).toInt(), static_cast<int>(core::InterventionMode::Cap)));
    one.value = json.value(key("value")).toDouble();
    one.isMultipleOfMax = json.value(key("multiple_of_max")).toBool();
    one.positions.kind = static_cast<core::PositionRange::Kind>(qBound(0,
        json.value(key("positions")).toInt(), static_cast<int>(core::PositionRange::Kind::Range)));
    one.positions.first = core::Position(json.value(key("first")).toInt(-1));
    one.positions.last = core::Position(json.value(key("last")).toInt(-1));
    one.isEnabled = json.value(key("enabled")).toBool(true);
    return one;
}

} // namespace

QByteArray SteerPage::recipe() const
{
    QJsonArray changes;
    for (const core::Intervention& one : m_interventions)
        changes.append(toJson(one));
    const core::GenerateSettings s = settings();
    QJsonObject json{{key("featurescope_steering"), 1},
        {key("model"), toQString(m_session->state().model.name)}, {key("prompt"), prompt()},
        {key("chat"), m_chat->isChecked()}, {key("interventions"), changes},
        {key("max_tokens"), s.maxTokens}, {key("temperature"), s.temperature},
        {key("top_k"), s.topK}, {key("top_p"), s.topP},
        {key("repetition_penalty"), s.repetitionPenalty},
        {key("seed"), static_cast<qint64>(s.seed)}, {key("freeze_attention"), s.freezeAttention}};
    if (m_generation) {
        json[key("normal")] = toQString(m_generation->normal.text);
        json[key("steered")] = toQString(m_generation->steered.text);
    }
    return QJsonDocument(json).toJson();
}

void SteerPage::copyResult()
{
    QString text = tr("Prompt: %1\n").arg(prompt());
    for (const core::Intervention& one : m_interventions)
        text += tr("Change: %1, %2\n")
                    .arg(featureName(one.feature),
                        QString::number(one.value)
                            + (one.isMultipleOfMax ? tr(" × max") : QString()));
    if (m_generation)
        text += tr("Normal: %1\nSteered: %2\n")
                    .arg(toQString(m_generation->normal.text),
                        toQString(m_generation->steered.text));
    QGuiApplication::clipboard()->setText(text);
}

void SteerPage::saveResult()
{
    const QString path = QFileDialog::getSaveFileName(this, tr("Save the experiment"),
        QStringLiteral("steering.json"), tr("Steering experiments (*.json)"));
    if (path.isEmpty())
        return;
    QSaveFile file(path);
    const QByteArray bytes = recipe();
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        m_messages->showError(
            tr("%1: cannot be written (%2). Choose another folder.").arg(path, file.errorString()));
}

void SteerPage::openRecipe()
{
    const QString path = QFileDialog::getOpenFileName(
        this, tr("Open an experiment"), {}, tr("Steering experiments (*.json)"));
    if (path.isEmpty())
        return;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return m_messages->showError(tr("%1: cannot be read (%2).").arg(path, file.errorString()));
    const QJsonObject json = QJsonDocument::fromJson(file.readAll()).object();
    if (!json.contains(key("featurescope_steering")))
        return m_messages->showError(
            tr("%1: is not a saved steering experiment (field featurescope_steering is missing).")
                .arg(path));
    m_prompt->setPlainText(json.value(key("prompt")).toString());
    m_chat->setChecked(m_chat->isEnabled() && json.value(key("chat")).toBool());
    m_maxTokens->setValue(json.value(key("max_tokens")).toInt(60));
    m_temperature->setValue(json.value(key("temperature")).toDouble());
    m_topK->setValue(json.value(key("top_k")).toInt());
    m_topP->setValue(json.value(key("top_p")).toDouble(1));
    m_repetitionPenalty->setValue(json.value(key("repetition_penalty")).toDouble(1));
    m_seed->setValue(json.value(key("seed")).toInt());
    m_freeze->setChecked(json.value(key("freeze_attention")).toBool());
    std::vector<core::Intervention> changes;
    for (const QJsonValue& value : json.value(key("interventions")).toArray())
        changes.push_back(interventionFrom(value.toObject()));
    change(tr("open an experiment"), std::move(changes));
    const QString model = json.value(key("model")).toString();
    if (m_session->hasModel() && model != toQString(m_session->state().model.name))
        m_messages->showMessage(MessageBar::Kind::Warning,
            tr("This experiment was made with the model %1; the open one is another.").arg(model));
}

} // namespace ui
