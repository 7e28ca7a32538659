#include "ui/session/selection.h"

namespace ui {

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
    Q_EMIT featureChanged();
}

void Selection::clearFeature()
{
    if (!m_feature)
        return;
    m_feature.reset();
    Q_EMIT featureChanged();
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
