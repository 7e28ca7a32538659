#pragma once

#include "core/api/engine.h"
#include "core/api/engine_state.h"
#include "core/api/feature_row.h"
#include "core/api/harvest.h"
#include "core/api/open_model.h"
#include "core/api/set_label.h"
#include "core/api/suggest_labels.h"
#include "core/api/test_label.h"

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <QHash>
#include <QObject>
#include <QPointer>
#include <QString>
#include <QUndoStack>

#include "ui/session/coalescer.h"

namespace ui {

template <typename T> using Shared = std::shared_ptr<const T>;

/// The tag of a request that is asked in one place only: its own name.
template <core::Request R>
inline constexpr QLatin1String kTag(R::kName.data(), static_cast<qsizetype>(R::kName.size()));

/// What errorOccurred says where the core library could not be opened.
inline constexpr QLatin1String kEngineTag("engine");

/// The only object that talks to the engine, and what is open in it. Every call returns at once;
/// every answer comes later, on this thread.
///
/// Exists without an engine, so that the window can paint first: what is asked before
/// attachEngine() is kept and sent then. Destroying it stops and joins the engine.
class Session : public QObject {
    Q_OBJECT
public:
    template <core::Request R> using Then = std::function<void(Shared<typename R::Answer>)>;
    using Otherwise = std::function<void(const core::Error&)>;
    template <core::Request R>
    using OnParts = std::function<void(const std::vector<typename core::PartOf<R>::Type>&)>;

    explicit Session(QObject* parent = nullptr);
    ~Session() override;

    void attachEngine(std::shared_ptr<core::Engine> engine);
    bool hasEngine() const { return m_engine != nullptr; }
    /// Nothing will ever answer: the core library could not be opened.
    void failEngine(const QString& message);

    /// The newest request with a tag wins: answers to older ones are dropped, and so are all once
    /// `asker` is gone. `then` gets the answer; a failure goes to `otherwise`, or without one to
    /// errorOccurred; a cancelled request says nothing but busyChanged. `onParts` gets what came
    /// since its last call, in order, at most 30 times a second, and all of it before `then`.
    ///
    /// With an empty tag every answer arrives (a cancelled one at `otherwise`), and nothing counts
    /// as busy.
    template <core::Request R>
    void ask(QObject* asker, QLatin1String tag, R request, Then<R> then, Otherwise otherwise = {},
        OnParts<R> onParts = {});
    /// With the request's name as its tag.
    template <core::Request R>
    void ask(
        QObject* asker, R request, Then<R> then, Otherwise otherwise = {}, OnParts<R> onParts = {})
    {
        ask(asker, kTag<R>, std::move(request), std::move(then), std::move(otherwise),
            std::move(onParts));
    }

    const core::EngineState& state() const { return *m_state; } ///< Empty until a model is open.
    bool hasModel() const { return m_state->model.isLoaded; }
    /// What the open model was asked for as; its path is what a person calls it.
    const core::OpenModelRequest& openedAs() const { return m_openedAs; }
    const core::DictionaryInfo* dictionary(
        const std::string& name) const; ///< Null when it is not open.
    /// Where an open dictionary was asked for: the path that was added, alone or with others.
    QString dictionaryPath(const core::DictionaryInfo& dictionary) const;
    bool isBusy(const QString& tag) const { return m_running.value(tag) > 0; }
    bool isBusy() const { return !m_running.isEmpty(); }

    /// Undo for everything a person writes: labels, pins, groups, interventions.
    QUndoStack* undoStack() { return &m_undoStack; }

public Q_SLOTS:
    void cancel(const QString& tag);
    void cancelAll();

    // What changes the world that every page looks at.

    /// stateChanged, modelOpened. "builtin" is the built-in model; an empty device or precision is
    /// the engine's own.
    void openModel(const QString& path, const QString& device = {}, const QString& dtype = {});
    void addDictionaries(const QString& path); ///< stateChanged, dictionariesAdded; tag "open".
    void closeDictionary(const std::string& name); ///< stateChanged
    /// featureChanged, then labelTested; two at once are both kept.
    void setLabel(const core::LabelEdit& edit);
    void testLabel(const core::FeatureRef& feature); ///< A person's: labelTested.
    void harvest(const core::HarvestRequest& request); ///< stateChanged, harvested
    void suggestLabels(); ///< Anew, of the open workspace: labelsSuggested.

Q_SIGNALS:
    void engineAttached();
    void stateChanged(); ///< Model or dictionaries; read state().
    void busyChanged(const QString& tag, bool isBusy);
    void progressChanged(
        const QString& tag, const core::Progress& progress); ///< At most 30 a second.
    /// A request without an `otherwise` failed; a page shows the message in its bar if the tag is
    /// one of its own.
    void errorOccurred(const QString& tag, const QString& message);

