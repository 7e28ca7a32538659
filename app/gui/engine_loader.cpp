#include "engine_loader.h"

#include "app/places.h"

#include <exception>

#include <QCoreApplication>
#include <QFileInfo>
#include <QLibrary>
#include <QThread>

namespace app {

EngineLoader::EngineLoader(core::Engine::Options options, QObject* parent)
    : QObject(parent)
    , m_options(std::move(options))
{
}

EngineLoader::~EngineLoader()
{
    if (m_thread)
        m_thread->wait();
}

QString EngineLoader::libraryPath()
{
    const QString built
        = QString::fromStdString(placeOf(kInstalledCore, FEATURESCOPE_CORE_LIBRARY));
    if (QFileInfo::exists(built))
        return built;
    return QCoreApplication::applicationDirPath() + QStringLiteral("/libfeaturescope_core.so");
}

void EngineLoader::start()
{
    m_thread = QThread::create([this] {
        // Never unloaded: the engine's code must outlive the engine.
        QLibrary library(libraryPath());
        const auto create = reinterpret_cast<core::CreateEngineFn>(library.resolve("createEngine"));
        if (!create) {
            Q_EMIT failed(
                tr("The engine could not be loaded: %1. Build the target featurescope_core, or "
                   "reinstall the program.")
                    .arg(library.errorString()));
            return;
        }
        try {
            Q_EMIT loaded(std::shared_ptr<core::Engine>(create(m_options)));
        } catch (const std::exception& error) {
            Q_EMIT failed(
                tr("The engine could not start: %1").arg(QString::fromUtf8(error.what())));
        }
    });
    m_thread->setParent(this);
    m_thread->start();
}

} // namespace app
