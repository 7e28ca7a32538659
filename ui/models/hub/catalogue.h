#pragma once

#include "ui/models/hub/file_selection.h"

#include <vector>

#include <QByteArray>

namespace ui {

/// One repository of a catalogue entry, and what to take of it.
struct CataloguePart {
    HubKind kind = HubKind::Model;
    QString repository;
    QString only; ///< As `patterns` of file_selection.h; empty takes what is worth having of all.
    qint64 bytes = 0; ///< About; 0 = not known before the hub lists it.
};

/// A model and the dictionaries that fit it, to be had in one go.
struct CatalogueEntry {
    QString name, about, licence;
    QString with; ///< Its dictionaries in a few words, its parts' or those that come with the
                  ///< program; empty = none.
    bool isGated = false; ///< The hub gives it only to those who accepted its terms.
    qint64 parameters = 0; ///< Of the model.
    std::vector<CataloguePart> parts; ///< The model first, then its dictionaries.

    /// What is known of the parts' sizes together.
    qint64 bytes() const;
    bool hasUnknownSizes() const;
};

/// Reads a catalogue, or says which entry is wrong and why.
HubResult<std::vector<CatalogueEntry>> parseCatalogue(const QByteArray& json);

/// The one that comes with the program.
const std::vector<CatalogueEntry>& catalogue();

} // namespace ui