    void modelLeaving(); ///< Another is about to take its place; everything still speaks of it.
    void modelOpened(); ///< After stateChanged: another model than before, or the same anew.
    void dictionariesAdded(const QString& path); ///< After stateChanged.
    void featureChanged(const core::FeatureRow& row); ///< A label was set or removed.
    void labelTested(const core::TestedLabel& tested); ///< How well a person's label fits.
    void harvested(ui::Shared<core::HarvestSummary> summary);
    void labelsSuggested(ui::Shared<core::LabelSuggestions> made);

private:
    struct ProgressBuffer;
    using AnyAnswer = core::Result<std::shared_ptr<const void>>;
    using Send = std::function<void(core::Engine&)>;

    /// A request on its way, without its type.
    struct Asked {
        QString tag; ///< Empty: every answer arrives.
        QString name; ///< Of the request.
        quint64 number = 0; ///< Among those with the tag.
        QPointer<QObject> asker;
        std::function<void(std::shared_ptr<const void>)> then;
        Otherwise otherwise;
        std::function<void()> passParts; ///< Hands over the parts that wait; empty without parts.
        Send send; ///< Only until the engine is there.
    };
    template <typename Part> struct PartBuffer {
        std::mutex mutex;
        std::vector<Part> parts;
    };

    void begin(std::shared_ptr<Asked> asked, Send send);
    void arrive(std::shared_ptr<Asked> asked, AnyAnswer answer); ///< Any thread.
    void finish(const std::shared_ptr<Asked>& asked, const AnyAnswer& answer);
    void pass(const Asked& asked, const AnyAnswer& answer);
    bool isWanted(const Asked& asked) const;
    void beginBusy(const QString& tag);
    void finishBusy(const QString& tag);
    void setState(Shared<core::EngineState> state);
    void passParts();
    void emitProgress();

    std::shared_ptr<core::Engine> m_engine;
    std::list<std::shared_ptr<Asked>> m_asked; ///< Not answered yet, oldest first.
    Shared<core::EngineState> m_state;
    core::OpenModelRequest m_openedAs;
    QHash<QString, QString> m_addedFrom; ///< By a dictionary's own path, what was asked for.
    QHash<QString, quint64> m_latest; ///< Number of the newest request of each tag.
    QHash<QString, int> m_running;
    std::vector<core::FeatureRef> m_beingNamed; ///< Their labels are on the way to the workspace.
    std::shared_ptr<ProgressBuffer> m_progress;
    Coalescer m_partNotifier;
    Coalescer m_progressNotifier;
    QUndoStack m_undoStack;
    QString m_engineFailure;
};

template <core::Request R>
void Session::ask(QObject* asker, QLatin1String tag, R request, Then<R> then, Otherwise otherwise,
    OnParts<R> onParts)
{
    using Answer = typename R::Answer;
    using Part = typename core::PartOf<R>::Type;
    auto asked = std::make_shared<Asked>();
    asked->tag = tag;
    asked->name = kTag<R>;
    asked->asker = asker;
    asked->then = [then = std::move(then)](std::shared_ptr<const void> answer) {
        then(std::static_pointer_cast<const Answer>(std::move(answer)));
    };
    asked->otherwise = std::move(otherwise);
    core::PartFn<R> onPart;
    if (onParts) {
        // A buffer of its own: late parts of the request before this one stay in the old buffer.
        auto buffer = std::make_shared<PartBuffer<Part>>();
        onPart = [this, buffer](const Part& part) {
            {
                const std::scoped_lock lock(buffer->mutex);
                buffer->parts.push_back(part);
            }
            m_partNotifier.poke();
        };
        asked->passParts = [buffer, onParts = std::move(onParts)] {
            std::vector<Part> parts;
            {
                const std::scoped_lock lock(buffer->mutex);
                parts.swap(buffer->parts);
            }
            if (!parts.empty())
                onParts(parts);
        };
    }
    begin(asked,
        [this, asked, request = std::move(request), onPart = std::move(onPart)](
            core::Engine& engine) {
            engine.ask(
                asked->tag.toStdString(), request,
                [this, asked](core::Result<Shared<Answer>> answer) {
                    if (answer)
                        arrive(asked, std::shared_ptr<const void>(std::move(*answer)));
                    else
                        arrive(asked, core::fail(std::move(answer.error())));
                },
                onPart);
        });
}

} // namespace ui
