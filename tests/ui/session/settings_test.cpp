#include "ui/session/settings.h"

#include "ui/session/selection.h"

#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>

#include <gtest/gtest.h>

namespace {

using ui::SettingKey;
using ui::Settings;

TEST(SettingsTest, ValuesSurviveAndDefaultsComeFromTheTable)
{
    QTemporaryDir folder;
    {
        Settings settings(folder.path());
        EXPECT_EQ(settings.value(SettingKey::Theme).toString(), QStringLiteral("system"));
        QSignalSpy changed(&settings, &Settings::changed);
        settings.setValue(SettingKey::Theme, QStringLiteral("dark"));
        settings.setValue(SettingKey::Theme, QStringLiteral("dark"));
        EXPECT_EQ(changed.count(), 1);
        settings.setValue(SettingKey::FontScale, 1.5);
    }
    Settings again(folder.path());
    EXPECT_EQ(again.value(SettingKey::Theme).toString(), QStringLiteral("dark"));
    EXPECT_DOUBLE_EQ(again.value(SettingKey::FontScale).toDouble(), 1.5);
    again.setWindowState(QStringLiteral("geometry"), "abc");
    again.resetAll();
    EXPECT_EQ(again.value(SettingKey::Theme).toString(), QStringLiteral("system"));
    EXPECT_EQ(again.windowState(QStringLiteral("geometry")), QByteArray("abc"));
}

TEST(SettingsTest, ABrokenFileGivesDefaults)
{
    QTemporaryDir folder;
    {
        QSettings file(folder.path() + QStringLiteral("/preferences.ini"), QSettings::IniFormat);
        file.setValue(QStringLiteral("theme"), QStringLiteral("purple"));
        file.setValue(QStringLiteral("font_scale"), QStringLiteral("huge"));
        file.setValue(QStringLiteral("threads"), -4);
    }
    const Settings settings(folder.path());
    EXPECT_EQ(settings.value(SettingKey::Theme).toString(), QStringLiteral("system"));
    EXPECT_DOUBLE_EQ(settings.value(SettingKey::FontScale).toDouble(), 1.0);
    EXPECT_EQ(settings.value(SettingKey::Threads).toInt(), 0);
}

TEST(SettingsTest, RecentModelsAreNewestFirstOnceAndEight)
{
    QTemporaryDir folder;
    Settings settings(folder.path());
    for (int i = 0; i < 10; ++i)
        settings.addRecentModel(QStringLiteral("model %1").arg(i));
    settings.addRecentModel(QStringLiteral("model 5"));
    const QStringList recent = settings.value(SettingKey::RecentModels).toStringList();
    ASSERT_EQ(recent.size(), 8);
    EXPECT_EQ(recent.at(0), QStringLiteral("model 5"));
    EXPECT_EQ(recent.at(1), QStringLiteral("model 9"));
    EXPECT_EQ(recent.count(QStringLiteral("model 5")), 1);
}

TEST(SettingsTest, WhatIsRememberedOfAModelGoesWithIt)
{
    QTemporaryDir folder;
    const QString model = QStringLiteral("/models/a b%/gpt2=x");
    {
        Settings settings(folder.path());
        settings.addRecentModel(model);
        settings.setModelValue(model, QStringLiteral("precision"), QStringLiteral("int8"));
        for (const char* path : {"/saes/1", "/saes/2", "/saes/1"})
            settings.addRecentDictionary(model, QLatin1String(path));
    }
    Settings again(folder.path());
    EXPECT_EQ(
        again.modelValue(model, QStringLiteral("precision")).toString(), QStringLiteral("int8"));
    EXPECT_EQ(again.recentDictionaries(model),
        (QStringList{QStringLiteral("/saes/1"), QStringLiteral("/saes/2")}));
    EXPECT_TRUE(again.recentDictionaries(QStringLiteral("/models/other")).isEmpty());
    for (int i = 0; i < 8; ++i)
        again.addRecentModel(QStringLiteral("model %1").arg(i));
    EXPECT_FALSE(again.modelValue(model, QStringLiteral("precision")).isValid());
}

TEST(SelectionTest, SignalsComeOnlyForRealChanges)
{
    ui::Selection selection;
    QSignalSpy features(&selection, &ui::Selection::featureChanged);
    QSignalSpy dictionaries(&selection, &ui::Selection::dictionaryChanged);
    QSignalSpy positions(&selection, &ui::Selection::positionChanged);
    selection.setFeature({"a", core::FeatureId(1)});
    selection.setFeature({"a", core::FeatureId(1)});
    selection.setFeature({"a", core::FeatureId(2)});
    selection.setPosition(core::Position(3));
    selection.setPosition(core::Position(3));
    EXPECT_EQ(features.count(), 2);
    EXPECT_EQ(dictionaries.count(), 1);
    EXPECT_EQ(positions.count(), 1);
    EXPECT_EQ(selection.dictionary(), "a");
    selection.clearFeature();
    EXPECT_EQ(features.count(), 3);
    EXPECT_FALSE(selection.feature());
}

} // namespace
