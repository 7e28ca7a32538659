#pragma once

#include <cstdint>
#include <vector>

#include <QObject>
#include <QSettings>
#include <QString>
#include <QVariant>

namespace ui {

enum class SettingKey : std::uint8_t {
    Theme,
    FontScale,
    Threads,
    Device,
    Precision,
    SelfCheck,
    LastPage,
    RecentModels,
    HubAddress,
    HubToken,
    HubProxy,
    HubFolder,
    CircuitTargets,
    CircuitLogits,
    CircuitProbability,
    CircuitFeatures,
    CircuitMemory,
    CircuitLegend,
    SteerGuard,
    SteerPace,
    SweepStrengths,
    SteeringStrengths,
    ExampleContext,
    ExampleLineBreaks,
    TrainingPlan,
    TrainingHarvests
};

/// One line of the table from which load, save, the preferences dialog and "reset" follow.
struct SettingInfo {
    SettingKey key;
    const char* name; ///< In the file.
    QVariant defaultValue; ///< Its type is the setting's type.
    double low = 0, high = 0; ///< Numbers only.
    QStringList choices; ///< Texts only: what may be chosen.
    const char* title; ///< Translated where shown; empty: not in the preferences.
    const char* sentence; ///< What it does.
};

/// What a person prefers, kept in an INI file. A value that does not fit the table is read as its
/// default.
class Settings : public QObject {
    Q_OBJECT
public:
    explicit Settings(const QString& folder, QObject* parent = nullptr);

    static const std::vector<SettingInfo>& table();
    static const SettingInfo& info(SettingKey key);
    static QString defaultFolder(); ///< Where the program keeps its settings.

    QVariant value(SettingKey key) const;
    void setValue(SettingKey key, const QVariant& value);
    void resetAll(); ///< Everything shown in the preferences.

    void addRecentModel(const QString& path); ///< Newest first, at most eight.

    /// What is remembered for one model folder: how it was opened, its dictionaries, the chat
    /// switch. In a file of its own; forgotten when the model leaves the recent ones.
    QVariant modelValue(const QString& model, const QString& name) const;
    void setModelValue(const QString& model, const QString& name, const QVariant& value);
    void addRecentDictionary(const QString& model, const QString& path); ///< Newest first.
    QStringList recentDictionaries(const QString& model) const;

    /// Window geometry and docks, in a file of their own: resetting the preferences leaves them.
    QByteArray windowState(const QString& name) const;
    void setWindowState(const QString& name, const QByteArray& state);

Q_SIGNALS:
    void changed(ui::SettingKey key);

private:
    mutable QSettings m_preferences;
    mutable QSettings m_window;
    mutable QSettings m_models;
};

} // namespace ui
