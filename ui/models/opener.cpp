#include "ui/models/opener.h"

#include "ui/models/open_model_dialog.h"
#include "ui/style/text.h"

#include <QFileInfo>

namespace ui {

namespace {
const QString kBuiltin = QStringLiteral("builtin"), kDevice = QStringLiteral("device"),
              kPrecision = QStringLiteral("precision");
}

Opener::Opener(Session* session, Settings* settings, QWidget* window)
    : QObject(window)
    , m_session(session)
    , m_settings(settings)
    , m_window(window)
{
    connect(session, &Session::identified, this, &Opener::openIdentified);
    connect(session, &Session::modelOpened, this, &Opener::rememberOpened);
    connect(session, &Session::dictionariesAdded, this, [this](const QString& path) {
        m_isAnswered = true;
        m_settings->addRecentDictionary(toQString(m_session->openedAs().path), path);
    });
    connect(session, &Session::errorOccurred, this, [this](const QString& tag) {
        if (tag == tags::kOpen)
            m_isAnswered = true;
    });
    // After the answer was handed out; a request that was stopped is not answered, and stops those
    // that wait behind it.
    connect(
        session, &Session::busyChanged, this,
        [this](const QString& tag, bool isBusy) {
            if (tag != tags::kOpen || isBusy || m_session->isBusy(tags::kOpen))
                return;
            if (!m_isAnswered)
                m_toAdd.clear();
            addNext();
        },
        Qt::QueuedConnection);
}

void Opener::open(const QString& path, Ask ask)
{
    if (path == kBuiltin)
        return openBuiltin();
    Q_EMIT started();
    if (path.endsWith(QLatin1String(".json"), Qt::CaseInsensitive) && !QFileInfo(path).isDir())
        return m_session->loadGraph(path);
    m_path = path;
    m_ask = ask;
    m_session->identify(path);
}

void Opener::openBuiltin()
{
    Q_EMIT started();
    load(kBuiltin, m_settings->value(SettingKey::Device).toString(),
        m_settings->value(SettingKey::Precision).toString());
}

void Opener::openIdentified(const PathContent& content)
{
    if (content.path != m_path)
        return;
    if (content.model)
        return openModel(content.model, content.path);
    if (m_session->hasModel())
        return addDictionaries({content.path});
    const core::DictionaryInfo& first = content.dictionaries->front();
    const QString what = tr("%1, %2 (%3, width %4)")
                             .arg(toQString(first.name), kindName(first.kind),
                                 toQString(first.architecture), formatCount(first.d_in));
    Q_EMIT failed(first.baseModel.empty()
            ? tr("%1 holds a dictionary: %2. Open the model it was made for first.")
                  .arg(content.path, what)
            : tr("%1 holds a dictionary: %2. Open its model first: %3.")
                  .arg(content.path, what, toQString(first.baseModel)));
}

void Opener::openModel(const Shared<core::ModelInfo>& info, const QString& path)
{
    const QString device = m_settings->modelValue(path, kDevice).toString(),
                  dtype = m_settings->modelValue(path, kPrecision).toString();
    if (m_ask == Ask::WhenNew && !dtype.isEmpty()
        && MemoryCostModel(info->costs).fittingRow(device, dtype) >= 0)
        return load(path, device, dtype);
    auto* dialog = new OpenModelDialog(*info,
        device.isEmpty() ? m_settings->value(SettingKey::Device).toString() : device,
        dtype.isEmpty() ? m_settings->value(SettingKey::Precision).toString() : dtype, m_settings,
        m_window->window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, path] {
        const core::MemoryCost* way = dialog->choice();
        load(path, way ? toQString(way->device) : QString(),
            way ? toQString(way->dtype) : QString());
    });
    dialog->open();
}

void Opener::load(const QString& path, const QString& device, const QString& dtype)
{
    m_toAdd.clear();
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
    if (!m_session->isBusy(tags::kOpen))
        addNext();
}

void Opener::addNext()
{
    if (m_toAdd.isEmpty() || m_session->isBusy(tags::kOpen))
        return;
    m_isAnswered = false;
    m_session->addDictionaries(m_toAdd.takeFirst());
}

} // namespace ui
