#include "application.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include <QApplication>

namespace {

bool hasArgument(int argc, char** argv, const char* name)
{
    return std::any_of(argv, argv + argc,
        [&](const char* argument) { return std::strncmp(argument, name, std::strlen(name)) == 0; });
}

} // namespace

int main(int argc, char** argv)
{
    const bool hasDisplay = !qEnvironmentVariableIsEmpty("DISPLAY")
        || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY")
        || !qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM");
    if (!hasDisplay || hasArgument(argc, argv, "--export")) {
        // Known before Qt starts, which would end the program with a message about platform
        // plugins.
        const bool needsWindow = !hasArgument(argc, argv, "--tour")
            && !hasArgument(argc, argv, "--export") && !hasArgument(argc, argv, "--help")
            && !hasArgument(argc, argv, "--version");
        if (needsWindow) {
            std::fprintf(stderr,
                "featurescope: there is no display. `featurescope --tour DIR` writes pictures of "
                "every page; `xvfb-run featurescope` gives it one.\n");
            return 1;
        }
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    // Read when the core library is opened: torch's threads sleep while they wait. Spinning, they
    // are many times slower as soon as another program wants a core, and they would keep the
    // window's core busy.
    if (qEnvironmentVariableIsEmpty("OMP_WAIT_POLICY"))
        qputenv("OMP_WAIT_POLICY", "passive");
    // OpenBLAS's own threads always spin: see core/model/matrix_product.h.
    if (qEnvironmentVariableIsEmpty("OPENBLAS_NUM_THREADS"))
        qputenv("OPENBLAS_NUM_THREADS", "1");
    QApplication qt(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("featurescope"));
    QCoreApplication::setApplicationVersion(QStringLiteral(FEATURESCOPE_VERSION));
    app::Options options = app::parseOptions(QCoreApplication::arguments());
    if (!options.error.isEmpty()) {
        std::fprintf(stderr, "featurescope: %s\n", qPrintable(options.error));
        return 2;
    }
    return app::Application(qt, std::move(options)).run();
}
