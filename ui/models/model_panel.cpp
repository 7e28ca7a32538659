#include "ui/models/model_panel.h"

#include "core/api/free_memory.h"
#include "core/api/self_check.h"
#include "ui/models/hub/hub_dialog.h"
#include "ui/models/model_summary.h"
#include "ui/models/opener.h"
#include "ui/models/recent_menu.h"
#include "ui/models/self_check_view.h"
#include "ui/shared/empty_state.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QFileDialog>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr QLatin1String kCheckTag = kTag<core::SelfCheckRequest>;
}

ModelPanel::ModelPanel(Session* session, Settings* settings, Opener* opener, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_settings(settings)
    , m_opener(opener)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    layout->addWidget(makeSources());
    layout->addWidget(makeOpenModel());

    connect(session, &Session::stateChanged, this, &ModelPanel::refresh);
    connect(session, &Session::modelOpened, this, [this] {
        m_check->showNothing();
        if (m_settings->value(SettingKey::SelfCheck).toBool())
            startSelfCheck();
    });
    connect(session, &Session::busyChanged, this, [this](const QString& tag, bool isBusy) {
        if (tag == kTag<core::OpenModelRequest>)
            refresh();
        if (tag == kCheckTag && isBusy) {
            m_isCheckAnswered = false;
            m_check->showRunning(-1.0);
        }
    });
    connect(
        session, &Session::busyChanged, this,
        [this](const QString& tag, bool isBusy) {
            // After the answer was handed out: without one it was stopped.
            if (tag == kCheckTag && !isBusy && !m_isCheckAnswered && !m_session->isBusy(kCheckTag))
                m_check->showStopped();
        },
        Qt::QueuedConnection);
    connect(session, &Session::progressChanged, this,
        [this](const QString& tag, const core::Progress& progress) {
            if (tag == kCheckTag && m_session->isBusy(kCheckTag))
                m_check->showRunning(progress.total > 0
                        ? static_cast<double>(progress.done) / static_cast<double>(progress.total)
                        : -1.0);
        });
    connect(m_check, &SelfCheckView::checkRequested, this, &ModelPanel::startSelfCheck);
    connect(m_check, &SelfCheckView::stopRequested, this, [this] { m_session->cancel(kCheckTag); });
    refresh();
}

QWidget* ModelPanel::makeSources()
{
    auto* sources = new QWidget(this);
    auto* row = new QHBoxLayout(sources);
    row->setContentsMargins(0, 0, 0, 0);
    const auto add = [&](Icon which, const QString& text, const QString& note) {
        auto* button = new QPushButton(icon(which), text, sources);
        button->setToolTip(note);
        row->addWidget(button);
        return button;
    };
    m_builtin = add(Icon::Models, tr("&Built-in model"),
        tr("A small language model with its dictionaries, shipped with the program"));
    m_builtin->setObjectName(QStringLiteral("builtinButton"));
    connect(m_builtin, &QPushButton::clicked, m_opener, &Opener::openBuiltin);
    auto* folder = add(Icon::Open, tr("&Open folder …"),
        tr("A Hugging Face folder with config.json, safetensors files and a tokenizer. What it is "
           "and what it costs is shown first. Or drag it onto the window."));
    folder->setObjectName(QStringLiteral("openFolderButton"));
    connect(folder, &QPushButton::clicked, this, &ModelPanel::chooseFolder);
    auto* file = add(Icon::Open, tr("&GGUF …"),
        tr("Open a GGUF file (*.gguf), as llama.cpp, LM Studio and Ollama keep models: weights, "
           "tokenizer and chat template in one. Of a split model any of its files will do."));
    file->setObjectName(QStringLiteral("openFileButton"));
    connect(file, &QPushButton::clicked, this, &ModelPanel::chooseFile);
    auto* recent = add(Icon::Recent, tr("&Recent"), tr("Models opened before"));
    recent->setObjectName(QStringLiteral("recentButton"));
    auto* menu = new RecentMenu(
        {}, [this] { return m_settings->value(SettingKey::RecentModels).toStringList(); }, recent);
    connect(menu, &RecentMenu::chosen, this, [this](const QStringList& paths) {
        m_opener->open(paths.constFirst(), Opener::Ask::WhenNew);
    });
    recent->setMenu(menu);
    auto* hub = add(Icon::Download, tr("&Download …"),
        tr("Get a real model with the dictionaries that fit it, or any by name, from the "
           "Hugging Face hub"));
    hub->setObjectName(QStringLiteral("downloadButton"));
    connect(hub, &QPushButton::clicked, this, &ModelPanel::download);
    row->addStretch(1);
    m_otherwise = add(Icon::Preferences, tr("Reopen &as …"),
        tr("Open this model again on another device or in another precision"));
    m_otherwise->setObjectName(QStringLiteral("otherwiseButton"));
    connect(m_otherwise, &QPushButton::clicked, this,
        [this] { m_opener->open(toQString(m_session->state().model.path), Opener::Ask::Always); });
    return sources;
}

