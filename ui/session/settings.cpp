#include "ui/session/settings.h"

#include <algorithm>

#include <QFile>
#include <QStandardPaths>
#include <QUrl>

namespace ui {

namespace {

constexpr qsizetype kRecentModels = 8, kRecentDictionaries = 32;
const QString kDictionaries = QStringLiteral("dictionaries");

/// A path as one word: the settings file parts its groups at slashes.
QString groupOf(const QString& model)
{
    return QString::fromLatin1(QUrl::toPercentEncoding(model));
}

} // namespace

const std::vector<SettingInfo>& Settings::table()
{
    static const std::vector<SettingInfo> kTable{
        {SettingKey::Theme, "theme", QStringLiteral("system"), 0, 0,
            {QStringLiteral("system"), QStringLiteral("light"), QStringLiteral("dark")},
            QT_TRANSLATE_NOOP("ui::Settings", "Theme"),
            QT_TRANSLATE_NOOP(
                "ui::Settings", "Colours of the window; “system” follows the desktop.")},
        {SettingKey::FontScale, "font_scale", 1.0, 0.7, 2.5, {},
            QT_TRANSLATE_NOOP("ui::Settings", "Text size"),
            QT_TRANSLATE_NOOP("ui::Settings", "Multiplies the size of all text.")},
        {SettingKey::Threads, "threads", 0, 0, 256, {},
            QT_TRANSLATE_NOOP("ui::Settings", "Threads"),
            QT_TRANSLATE_NOOP("ui::Settings",
                "Processor threads for the model; 0 leaves one core for the window. Read at the "
                "next start.")},
        {SettingKey::Device, "device", QStringLiteral("auto"), 0, 0,
            {QStringLiteral("auto"), QStringLiteral("cpu"), QStringLiteral("cuda")},
            QT_TRANSLATE_NOOP("ui::Settings", "Device"),
            QT_TRANSLATE_NOOP("ui::Settings",
                "Where the next model runs unless its dialog says otherwise; “auto” takes a "
                "graphics card that has room for it.")},
        {SettingKey::Precision, "precision", QStringLiteral("float32"), 0, 0,
            {QStringLiteral("float32"), QStringLiteral("bfloat16"), QStringLiteral("float16"),
                QStringLiteral("int8")},
            QT_TRANSLATE_NOOP("ui::Settings", "Precision"),
            QT_TRANSLATE_NOOP("ui::Settings",
                "Of the next model's weights; fewer bits take less memory and differ a little, "
                "which the self-check measures.")},
        {SettingKey::SelfCheck, "self_check", true, 0, 0, {},
            QT_TRANSLATE_NOOP("ui::Settings", "Self-check"),
            QT_TRANSLATE_NOOP("ui::Settings",
                "Compare every opened model with its files in float32 on the processor, in the "
                "background.")},
        {SettingKey::LastPage, "last_page", QString(), 0, 0, {}, "", ""},
        {SettingKey::RecentModels, "recent_models", QStringList(), 0, 0, {}, "", ""},
        // Edited where they are used, in the download dialog.
        {SettingKey::HubAddress, "hub_address", QString(), 0, 0, {}, "", ""},
        {SettingKey::HubToken, "hub_token", QString(), 0, 0, {}, "", ""},
        {SettingKey::HubProxy, "hub_proxy", QString(), 0, 0, {}, "", ""},
        {SettingKey::HubFolder, "hub_folder", QString(), 0, 0, {}, "", ""},
        // What a graph explains and may take; edited on the Circuit page.
        {SettingKey::CircuitTargets, "circuit_targets", QString(), 0, 0, {}, "", ""},
        {SettingKey::CircuitLogits, "circuit_logits", 10, 1, 100, {}, "", ""},
        {SettingKey::CircuitProbability, "circuit_probability", 0.95, 0.01, 1.0, {}, "", ""},
        {SettingKey::CircuitFeatures, "circuit_features", 0, 0, 1'000'000, {}, "", ""},
        {SettingKey::CircuitMemory, "circuit_memory_gb", 0.0, 0.0, 4096.0, {}, "", ""},
        {SettingKey::CircuitLegend, "circuit_legend", true, 0, 0, {}, "", ""}, // its own button
        // Used and changed on the Steer page.
        {SettingKey::SteerGuard, "steer_guard", true, 0, 0, {}, "", ""},
        {SettingKey::SteerPace, "steer_pace", QStringLiteral("auto"), 0, 0,
            {QStringLiteral("auto"), QStringLiteral("slow"), QStringLiteral("normal"),
                QStringLiteral("fast")},
            "", ""},
        // What was last tried; edited where they are used.
        {SettingKey::SweepStrengths, "sweep_strengths", QStringLiteral("1, 2, 5, 10"), 0, 0, {}, "",
            ""},
        {SettingKey::SteeringStrengths, "steering_strengths", QStringLiteral("2, 5, 10"), 0, 0, {},
            "", ""},
        // How a feature's card shows its examples; chosen there.
        {SettingKey::ExampleContext, "example_context", QStringLiteral("16"), 0, 0,
            {QStringLiteral("5"), QStringLiteral("16"), QStringLiteral("whole")}, "", ""},
        {SettingKey::ExampleLineBreaks, "example_line_breaks", true, 0, 0, {}, "", ""},
        // What was last set up on the Train page.
        {SettingKey::TrainingPlan, "training_plan", QString(), 0, 0, {}, "", ""},
        {SettingKey::TrainingHarvests, "training_harvests", true, 0, 0, {}, "", ""},
    };
    return kTable;
}

const SettingInfo& Settings::info(SettingKey key)
{
    const auto& all = table();
    return *std::find_if(
        all.begin(), all.end(), [&](const SettingInfo& i) { return i.key == key; });
}

QString Settings::defaultFolder()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation);
}

