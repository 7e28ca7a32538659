#pragma once

#include "core/api/dictionary_info.h"
#include "core/api/model_info.h"
#include "ui/session/session.h"
#include "ui/session/settings.h"

#include <QObject>
#include <QStringList>

namespace ui {

/// The one way in: a path is identified by the engine, a model is shown with its costs before it
/// is loaded, dictionaries are added one after the other.
class Opener : public QObject {
    Q_OBJECT
public:
    enum class Ask : std::uint8_t {
        Always,
        WhenNew ///< Not for a model opened before in a way that still fits.
    };

    /// Dialogs belong to `window`.
    Opener(Session* session, Settings* settings, QWidget* window);

    /// `dictionaries` are added once the model is there.
    void open(const QString& path, Ask ask, const QStringList& dictionaries = {});
    void openBuiltin(); ///< As the preferences say; no question.
    void addDictionaries(const QStringList& paths);

Q_SIGNALS:
    void started(); ///< A person asked for something; what was said before is old.
    void failed(const QString& message); ///< Before the engine was asked to open anything.

private:
    /// What lies at a path that is no model, and why it is none.
    void identifyDictionaries(const QString& path, const core::Error& asModel);
    void failAsBoth(const QString& path, const core::Error& asModel, const QString& asDictionary);
    void openDictionaries(const QString& path, const core::DictionaryInfo& first);
    void openModel(
        const core::ModelInfo& info, const QString& path, Ask ask, const QStringList& dictionaries);
    void load(const QString& path, const QString& device, const QString& dtype,
        const QStringList& dictionaries = {});
    void addNext();
    void rememberOpened();

    Session* m_session;
    Settings* m_settings;
    QWidget* m_window;
    QStringList m_toAdd; ///< Dictionaries that wait for the one before them.
    bool m_isAnswered = false; ///< The running request to open ended, well or badly.
};

} // namespace ui
