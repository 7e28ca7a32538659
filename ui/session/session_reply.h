#pragma once

#include "ui/session/session.h"
#include "ui/style/text.h"

#include <utility>

namespace ui {

// Session's own: what every request does with its answer.
template <typename T>
core::Reply<T> Session::reply(QLatin1String tag, std::function<void(Shared<T>)> onValue,
    std::function<void(const core::Error&)> onError)
{
    const quint64 number = ++m_latest[tag];
    begin(tag);
    if (!m_engineFailure.isEmpty()) {
        // Queued, so that a caller never hears the answer before its call returns.
        QMetaObject::invokeMethod(
            this,
            [this, tag] {
                finish(tag);
                Q_EMIT errorOccurred(tag, m_engineFailure);
            },
            Qt::QueuedConnection);
    }
    return [this, tag, number, onValue = std::move(onValue), onError = std::move(onError)](
               core::Result<Shared<T>> result) {
        QMetaObject::invokeMethod(
            this,
            [this, tag, number, onValue, onError, result = std::move(result)] {
                finish(tag);
                if (m_latest.value(tag) != number)
                    return;
                if (result)
                    onValue(*result);
                else if (result.error().code == core::Error::Code::Cancelled)
                    return;
                else if (onError)
                    onError(result.error());
                else
                    Q_EMIT errorOccurred(tag, toQString(result.error().message));
            },
            Qt::QueuedConnection);
    };
}

} // namespace ui
