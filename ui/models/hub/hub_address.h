#pragma once

#include <QByteArray>
#include <QString>
#include <QUrl>

#include <tl/expected.hpp>

namespace ui {

/// A value, or one sentence that can be shown as it is: what is wrong and what to do.
template <typename T> using HubResult = tl::expected<T, QString>;

/// The documented address of the hub, unless the environment or the settings name another.
QUrl defaultHub();

/// A model repository at one revision. Dictionaries are kept in model repositories too.
struct HubAddress {
    QString repository; ///< "owner/name"; old repositories have no owner.
    QString revision; ///< Branch, tag or commit.
    QString folder; ///< Inside the repository; empty is all of it.

    /// Reads "owner/name", "owner/name@revision" or the address of a page on a hub:
    /// ".../owner/name/tree/revision/folder". Refuses what no hub would accept as a name.
    static HubResult<HubAddress> parse(const QString& text);

    QUrl infoUrl(const QUrl& hub) const;
    QUrl treeUrl(const QUrl& hub) const;
    QUrl fileUrl(const QUrl& hub, const QString& path) const;
};

} // namespace ui
