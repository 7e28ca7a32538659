#pragma once

#include "ui/models/hub/hub_address.h"

#include <vector>

#include <QMetaType>
#include <QStringList>

namespace ui {

/// One file of a repository as the hub's API describes it.
struct HubFile {
    QString path; ///< Below the repository's root; safe to use below a folder.
    qint64 size = 0;
    QByteArray sha256; ///< Of the content, in hex; large files only.
    QByteArray gitId; ///< SHA-1 of git's blob, in hex; of the pointer for large files.
};

/// The files of a repository at one commit.
struct HubListing {
    HubAddress address; ///< The revision is the commit, so that what was listed is what comes.
    QString revision; ///< As it was asked for.
    std::vector<HubFile> files; ///< By path.
    QStringList refused; ///< Names that are not safe to write.
};

/// What /api/models/.../revision/... tells: the name after redirects of renamed repositories, and
/// the commit.
struct HubInfo {
    QString repository;
    QString commit;
};
HubResult<HubInfo> parseInfo(const QByteArray& json);

/// Adds one page of /api/models/.../tree/... to `listing`. Never trusts a size or a name.
HubResult<void> addPage(HubListing& listing, const QByteArray& json);

/// Where a Link header says the next page is; empty after the last.
QUrl nextPage(const QByteArray& linkHeader, const QUrl& page);

} // namespace ui

Q_DECLARE_METATYPE(ui::HubListing)
