#pragma once

#include "core/api/saved_lists.h"
#include "ui/session/session.h"

#include <optional>
#include <vector>

#include <QObject>

namespace ui {

/// The lists of features of the open workspace: read when a model is opened, changed only by what
/// can be undone. Asks the engine; never waits.
class SavedLists : public QObject {
    Q_OBJECT
public:
    explicit SavedLists(Session* session, QObject* parent = nullptr);

    const std::vector<core::SavedList>& lists() const { return m_lists; }
    const core::SavedList* list(const QString& name) const; ///< Null when there is none.
    bool holds(const QString& name, const core::FeatureRef& feature) const;

    /// Makes the list where it is missing.
    void add(const QString& name, const std::vector<core::FeatureRef>& features);
    void remove(const QString& name, const std::vector<core::FeatureRef>& features);
    /// Makes (`name` empty), changes, renames or takes away a list.
    void change(const QString& name, const std::optional<core::SavedList>& after);
    void exportTo(const QString& name, const QString& path);

    /// Errors of these requests.
    static constexpr QLatin1String kEditTag = kTag<core::SavedListEdit>;
    static constexpr QLatin1String kExportTag = kTag<core::ExportSavedListRequest>;

Q_SIGNALS:
    void changed(); ///< Read lists().
    void exported(const QString& path, qint64 features);

private:
    void refresh();
    void put(const core::SavedLists& lists);
    void send(const QString& name, const std::optional<core::SavedList>& after);

    Session* m_session;
    std::vector<core::SavedList> m_lists;
    int m_sent = 0; ///< Answers to older edits are out of date.
};

} // namespace ui
