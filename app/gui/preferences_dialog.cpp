#include "preferences_dialog.h"

#include "ui/style/metrics.h"

#include <algorithm>

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QSpinBox>
#include <QVBoxLayout>

namespace app {

PreferencesDialog::PreferencesDialog(
    ui::Settings* settings, const QStringList& devices, QWidget* parent)
    : QDialog(parent)
    , m_settings(settings)
    , m_devices(devices)
{
    setObjectName(QStringLiteral("preferences"));
    setWindowTitle(tr("Preferences"));
    auto* sheet = new QWidget(this);
    auto* form = new QFormLayout(sheet);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    for (const ui::SettingInfo& info : ui::Settings::table()) {
        if (*info.title == '\0')
            continue;
        auto* sentence
            = new QLabel(QCoreApplication::translate("ui::Settings", info.sentence), this);
        sentence->setWordWrap(true);
        ui::makeSubtle(sentence);
        QWidget* editor = makeEditor(info);
        editor->setObjectName(QLatin1String(info.name));
        editor->setAccessibleDescription(sentence->text());
        form->addRow(QCoreApplication::translate("ui::Settings", info.title), editor);
        form->addRow(QString(), sentence);
    }
    auto* scroll = new QScrollArea(this);
    scroll->setWidget(sheet);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    m_reset = buttons->addButton(tr("&Restore defaults"), QDialogButtonBox::ResetRole);
    m_undo = buttons->addButton(tr("&Undo restore"), QDialogButtonBox::ResetRole);
    m_reset->setObjectName(QStringLiteral("restoreDefaults"));
    m_undo->setObjectName(QStringLiteral("undoRestore"));
    // Enter in a field must never press one of these.
    m_reset->setAutoDefault(false);
    m_undo->setAutoDefault(false);
    m_undo->hide();
    buttons->button(QDialogButtonBox::Close)->setDefault(true);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(scroll, 1);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    connect(m_reset, &QPushButton::clicked, this, &PreferencesDialog::reset);
    connect(m_undo, &QPushButton::clicked, this, &PreferencesDialog::undoReset);
    connect(m_settings, &ui::Settings::changed, this, [this](ui::SettingKey key) {
        if (!m_isResetting && *ui::Settings::info(key).title != '\0')
            m_undo->hide(); // it would take back more than the reset
    });
    const int width = ui::ex(this) * 66;
    const QSize room = screen()->availableSize();
    resize(QSize(width,
        sheet->layout()->heightForWidth(width) + buttons->sizeHint().height() + 4 * ui::pad(this))
               .boundedTo(room * 9 / 10));
}

void PreferencesDialog::reset()
{
    m_before.clear();
    for (const ui::SettingInfo& info : ui::Settings::table()) {
        if (*info.title != '\0')
            m_before.emplace_back(info.key, m_settings->value(info.key));
    }
    m_isResetting = true;
    m_settings->resetAll();
    m_isResetting = false;
    m_undo->show();
}

void PreferencesDialog::undoReset()
{
    m_isResetting = true;
    for (const auto& [key, value] : m_before)
        m_settings->setValue(key, value);
    m_isResetting = false;
    m_undo->hide();
}

QStringList PreferencesDialog::choicesOf(const ui::SettingInfo& info) const
{
    QStringList choices = info.choices;
    if (info.key == ui::SettingKey::Device && !hasCard()
        && m_settings->value(info.key) != QLatin1String("cuda"))
        choices.removeAll(QStringLiteral("cuda"));
    return choices;
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
        for (const QString& choice : choicesOf(info))
            box->addItem(choice, choice);
        const int missing = box->findData(QStringLiteral("cuda"));
        if (key == ui::SettingKey::Device && missing >= 0 && !m_devices.isEmpty() && !hasCard())
            box->setItemText(missing, tr("cuda (not on this machine)"));
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
