#include "ui/session/selection.h"

#include <algorithm>

namespace ui {

namespace {
constexpr std::size_t kLongestHistory = 200;
}

Selection::Selection(QObject* parent)
    : QObject(parent)
{
}

void Selection::setFeature(const core::FeatureRef& feature)
{
    setDictionary(feature.dictionary);
    if (m_feature == feature)
        return;
    m_feature = feature;
    remember(feature);
    Q_EMIT featureChanged();
}

void Selection::remember(const core::FeatureRef& feature)
{
    if (m_place >= 0 && m_history[static_cast<std::size_t>(m_place)] == feature)
        return; // gone back to, or chosen again after nothing was
    m_history.resize(static_cast<std::size_t>(m_place + 1));
    m_history.push_back(feature);
    if (m_history.size() > kLongestHistory)
        m_history.erase(m_history.begin());
    m_place = static_cast<int>(m_history.size()) - 1;
    Q_EMIT historyChanged();
}

void Selection::goTo(int place)
{
    if (place < 0 || place >= static_cast<int>(m_history.size()))
        return;
    m_place = place;
    const core::FeatureRef feature = m_history[static_cast<std::size_t>(place)];
    setFeature(feature);
    Q_EMIT historyChanged();
}

void Selection::goBack()
{
    goTo(m_place - 1);
}

void Selection::goForward()
{
    goTo(m_place + 1);
}

void Selection::clearFeature()
{
    if (!m_feature)
        return;
    m_feature.reset();
    Q_EMIT featureChanged();
}

void Selection::keepOnly(const std::function<bool(const std::string& dictionary)>& isOpen)
{
    if (m_feature && !isOpen(m_feature->dictionary))
        clearFeature();
    const auto isGone
        = [&](const core::FeatureRef& feature) { return !isOpen(feature.dictionary); };
    const auto behind = m_history.begin() + (m_place + 1);
    const auto before = static_cast<int>(std::count_if(m_history.begin(), behind, isGone));
    if (std::erase_if(m_history, isGone) == 0)
        return;
    m_place -= before;
    Q_EMIT historyChanged();
}

void Selection::setPosition(core::Position position)
{
    if (m_position == position)
        return;
    m_position = position;
    Q_EMIT positionChanged(position);
}

void Selection::setDictionary(const std::string& name)
{
    if (m_dictionary == name)
        return;
    m_dictionary = name;
    Q_EMIT dictionaryChanged(name);
}

} // namespace ui
