#include "ui/session/session.h"

#include "core/api/add_dictionaries.h"
#include "core/api/close_dictionary.h"
#include "ui/style/text.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ui {

struct Session::ProgressBuffer {
    std::mutex mutex;
    std::map<std::string, core::Progress> latest;
};

Session::Session(QObject* parent)
    : QObject(parent)
    , m_state(std::make_shared<core::EngineState>())
    , m_progress(std::make_shared<ProgressBuffer>())
{
    connect(&m_partNotifier, &Coalescer::due, this, &Session::passParts);
    connect(&m_progressNotifier, &Coalescer::due, this, &Session::emitProgress);
}

Session::~Session()
{
    // Joins its threads while this object can still be posted to.
    m_engine.reset();
    for (const std::shared_ptr<Asked>& asked : m_asked)
        asked->send = {}; // holds its own request
}

void Session::attachEngine(std::shared_ptr<core::Engine> engine)
{
    m_engine = std::move(engine);
    m_engine->setProgressListener(
        [this, buffer = m_progress](const std::string& tag, const core::Progress& progress) {
            {
                const std::scoped_lock lock(buffer->mutex);
                buffer->latest[tag] = progress;
            }
            m_progressNotifier.poke();
        });
    Q_EMIT engineAttached();
    for (const std::shared_ptr<Asked>& asked : std::list(m_asked)) {
        if (const Send send = std::exchange(asked->send, {}))
            send(*m_engine);
    }
}

void Session::failEngine(const QString& message)
{
    m_engineFailure = message;
    const auto kept = std::exchange(m_asked, {});
    for (const std::shared_ptr<Asked>& asked : kept) {
        asked->send = {};
        finishBusy(asked->tag);
    }
    Q_EMIT errorOccurred(kEngineTag, message);
    // Said already; only who wants to know of its own request hears it again.
    for (const std::shared_ptr<Asked>& asked : kept) {
        if (asked->otherwise)
            pass(*asked, core::fail(core::Error::Code::NotFound, message.toStdString()));
    }
}

const core::DictionaryInfo* Session::dictionary(const std::string& name) const
{
    const auto& all = m_state->dictionaries;
    const auto found
        = std::find_if(all.begin(), all.end(), [&](const auto& d) { return d.name == name; });
    return found == all.end() ? nullptr : &*found;
}

QString Session::dictionaryPath(const core::DictionaryInfo& dictionary) const
{
    if (const auto added = m_addedFrom.find(toQString(dictionary.path)); added != m_addedFrom.end())
        return *added;
    return m_openedAs.path == "builtin" ? QStringLiteral("builtin:") + toQString(dictionary.name)
                                        : toQString(dictionary.path);
}

void Session::begin(std::shared_ptr<Asked> asked, Send send)
{
    if (!asked->tag.isEmpty())
        asked->number = ++m_latest[asked->tag];
    m_asked.push_back(asked);
    beginBusy(asked->tag);
    if (m_engine)
        send(*m_engine);
    else if (m_engineFailure.isEmpty())
        asked->send = std::move(send);
    else
        arrive(asked, core::fail(core::Error::Code::NotFound, m_engineFailure.toStdString()));
}

void Session::arrive(std::shared_ptr<Asked> asked, AnyAnswer answer)
{
    // Always queued, so that nobody hears an answer before asking has returned.
    QMetaObject::invokeMethod(
        this,
        [this, asked = std::move(asked), answer = std::move(answer)] { finish(asked, answer); },
        Qt::QueuedConnection);
}

void Session::finish(const std::shared_ptr<Asked>& asked, const AnyAnswer& answer)
{
    m_asked.remove(asked);
    finishBusy(asked->tag);
    pass(*asked, answer);
}

void Session::pass(const Asked& asked, const AnyAnswer& answer)
{
    if (!isWanted(asked))
        return;
    if (asked.passParts)
        asked.passParts(); // what still waits for its turn comes before the end
    if (answer)
        asked.then(*answer);
    else if (answer.error().code == core::Error::Code::Cancelled && !asked.tag.isEmpty())
        return;
    else if (asked.otherwise)
        asked.otherwise(answer.error());
    else if (answer.error().code != core::Error::Code::Cancelled)
        Q_EMIT errorOccurred(
            asked.tag.isEmpty() ? asked.name : asked.tag, toQString(answer.error().message));
}

bool Session::isWanted(const Asked& asked) const
{
    return asked.asker && (asked.tag.isEmpty() || m_latest.value(asked.tag) == asked.number);
}

void Session::passParts()
{
    for (const std::shared_ptr<Asked>& asked : std::list(m_asked)) {
        if (asked->passParts && isWanted(*asked))
            asked->passParts();
    }
}

