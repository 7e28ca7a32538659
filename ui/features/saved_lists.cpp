#include "ui/features/saved_lists.h"

#include "ui/style/text.h"

#include <algorithm>
#include <utility>

#include <QUndoCommand>

namespace ui {

namespace {

using MaybeList = std::optional<core::SavedList>;

QString nameOf(const MaybeList& list)
{
    return list ? toQString(list->name) : QString();
}

/// One list as it was and as it is; either may be missing.
class ListCommand : public QUndoCommand {
public:
    using Send = std::function<void(const QString& name, const MaybeList& after)>;

    ListCommand(const QString& text, MaybeList before, MaybeList after, Send send)
        : QUndoCommand(text)
        , m_before(std::move(before))
        , m_after(std::move(after))
        , m_send(std::move(send))
    {
    }

    void redo() override { m_send(nameOf(m_before), m_after); }
    void undo() override { m_send(nameOf(m_after), m_before); }

private:
    MaybeList m_before, m_after;
    Send m_send;
};

} // namespace

SavedLists::SavedLists(Session* session, QObject* parent)
    : QObject(parent)
    , m_session(session)
{
    connect(session, &Session::stateChanged, this, &SavedLists::refresh);
    refresh();
}

void SavedLists::refresh()
{
    if (!m_session->hasModel())
        return put({});
    // What was read before an edit would take the edit back.
    m_session->ask(
        this, core::SavedListsRequest{},
        [this, number = m_sent](const Shared<core::SavedLists>& lists) {
            if (number == m_sent)
                put(*lists);
        },
        [this, number = m_sent](const core::Error&) {
            if (number == m_sent)
                put({});
        });
}

void SavedLists::put(const core::SavedLists& lists)
{
    if (lists.lists == m_lists)
        return;
    m_lists = lists.lists;
    Q_EMIT changed();
}

const core::SavedList* SavedLists::list(const QString& name) const
{
    const auto found = std::find_if(m_lists.begin(), m_lists.end(),
        [&](const core::SavedList& one) { return toQString(one.name) == name; });
    return found == m_lists.end() ? nullptr : &*found;
}

bool SavedLists::holds(const QString& name, const core::FeatureRef& feature) const
{
    const core::SavedList* one = list(name);
    return one
        && std::find(one->features.begin(), one->features.end(), feature) != one->features.end();
}

void SavedLists::add(const QString& name, const std::vector<core::FeatureRef>& features)
{
    const core::SavedList* before = list(name);
    core::SavedList after = before ? *before : core::SavedList{name.toStdString(), {}, {}};
    for (const core::FeatureRef& feature : features)
        if (std::find(after.features.begin(), after.features.end(), feature)
            == after.features.end())
            after.features.push_back(feature);
    change(before ? name : QString(), after);
}

void SavedLists::remove(const QString& name, const std::vector<core::FeatureRef>& features)
{
    const core::SavedList* before = list(name);
    if (!before)
        return;
    core::SavedList after = *before;
    std::erase_if(after.features, [&](const core::FeatureRef& one) {
        return std::find(features.begin(), features.end(), one) != features.end();
    });
    change(name, after);
}

void SavedLists::change(const QString& name, const MaybeList& after)
{
    const core::SavedList* found = list(name);
    const MaybeList before = found ? MaybeList(*found) : std::nullopt;
    if (before == after)
        return;
    const QString text = tr("change of list “%1”").arg(nameOf(after ? after : before));
    m_session->undoStack()->push(new ListCommand(
        text, before, after, [this](const QString& of, const MaybeList& then) { send(of, then); }));
}

void SavedLists::send(const QString& name, const MaybeList& after)
{
    // What is shown changes at once, so that two steps in a row build on each other; what the
    // engine answers, or an error, sets it right.
    std::erase_if(m_lists, [&](const core::SavedList& one) { return toQString(one.name) == name; });
    if (after)
        m_lists.insert(std::upper_bound(m_lists.begin(), m_lists.end(), *after,
                           [](const auto& a, const auto& b) { return a.name < b.name; }),
            *after);
    const int number = ++m_sent;
    m_session->ask(
        this, QLatin1String(), core::SavedListEdit{name.toStdString(), after},
        [this, number](const Shared<core::SavedLists>& lists) {
            if (number == m_sent)
                put(*lists);
        },
        [this](const core::Error& error) {
            Q_EMIT m_session->errorOccurred(kEditTag, toQString(error.message));
            refresh();
        });
    Q_EMIT changed();
}

void SavedLists::exportTo(const QString& name, const QString& path)
{
    m_session->ask(this, core::ExportSavedListRequest{name.toStdString(), path.toStdString()},
        [this, path](const Shared<std::int64_t>& count) { Q_EMIT exported(path, *count); });
}

} // namespace ui
