#pragma once

#include "ui/models/hub/file_selection.h"

#include <optional>

#include <QNetworkReply>

namespace ui {

/// What an answer that did not bring what was asked for means.
struct HubFailure {
    QString message; ///< What happened and what to do.
    bool isWorthRetry = false; ///< The same request may succeed in a while.
    std::optional<int> waitSeconds; ///< As the server asks.
};

/// What the request was for.
struct HubSubject {
    HubAddress address;
    HubKind kind = HubKind::Model;
    QString path; ///< Of one file; empty for the list.
    QUrl hub; ///< Files may come from other hosts, whose refusals mean something else.
    bool hasToken = false;
};

/// From a finished reply with an error, or with a status that is not a success. Nothing of the
/// request's headers is repeated, so that no token is shown.
HubFailure failureOf(const QNetworkReply& reply, const HubSubject& subject);

/// What to do without a network.
QString withoutNetwork(HubKind kind);

} // namespace ui