void Session::beginBusy(const QString& tag)
{
    if (!tag.isEmpty() && ++m_running[tag] == 1)
        Q_EMIT busyChanged(tag, true);
}

void Session::finishBusy(const QString& tag)
{
    const auto found = m_running.find(tag);
    if (found == m_running.end())
        return;
    if (--*found == 0) {
        m_running.erase(found);
        Q_EMIT busyChanged(tag, false);
    }
}

void Session::cancel(const QString& tag)
{
    if (m_engine)
        m_engine->cancel(tag.toStdString());
}

void Session::cancelAll()
{
    if (m_engine)
        m_engine->cancelAll();
}

void Session::setState(Shared<core::EngineState> state)
{
    m_state = std::move(state);
    Q_EMIT stateChanged();
}

void Session::openModel(const QString& path, const QString& device, const QString& dtype)
{
    core::OpenModelRequest request{path.toStdString(), device.toStdString(), dtype.toStdString()};
    // A remembered device that is gone must not leave a person without a model.
    request.fallsBackToCpu = true;
    ask(this, request, [this, request](Shared<core::EngineState> state) {
        Q_EMIT modelLeaving();
        m_openedAs = request;
        setState(std::move(state));
        Q_EMIT modelOpened();
    });
}

void Session::addDictionaries(const QString& path)
{
    // The tag of opening a model: dictionaries for the old one are not wanted any more.
    ask(this, kTag<core::OpenModelRequest>, core::AddDictionariesRequest{path.toStdString()},
        [this, path](Shared<core::EngineState> state) {
            for (const core::DictionaryInfo& info : state->dictionaries)
                if (!dictionary(info.name) || dictionary(info.name)->path != info.path)
                    m_addedFrom[toQString(info.path)] = path;
            setState(std::move(state));
            Q_EMIT dictionariesAdded(path);
        });
}

void Session::closeDictionary(const std::string& name)
{
    ask(this, core::CloseDictionaryRequest{name},
        [this](Shared<core::EngineState> state) { setState(std::move(state)); });
}

void Session::setLabel(const core::LabelEdit& edit)
{
    // Not by tag: two labels set one after the other are both kept.
    beginBusy(kTag<core::LabelEdit>);
    m_beingNamed.push_back(edit.feature);
    const auto finish = [this, feature = edit.feature] {
        m_beingNamed.erase(std::find(m_beingNamed.begin(), m_beingNamed.end(), feature));
        finishBusy(kTag<core::LabelEdit>);
    };
    ask(
        this, QLatin1String(), edit,
        [this, finish](const Shared<core::FeatureRow>& row) {
            finish();
            Q_EMIT featureChanged(*row);
            if (row->label.source == core::LabelSource::Person)
                testLabel(row->feature);
        },
        [this, finish](const core::Error& error) {
            finish();
            if (error.code != core::Error::Code::Cancelled)
                Q_EMIT errorOccurred(kTag<core::LabelEdit>, toQString(error.message));
        });
}

void Session::testLabel(const core::FeatureRef& feature)
{
    ask(this, core::TestLabelRequest{feature}, [this](const Shared<core::TestedLabel>& tested) {
        // Another name is on its way: what came is of the one before.
        if (std::find(m_beingNamed.begin(), m_beingNamed.end(), tested->row.feature)
            == m_beingNamed.end())
            Q_EMIT labelTested(*tested);
    });
}

void Session::harvest(const core::HarvestRequest& request)
{
    ask(this, request,
        [this, names = request.dictionaries](const Shared<core::HarvestSummary>& summary) {
            auto state = std::make_shared<core::EngineState>(*m_state);
            for (core::DictionaryInfo& dictionary : state->dictionaries) {
                if (!names.empty()
                    && std::find(names.begin(), names.end(), dictionary.name) == names.end())
                    continue;
                dictionary.isHarvested = true;
                dictionary.harvestedTokens = summary->tokens;
                if (names.size() == 1 || state->dictionaries.size() == 1)
                    dictionary.aliveFeatures = summary->featuresAlive;
            }
            setState(std::move(state));
            Q_EMIT harvested(summary);
        });
}

void Session::suggestLabels()
{
    ask(this, core::SuggestLabelsRequest{},
        [this](const Shared<core::LabelSuggestions>& made) { Q_EMIT labelsSuggested(made); });
}

void Session::emitProgress()
{
    std::map<std::string, core::Progress> latest;
    {
        const std::scoped_lock lock(m_progress->mutex);
        latest.swap(m_progress->latest);
    }
    for (const auto& [tag, progress] : latest)
        Q_EMIT progressChanged(toQString(tag), progress);
}

} // namespace ui
