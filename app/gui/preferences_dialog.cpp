#include "preferences_dialog.h"

#include "ui/style/metrics.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

namespace app {

PreferencesDialog::PreferencesDialog(ui::Settings* settings, QWidget* parent)
    : QDialog(parent)
    , m_settings(settings)
{
    setWindowTitle(tr("Preferences"));
    auto* layout = new QVBoxLayout(this);
    auto* form = new QFormLayout;
    for (const ui::SettingInfo& info : ui::Settings::table()) {
        if (*info.title == '\0')
            continue;
        auto* sentence
            = new QLabel(QCoreApplication::translate("ui::Settings", info.sentence), this);
        sentence->setWordWrap(true);
        ui::makeSubtle(sentence);
        QWidget* editor = makeEditor(info);
        editor->setAccessibleDescription(sentence->text());
        form->addRow(QCoreApplication::translate("ui::Settings", info.title), editor);
        form->addRow(QString(), sentence);
    }
    layout->addLayout(form);
    auto* buttons
        = new QDialogButtonBox(QDialogButtonBox::Close | QDialogButtonBox::RestoreDefaults, this);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    connect(buttons->button(QDialogButtonBox::RestoreDefaults), &QPushButton::clicked, m_settings,
        &ui::Settings::resetAll);
    setMinimumWidth(ui::ex(this) * 60);
}

QWidget* PreferencesDialog::makeEditor(const ui::SettingInfo& info)
{
    const ui::SettingKey key = info.key;
    const auto follow = [this, key](QWidget* editor, auto setFromSettings) {
        setFromSettings();
        connect(m_settings, &ui::Settings::changed, editor,
            [key, setFromSettings](ui::SettingKey changed) {
                if (changed == key)
                    setFromSettings();
            });
    };
    if (!info.choices.isEmpty()) {
        auto* box = new QComboBox(this);
        for (const QString& choice : info.choices)
            box->addItem(choice, choice);
        follow(
            box, [this, box, key] { box->setCurrentIndex(box->findData(m_settings->value(key))); });
        connect(box, &QComboBox::activated, this,
            [this, box, key] { m_settings->setValue(key, box->currentData()); });
        return box;
    }
    if (info.defaultValue.metaType().id() == QMetaType::Bool) {
        auto* box = new QCheckBox(tr("on"), this);
        follow(box, [this, box, key] { box->setChecked(m_settings->value(key).toBool()); });
        connect(box, &QCheckBox::toggled, this,
            [this, key](bool isOn) { m_settings->setValue(key, isOn); });
        return box;
    }
    if (info.defaultValue.metaType().id() == QMetaType::Double) {
        auto* box = new QDoubleSpinBox(this);
        box->setRange(info.low, info.high);
        box->setSingleStep(0.1);
        follow(box, [this, box, key] { box->setValue(m_settings->value(key).toDouble()); });
        connect(box, &QDoubleSpinBox::valueChanged, this,
            [this, key](double value) { m_settings->setValue(key, value); });
        return box;
    }
    auto* box = new QSpinBox(this);
    box->setRange(static_cast<int>(info.low), static_cast<int>(info.high));
    follow(box, [this, box, key] { box->setValue(m_settings->value(key).toInt()); });
    connect(box, &QSpinBox::valueChanged, this,
        [this, key](int value) { m_settings->setValue(key, value); });
    return box;
}

} // namespace app
