#pragma once

#include "core/base/ids.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

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

    /// Features that were chosen before the present one, and those gone back from.
    bool canGoBack() const { return m_place > 0; }
    bool canGoForward() const { return m_place + 1 < static_cast<int>(m_history.size()); }
    /// Forgets what was chosen in dictionaries that are not open any more.
    void keepOnly(const std::function<bool(const std::string& dictionary)>& isOpen);

public Q_SLOTS:
    void goBack();
    void goForward();
    /// Also chooses the feature's dictionary.
    void setFeature(const core::FeatureRef& feature);
    void clearFeature();
    void setPosition(core::Position position);
    void setDictionary(const std::string& name);

Q_SIGNALS:
    void historyChanged(); ///< Read canGoBack() and canGoForward().
    void featureChanged(); ///< Read feature().
    void positionChanged(core::Position position);
    void dictionaryChanged(const std::string& name);

private:
    void goTo(int place);
    void remember(const core::FeatureRef& feature);

    std::vector<core::FeatureRef> m_history; ///< Oldest first.
    int m_place = -1; ///< Of the feature that was chosen last.
    std::optional<core::FeatureRef> m_feature;
    core::Position m_position;
    std::string m_dictionary;
};

} // namespace ui
