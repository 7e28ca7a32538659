#include "ui/session/settings.h"

#include <algorithm>

#include <QStandardPaths>

namespace ui {

namespace {
constexpr qsizetype kRecentModels = 8;
}

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
        {SettingKey::LastPage, "last_page", QString(), 0, 0, {}, "", ""},
        {SettingKey::RecentModels, "recent_models", QStringList(), 0, 0, {}, "", ""},
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
    setValue(SettingKey::RecentModels, recent.mid(0, kRecentModels));
}

QByteArray Settings::windowState(const QString& name) const
{
    return m_window.value(name).toByteArray();
}

void Settings::setWindowState(const QString& name, const QByteArray& state)
{
    m_window.setValue(name, state);
}

} // namespace ui