QWidget* ModelPanel::makeOpenModel()
{
    auto* box = new QWidget(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, pad(this), 0, 0);
    column->setSpacing(gap(this));
    m_stack = new QStackedWidget(box);
    m_stack->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    auto* empty = new EmptyState(tr("No model is open"),
        tr("Open the built-in model, choose a folder or a GGUF file, or drag one onto the window. "
           "What it is and "
           "what it costs in memory is shown before it is loaded."),
        m_stack);
    auto* open = new QWidget(m_stack);
    auto* row = new QHBoxLayout(open);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(3 * pad(this));
    auto* left = new QVBoxLayout;
    left->setSpacing(gap(this));
    m_title = new QLabel(open);
    makeHeading(m_title, 2);
    m_summary = new ModelSummary(open);
    m_summary->setObjectName(QStringLiteral("modelSummary"));
    left->addWidget(m_title);
    left->addWidget(m_summary);
    left->addStretch(1);
    m_check = new SelfCheckView(open);
    m_check->setObjectName(QStringLiteral("selfCheck"));
    row->addLayout(left, 3);
    row->addWidget(m_check, 2);
    m_stack->addWidget(empty);
    m_stack->addWidget(open);
    column->addWidget(m_stack);
    return box;
}

void ModelPanel::chooseFolder()
{
    const QString path = QFileDialog::getExistingDirectory(this, tr("Open a model folder"));
    if (!path.isEmpty())
        m_opener->open(path, Opener::Ask::Always);
}

void ModelPanel::chooseFile()
{
    const QString path = QFileDialog::getOpenFileName(
        this, tr("Open a GGUF model"), {}, tr("GGUF models (*.gguf);;All files (*)"));
    if (!path.isEmpty())
        m_opener->open(path, Opener::Ask::Always);
}

void ModelPanel::download()
{
    if (!m_hub) {
        m_hub = new HubDialog(*m_settings, window());
        const auto open
            = [this](const QString& folder) { m_opener->open(folder, Opener::Ask::Always); };
        connect(m_hub, &HubDialog::modelReady, this, open);
        connect(m_hub, &HubDialog::dictionariesReady, this, open);
        connect(m_hub, &HubDialog::entryReady, this,
            [this](const QString& model, const QStringList& dictionaries) {
                m_opener->open(model, Opener::Ask::Always, dictionaries);
            });
    }
    m_session->ask(this, core::FreeMemoryRequest{},
        [this](const Shared<std::int64_t>& bytes) { m_hub->setFreeMemory(*bytes); });
    m_hub->show();
    m_hub->raise();
    m_hub->activateWindow();
}

void ModelPanel::startSelfCheck()
{
    m_session->ask(
        this, core::SelfCheckRequest{},
        [this](const Shared<core::SelfCheck>& check) {
            m_isCheckAnswered = true;
            m_check->showCheck(*check);
        },
        [this](const core::Error& error) {
            m_isCheckAnswered = true;
            m_check->showFailed(toQString(error.message));
        });
}

void ModelPanel::refresh()
{
    const bool isOpening = m_session->isBusy(kTag<core::OpenModelRequest>);
    if (m_session->hasModel())
        m_summary->setModel(m_session->state().model);
    m_title->setText(isOpening ? tr("Opening another …") : tr("Open now"));
    m_stack->setCurrentIndex(m_session->hasModel() ? 1 : 0);
    m_builtin->setEnabled(!isOpening);
    m_otherwise->setEnabled(m_session->hasModel() && !isOpening);
}

} // namespace ui