Settings::Settings(const QString& folder, QObject* parent)
    : QObject(parent)
    , m_preferences(folder + QStringLiteral("/preferences.ini"), QSettings::IniFormat)
    , m_window(folder + QStringLiteral("/window.ini"), QSettings::IniFormat)
    , m_models(folder + QStringLiteral("/models.ini"), QSettings::IniFormat)
{
}

QVariant Settings::value(SettingKey key) const
{
    const SettingInfo& setting = info(key);
    QVariant value = m_preferences.value(QLatin1String(setting.name), setting.defaultValue);
    if (!value.convert(setting.defaultValue.metaType()))
        return setting.defaultValue;
    if (setting.low < setting.high) {
        const double number = value.toDouble();
        if (!(number >= setting.low && number <= setting.high))
            return setting.defaultValue;
    }
    if (!setting.choices.isEmpty() && !setting.choices.contains(value.toString()))
        return setting.defaultValue;
    return value;
}

void Settings::setValue(SettingKey key, const QVariant& newValue)
{
    if (value(key) == newValue)
        return;
    m_preferences.setValue(QLatin1String(info(key).name), newValue);
    if (key == SettingKey::HubToken || key == SettingKey::HubProxy) { // Secrets: for no one else.
        m_preferences.sync();
        QFile::setPermissions(m_preferences.fileName(), QFile::ReadOwner | QFile::WriteOwner);
    }
    Q_EMIT changed(key);
}

void Settings::resetAll()
{
    for (const SettingInfo& setting : table()) {
        if (*setting.title != '\0')
            setValue(setting.key, setting.defaultValue);
    }
}

void Settings::addRecentModel(const QString& path)
{
    QStringList recent = value(SettingKey::RecentModels).toStringList();
    recent.removeAll(path);
    recent.prepend(path);
    for (const QString& old : recent.mid(kRecentModels))
        m_models.remove(groupOf(old));
    setValue(SettingKey::RecentModels, recent.mid(0, kRecentModels));
}

QVariant Settings::modelValue(const QString& model, const QString& name) const
{
    return m_models.value(groupOf(model) + QLatin1Char('/') + name);
}

void Settings::setModelValue(const QString& model, const QString& name, const QVariant& value)
{
    m_models.setValue(groupOf(model) + QLatin1Char('/') + name, value);
}

void Settings::addRecentDictionary(const QString& model, const QString& path)
{
    QStringList recent = recentDictionaries(model);
    recent.removeAll(path);
    recent.prepend(path);
    setModelValue(model, kDictionaries, recent.mid(0, kRecentDictionaries));
}

QStringList Settings::recentDictionaries(const QString& model) const
{
    return modelValue(model, kDictionaries).toStringList();
}

QByteArray Settings::windowState(const QString& name) const
{
    return m_window.value(name).toByteArray();
}

void Settings::setWindowState(const QString& name, const QByteArray& state)
{
    if (windowState(name) == state)
        return; // asked with every autosave
    m_window.setValue(name, state);
    m_window.sync(); // a program that is killed later finds it again
}

} // namespace ui
