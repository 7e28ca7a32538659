#include "ui/session/session.h"

#include "ui/session/session_reply.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ui {

struct Session::StepBuffer {
    std::mutex mutex;
    std::vector<core::GenerateStep> steps;
};

struct Session::ProgressBuffer {
    std::mutex mutex;
    std::map<std::string, core::Progress> latest;
};

namespace {
/// Enough that every feature of a short text is in the answer.
constexpr int kEveryFeature = 1'000'000;
} // namespace

Session::Session(QObject* parent)
    : QObject(parent)
    , m_state(std::make_shared<core::EngineState>())
    , m_steps(std::make_shared<StepBuffer>())
    , m_progress(std::make_shared<ProgressBuffer>())
{
    connect(&m_stepNotifier, &Coalescer::due, this, &Session::emitSteps);
    connect(&m_progressNotifier, &Coalescer::due, this, &Session::emitProgress);
    connect(this, &Session::errorOccurred, this, [this](const QString& tag) {
        if (tag == tags::kTryText)
            m_trial.reset();
    });
}

Session::~Session()
{
    // Joins its threads while this object can still be posted to.
    m_engine.reset();
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
    for (auto& call : std::exchange(m_waiting, {}))
        call(*m_engine);
}

void Session::failEngine(const QString& message)
{
    m_engineFailure = message;
    m_waiting.clear();
    for (const QString& tag : m_running.keys()) {
        m_running.remove(tag);
        Q_EMIT busyChanged(tag, false);
    }
    Q_EMIT errorOccurred(tags::kEngine, message);
}

const core::DictionaryInfo* Session::dictionary(const std::string& name) const
{
    const auto& all = m_state->dictionaries;
    const auto found
        = std::find_if(all.begin(), all.end(), [&](const auto& d) { return d.name == name; });
    return found == all.end() ? nullptr : &*found;
}

void Session::send(std::function<void(core::Engine&)> call)
{
    if (m_engine)
        call(*m_engine);
    else
        m_waiting.push_back(std::move(call));
}

void Session::begin(const QString& tag)
{
    if (++m_running[tag] == 1)
        Q_EMIT busyChanged(tag, true);
}

void Session::finish(const QString& tag)
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
    if (tag == tags::kTryText)
        m_trial.reset();
    if (m_engine)
        m_engine->cancel(tag == tags::kTryText ? "analyze" : tag.toStdString());
}

void Session::cancelAll()
{
    m_trial.reset();
    if (m_engine)
        m_engine->cancelAll();
}

void Session::identify(const QString& path)
{
    core::OpenModelRequest request;
    request.path = path.toStdString();
    send([request,
             answer = reply<core::ModelInfo>(
                 tags::kInspect,
                 [this, path](auto info) {
                     Q_EMIT identified({path, info, nullptr});
                 },
                 [this, path](const core::Error& error) { identifyDictionaries(path, error); })](
             core::Engine& engine) { engine.inspectModel(request, answer); });
}

void Session::identifyDictionaries(const QString& path, const core::Error& asModel)
{
    using Infos = std::vector<core::DictionaryInfo>;
    const auto fail = [this, path, asModel](const QString& asDictionary) {
        if (asModel.code == core::Error::Code::Unsupported) {
            Q_EMIT errorOccurred(tags::kInspect, toQString(asModel.message));
            return;
        }
        Q_EMIT errorOccurred(tags::kInspect,
            tr("%1 can be opened neither as a model nor as a dictionary.\nAs a model: %2\nAs a "
               "dictionary: %3\nExpected: a Hugging Face folder (config.json, *.safetensors, "
               "tokenizer.json), an SAE or transcoder (file or folder), or a circuit graph "
               "(.json).")
                .arg(path, toQString(asModel.message), asDictionary));
    };
    send([path = path.toStdString(),
             answer = reply<Infos>(
                 tags::kInspect,
                 [this, path, fail](Shared<Infos> infos) {
                     if (infos->empty())
                         fail(tr("it holds none."));
                     else
                         Q_EMIT identified({path, nullptr, infos});
                 },
                 [fail](const core::Error& error) { fail(toQString(error.message)); })](
             core::Engine& engine) { engine.inspectDictionaries(path, answer); });
}

