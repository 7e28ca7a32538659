#include "application.h"

#include <cstdio>

#include <QApplication>

int main(int argc, char** argv)
{
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
