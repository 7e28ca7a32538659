#pragma once

#include "core/api/engine.h"

#include <memory>

#include <QObject>
#include <QString>

class QThread;

namespace app {

/// Opens the core library and makes the engine on a thread of its own, because linking libtorch
/// alone takes most of a second. The window is on the screen long before.
class EngineLoader : public QObject {
    Q_OBJECT
public:
    explicit EngineLoader(core::Engine::Options options, QObject* parent = nullptr);
    ~EngineLoader() override; ///< Waits for a load in progress.

    void start();
    static QString libraryPath(); ///< Installed, where the build put it, or beside the program.

Q_SIGNALS:
    void loaded(std::shared_ptr<core::Engine> engine);
    void failed(const QString& message);

private:
    core::Engine::Options m_options;
    QThread* m_thread = nullptr;
};

} // namespace app