void Session::setState(Shared<core::EngineState> state)
{
    m_state = std::move(state);
    Q_EMIT stateChanged();
}

void Session::openModel(const QString& path, const QString& device, const QString& dtype)
{
    const core::OpenModelRequest request{
        path.toStdString(), device.toStdString(), dtype.toStdString()};
    send([request, answer = reply<core::EngineState>(tags::kOpen, [this, request](auto state) {
        m_openedAs = request;
        setState(state);
        Q_EMIT modelOpened();
    })](core::Engine& engine) { engine.openModel(request, answer); });
}

void Session::selfCheck()
{
    send([answer = reply<core::SelfCheck>(tags::kSelfCheck, [this](auto check) {
        Q_EMIT selfChecked(check);
    })](core::Engine& engine) { engine.selfCheck(answer); });
}

void Session::addDictionaries(const QString& path)
{
    send([path = path.toStdString(),
             answer = reply<core::EngineState>(tags::kOpen, [this, path](auto state) {
                 setState(state);
                 Q_EMIT dictionariesAdded(path);
             })](core::Engine& engine) { engine.addDictionaries(path, answer); });
}

void Session::closeDictionary(const std::string& name)
{
    send([name, answer = reply<core::EngineState>(tags::kClose, [this](auto state) {
        setState(state);
    })](core::Engine& engine) { engine.closeDictionary(name, answer); });
}

void Session::evaluate(const std::string& dictionary, const QString& text)
{
    send([dictionary, text = text.toStdString(),
             answer = reply<core::DictionaryQuality>(tags::kEvaluate, [this](auto quality) {
                 Q_EMIT evaluated(quality);
             })](core::Engine& engine) { engine.evaluate(dictionary, text, answer); });
}

void Session::analyze(const core::AnalyzeRequest& request)
{
    auto answer = reply<core::PromptAnalysis>(
        tags::kAnalyze, [this](auto analysis) { Q_EMIT promptAnalyzed(analysis); });
    send([this, request, answer](core::Engine& engine) {
        engine.analyze(request, [this, answer](auto result) {
            answer(std::move(result));
            QMetaObject::invokeMethod(this, &Session::sendTrial, Qt::QueuedConnection);
        });
    });
}

void Session::tryText(const core::FeatureRef& feature, const QString& text)
{
    m_trial = TextTrial{feature, {text.toStdString(), {feature.dictionary}, kEveryFeature}};
    sendTrial();
}

void Session::sendTrial()
{
    // The engine knows one tag for both: a trial sent now would stop the analysis of the prompt.
    if (!m_trial || isBusy(tags::kAnalyze))
        return;
    const core::FeatureRef feature = m_trial->feature;
    auto answer = reply<core::PromptAnalysis>(tags::kTryText, [this, feature](auto analysis) {
        m_trial.reset();
        Q_EMIT textTried(feature, analysis);
    });
    send([request = m_trial->request, answer](
             core::Engine& engine) { engine.analyze(request, answer); });
}

void Session::architecture(const core::ArchitectureRequest& request)
{
    send([request, answer = reply<core::ArchitectureView>(tags::kArchitecture, [this](auto view) {
        Q_EMIT architectureReady(view);
    })](core::Engine& engine) { engine.architecture(request, answer); });
}

void Session::listFeatures(const core::FeatureQuery& query)
{
    send([query, answer = reply<core::FeatureList>(tags::kList, [this](auto list) {
        Q_EMIT featuresListed(list);
    })](core::Engine& engine) { engine.listFeatures(query, answer); });
}

