#pragma once

#include "ui/models/hub/hub_address.h"

#include <chrono>

#include <QProcessEnvironment>
#include <QString>
#include <QStringList>

namespace ui {

/// How often and how patiently a request that failed on the way is repeated.
struct RetryPolicy {
    int attempts = 5; ///< Without a new byte in between.
    std::chrono::milliseconds second{1000}; ///< Waits are multiples of it; tests make it short.
    std::chrono::milliseconds silence{30'000}; ///< After so long without a byte a try has failed.
};

/// How to reach the hub: first what the environment says, in the variables that other programs
/// read; then what a person set instead.
struct HubAccess {
    QUrl hub; ///< HF_ENDPOINT, else the documented address.
    QString token; ///< HF_TOKEN, HUGGING_FACE_HUB_TOKEN. Goes to `hub` and nowhere else.
    QString tokenFile; ///< Where a login leaves its token; read only when no variable holds one.
    bool isOffline = false; ///< HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE.
    QString httpProxy, httpsProxy; ///< http_proxy, https_proxy, all_proxy.
    QStringList noProxy;
    RetryPolicy retries;

    static HubAccess fromEnvironment(const QProcessEnvironment& variables);
    /// Empty texts change nothing. Fails for an address that is not one.
    HubResult<void> override(const QString& hub, const QString& token, const QString& proxy);
};

/// The token in a token file, empty when there is none. Touches the disk.
QString readTokenFile(const QString& path);

} // namespace ui
