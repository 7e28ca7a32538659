// Copying, saving and replaying what the Steer page did, and taking what its studies found.
#include "core/api/steering_files.h"
#include "ui/shared/message_bar.h"
#include "ui/steer/intervention_row.h"
#include "ui/steer/steer_page.h"
#include "ui/style/text.h"

#include <QCheckBox>
#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QPlainTextEdit>

namespace ui {

void SteerPage::save(core::SavedSession& session) const
{
    session.steer = request();
    if (m_step)
        session.steps.push_back(*m_step);
}

void SteerPage::restore(const core::SavedSession& session)
{
    const core::GenerateRequest& saved = session.steer;
    if (prompt() != toQString(saved.prompt))
        m_prompt->setPlainText(toQString(saved.prompt));
    m_chat->setChecked(m_chat->isEnabled() && saved.isChat);
    applySettings(saved.settings);
    applyInterventions(saved.interventions);
    m_step = core::stepOf<core::GenerateRequest>(session);
}

QString SteerPage::settingsText() const
{
    const core::GenerateSettings s = settings();
    QString text = tr("Settings: max tokens %1, temperature %2, top k %3, top p %4, repetition "
                      "penalty %5, frequency penalty %6, seed %7")
                       .arg(s.maxTokens)
                       .arg(s.temperature)
                       .arg(s.topK)
                       .arg(s.topP)
                       .arg(s.repetitionPenalty)
                       .arg(s.frequencyPenalty)
                       .arg(s.seed);
    if (s.freezeAttention)
        text += tr(", attention frozen on the prompt");
    if (m_chat->isEnabled() && m_chat->isChecked())
        text += tr(", chat template");
    return text + QLatin1Char('\n');
}

void SteerPage::copyResult()
{
    QString text
        = tr("Model: %1\nPrompt: %2\n").arg(toQString(m_session->state().model.name), prompt());
    for (const core::Intervention& one : m_interventions)
        text += tr("Change: %1, %2\n")
                    .arg(featureAddress(one.feature), InterventionRow::describe(one));
    text += settingsText();
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
    if (!path.isEmpty())
        saveExperiment(path);
}

void SteerPage::saveExperiment(const QString& path)
{
    m_session->ask(this,
        core::SaveSteeringRequest{
            path.toStdString(), m_session->state().model.name, request(), m_generation},
        [this](const Shared<std::string>& written) {
            m_messages->showMessage(
                MessageBar::Kind::Info, tr("Saved as %1").arg(toQString(*written)));
        });
}

void SteerPage::openRecipe()
{
    const QString path = QFileDialog::getOpenFileName(
        this, tr("Open an experiment"), {}, tr("Steering experiments (*.json)"));
    if (!path.isEmpty())
        openExperiment(path);
}

void SteerPage::openExperiment(const QString& path)
{
    const auto show = [this](const Shared<core::SteeringFile>& file) {
        const core::GenerateRequest& saved = file->steer;
        QTextCursor cursor(m_prompt->document()); // so that typing can be undone past it
        cursor.select(QTextCursor::Document);
        cursor.insertText(toQString(saved.prompt));
        m_chat->setChecked(m_chat->isEnabled() && saved.isChat);
        m_session->undoStack()->beginMacro(tr("open an experiment"));
        changeSettings(saved.settings, -1);
        change(tr("open an experiment"), saved.interventions);
        m_session->undoStack()->endMacro();
        QString warning = toQString(file->note);
        if (m_session->hasModel() && file->model != m_session->state().model.name)
            warning = tr("This experiment was made with the model %1; the open one is another.")
                          .arg(toQString(file->model));
        if (!warning.isEmpty())
            m_messages->showMessage(MessageBar::Kind::Warning, warning);
    };
    m_session->ask(this, core::ReadSteeringRequest{path.toStdString()}, show);
}

void SteerPage::take(const QString& what, const std::vector<core::Intervention>& interventions,
    const core::GenerateSettings& settings)
{
    m_session->undoStack()->beginMacro(what);
    changeSettings(settings, -1);
    change(what, interventions);
    m_session->undoStack()->endMacro();
}

} // namespace ui