quint64 Session::requestFeatureRows(std::vector<core::FeatureRef> features)
{
    const quint64 number = ++m_rowRequests;
    send([this, number, features = std::move(features)](core::Engine& engine) {
        engine.featureRows(
            features, [this, number](core::Result<Shared<std::vector<core::FeatureRow>>> result) {
                QMetaObject::invokeMethod(
                    this,
                    [this, number, result = std::move(result)] {
                        Q_EMIT featureRowsReady(number, result ? *result : nullptr);
                        if (!result && result.error().code != core::Error::Code::Cancelled)
                            Q_EMIT errorOccurred(tags::kList, toQString(result.error().message));
                    },
                    Qt::QueuedConnection);
            });
    });
    return number;
}

void Session::requestFeatureCard(const core::FeatureRef& feature)
{
    send([feature, answer = reply<core::FeatureCard>(tags::kCard, [this](auto card) {
        Q_EMIT featureCardReady(card);
    })](core::Engine& engine) { engine.featureCard(feature, answer); });
}

void Session::setLabel(const core::LabelEdit& edit)
{
    // Not by tag: two labels set one after the other are both kept.
    begin(tags::kLabel);
    send([this, edit](core::Engine& engine) {
        engine.setLabel(edit, [this](core::Result<Shared<core::FeatureRow>> result) {
            QMetaObject::invokeMethod(
                this,
                [this, result = std::move(result)] {
                    finish(tags::kLabel);
                    if (result)
                        Q_EMIT featureChanged(**result);
                    else if (result.error().code != core::Error::Code::Cancelled)
                        Q_EMIT errorOccurred(tags::kLabel, toQString(result.error().message));
                },
                Qt::QueuedConnection);
        });
    });
}

void Session::harvest(const core::HarvestRequest& request)
{
    m_harvest = request;
    auto answer = reply<core::HarvestSummary>(tags::kHarvest, [this](auto summary) {
        auto state = std::make_shared<core::EngineState>(*m_state);
        const auto& names = m_harvest.dictionaries;
        for (core::DictionaryInfo& dictionary : state->dictionaries) {
            if (!names.empty()
                && std::find(names.begin(), names.end(), dictionary.name) == names.end())
                continue;
            dictionary.isHarvested = true;
            dictionary.harvestedTokens = summary->tokens;
            if (names.size() == 1 || state->dictionaries.size() == 1)
                dictionary.aliveFeatures = summary->featuresAlive;
        }
        setState(state);
        Q_EMIT harvested(summary);
    });
    send([request, answer](core::Engine& engine) { engine.harvest(request, answer); });
}

void Session::generate(const core::GenerateRequest& request)
{
    // A buffer of its own: late steps of the generation before this one stay in the old buffer.
    m_steps = std::make_shared<StepBuffer>();
    auto answer = reply<core::Generation>(tags::kGenerate, [this](auto generation) {
        emitSteps(); // what still waits for its turn comes before the end
        Q_EMIT generated(generation);
    });
    send([this, request, answer, buffer = m_steps](core::Engine& engine) {
        engine.generate(
            request,
            [this, buffer](const core::GenerateStep& step) {
                {
                    const std::scoped_lock lock(buffer->mutex);
                    buffer->steps.push_back(step);
                }
                m_stepNotifier.poke();
            },
            answer);
    });
}

void Session::emitSteps()
{
    std::vector<core::GenerateStep> steps;
    {
        const std::scoped_lock lock(m_steps->mutex);
        steps.swap(m_steps->steps);
    }
    if (!steps.empty())
        Q_EMIT generationStepped(steps);
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

void Session::setInterventions(const std::vector<core::Intervention>& interventions)
{
    if (m_engine)
        m_engine->setInterventions(interventions);
}

void Session::sweetSpot(const core::SweetSpotRequest& request)
{
    send([request, answer = reply<core::SweetSpot>(tags::kSweetSpot, [this](auto value) {
        Q_EMIT sweetSpotFound(value);
    })](core::Engine& engine) { engine.sweetSpot(request, answer); });
}

} // namespace ui
