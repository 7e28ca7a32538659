#pragma once

#include "core/base/ids.h"

#include <optional>
#include <string>

#include <QObject>
#include <QString>

namespace ui {

/// What the whole window looks at now. Pages read it and set it; they never call each other.
/// A signal comes only when the value really changed.
class Selection : public QObject {
    Q_OBJECT
public:
    explicit Selection(QObject* parent = nullptr);

    const std::optional<core::FeatureRef>& feature() const { return m_feature; }
    core::Position position() const { return m_position; } ///< Invalid when no token is chosen.
    const std::string& dictionary() const { return m_dictionary; } ///< Empty when none is chosen.

public Q_SLOTS:
    /// Also chooses the feature's dictionary.
    void setFeature(const core::FeatureRef& feature);
    void clearFeature();
    void setPosition(core::Position position);
    void setDictionary(const std::string& name);

Q_SIGNALS:
    void featureChanged(); ///< Read feature().
    void positionChanged(core::Position position);
    void dictionaryChanged(const std::string& name);

private:
    std::optional<core::FeatureRef> m_feature;
    core::Position m_position;
    std::string m_dictionary;
};

} // namespace ui
