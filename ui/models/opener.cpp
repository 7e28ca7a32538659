#include "ui/models/opener.h"

#include "core/api/inspect_dictionaries.h"
#include "core/api/inspect_model.h"
#include "ui/models/open_model_dialog.h"
#include "ui/style/text.h"

namespace ui {

namespace {
const QString kBuiltin = QStringLiteral("builtin"), kDevice = QStringLiteral("device"),
              kPrecision = QStringLiteral("precision");
constexpr QLatin1String kOpenTag = kTag<core::OpenModelRequest>;
} // namespace

Opener::Opener(Session* session, Settings* settings, QWidget* window)
    : QObject(window)
    , m_session(session)
    , m_settings(settings)
    , m_window(window)
{
    connect(session, &Session::modelOpened, this, &Opener::rememberOpened);
    connect(session, &Session::dictionariesAdded, this, [this](const QString& path) {
        m_isAnswered = true;
        m_settings->addRecentDictionary(toQString(m_session->openedAs().path), path);
    });
    connect(session, &Session::errorOccurred, this, [this](const QString& tag) {
        if (tag == kOpenTag)
            m_isAnswered = true;
    });
    // After the answer was handed out; a request that was stopped is not answered, and stops those
    // that wait behind it.
    connect(
        session, &Session::busyChanged, this,
        [this](const QString& tag, bool isBusy) {
            if (tag != kOpenTag || isBusy || m_session->isBusy(kOpenTag))
                return;
            if (!m_isAnswered)
                m_toAdd.clear();
            addNext();
        },
        Qt::QueuedConnection);
}

void Opener::open(const QString& path, Ask ask, const QStringList& dictionaries)
{
    if (path == kBuiltin)
        return openBuiltin();
    Q_EMIT started();
    m_session->ask(
        this, core::InspectModelRequest{{.path = path.toStdString(), .fallsBackToCpu = true}},
        [this, path, ask, dictionaries](
            const Shared<core::ModelInfo>& info) { openModel(*info, path, ask, dictionaries); },
        [this, path](const core::Error& error) { identifyDictionaries(path, error); });
}

void Opener::identifyDictionaries(const QString& path, const core::Error& asModel)
{
    // The tag of the first look: a path that is opened meanwhile takes the place of both.
    m_session->ask(
        this, kTag<core::InspectModelRequest>, core::InspectDictionariesRequest{path.toStdString()},
        [this, path, asModel](const Shared<core::InspectedDictionaries>& found) {
            if (found->dictionaries.empty())
                failAsBoth(path, asModel, tr("it holds none."));
            else
                openDictionaries(path, found->dictionaries.front());
        },
        [this, path, asModel](
            const core::Error& error) { failAsBoth(path, asModel, toQString(error.message)); });
}

void Opener::failAsBoth(
    const QString& path, const core::Error& asModel, const QString& asDictionary)
{
    if (asModel.code == core::Error::Code::Unsupported) {
        Q_EMIT failed(toQString(asModel.message));
        return;
    }
    Q_EMIT failed(
        tr("%1 can be opened neither as a model nor as a dictionary.\nAs a model: %2\nAs a "
           "dictionary: %3\nExpected: a Hugging Face folder (config.json, *.safetensors, "
           "tokenizer.json), a GGUF file, an SAE or transcoder (file or folder), or a circuit "
           "graph (.json).")
            .arg(path, toQString(asModel.message), asDictionary));
}

void Opener::openBuiltin()
{
    Q_EMIT started();
    load(kBuiltin, m_settings->value(SettingKey::Device).toString(),
        m_settings->value(SettingKey::Precision).toString());
}

void Opener::openDictionaries(const QString& path, const core::DictionaryInfo& first)
{
    if (m_session->hasModel())
        return addDictionaries({path});
    const QString what = tr("%1, %2 (%3, width %4)")
                             .arg(toQString(first.name), kindName(first),
                                 toQString(first.architecture), formatCount(first.d_in));
    Q_EMIT failed(first.baseModel.empty()
            ? tr("%1 holds a dictionary: %2. Open the model it was made for first.").arg(path, what)
            : tr("%1 holds a dictionary: %2. Open its model first: %3.")
                  .arg(path, what, toQString(first.baseModel)));
}

void Opener::openModel(
    const core::ModelInfo& info, const QString& path, Ask ask, const QStringList& dictionaries)
{
    const QString device = m_settings->modelValue(path, kDevice).toString(),
                  dtype = m_settings->modelValue(path, kPrecision).toString();
    if (ask == Ask::WhenNew && !dtype.isEmpty()
        && MemoryCostModel(info.costs).fittingRow(device, dtype) >= 0)
        return load(path, device, dtype, dictionaries);
    auto* dialog = new OpenModelDialog(info,
        device.isEmpty() ? m_settings->value(SettingKey::Device).toString() : device,
        dtype.isEmpty() ? m_settings->value(SettingKey::Precision).toString() : dtype, m_settings,
        m_window->window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, path, dictionaries] {
        const core::MemoryCost* way = dialog->choice();
        load(path, way ? toQString(way->device) : QString(),
            way ? toQString(way->dtype) : QString(), dictionaries);
    });
    dialog->open();
}

void Opener::load(const QString& path, const QString& device, const QString& dtype,
    const QStringList& dictionaries)
{
    m_toAdd = dictionaries;
    m_isAnswered = false;
    m_session->openModel(path, device, dtype);
}

void Opener::rememberOpened()
{
    m_isAnswered = true;
    const core::OpenModelRequest& opened = m_session->openedAs();
    const QString path = toQString(opened.path);
    if (path == kBuiltin)
        return; // has a button of its own
    m_settings->addRecentModel(path);
    m_settings->setModelValue(path, kDevice, toQString(opened.device));
    m_settings->setModelValue(path, kPrecision, toQString(opened.dtype));
}

void Opener::addDictionaries(const QStringList& paths)
{
    Q_EMIT started();
    m_toAdd << paths;
    if (!m_session->isBusy(kOpenTag))
        addNext();
}

void Opener::addNext()
{
    if (m_toAdd.isEmpty() || m_session->isBusy(kOpenTag))
        return;
    m_isAnswered = false;
    m_session->addDictionaries(m_toAdd.takeFirst());
}

} // namespace ui
