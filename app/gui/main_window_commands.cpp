// What the menus of the window start: the palette, the preferences, the sheet of shortcuts, zoom.
#include "main_window.h"

#include "command_palette.h"
#include "core/api/devices.h"
#include "core/api/feature_rows.h"
#include "core/api/list_features.h"
#include "preferences_dialog.h"
#include "shortcut_sheet.h"
#include "ui/features/features_page.h"
#include "ui/shared/message_bar.h"
#include "ui/start/glossary_dialog.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QAction>
#include <QApplication>
#include <QMenu>
#include <QRegularExpression>

namespace app {

namespace {

constexpr double kZoomStep = 0.1;
constexpr int kFeaturesFound = 12;
constexpr QLatin1String kFoundTag("palette list"), kFoundRowsTag("palette rows");

/// The window's only dialog of this kind, in front; made of `arguments` where there is none yet.
template <typename Dialog, typename... Arguments>
Dialog* showOne(QWidget* window, Arguments&&... arguments)
{
    auto* dialog = window->findChild<Dialog*>();
    if (!dialog) {
        dialog = new Dialog(std::forward<Arguments>(arguments)..., window);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
    }
    dialog->show();
    dialog->raise();
    dialog->activateWindow();
    return dialog;
}

} // namespace

void MainWindow::showPreferences()
{
    showOne<PreferencesDialog>(this, m_settings, m_devices);
}

void MainWindow::showShortcuts()
{
    showOne<ShortcutSheet>(this, *this);
}

void MainWindow::showGlossary()
{
    const QWidget* control = QApplication::focusWidget();
    auto* dialog = showOne<ui::GlossaryDialog>(this);
    if (control && !dialog->isAncestorOf(control))
        dialog->explain(control->accessibleName() + QLatin1Char(' ') + control->toolTip());
}

void MainWindow::addZoom(QMenu* view)
{
    const auto scale = [this] { return m_settings->value(ui::SettingKey::FontScale).toDouble(); };
    QAction* larger = addCommand(
        tr("Text &larger"), QKeySequence::ZoomIn, [this, scale] { zoomTo(scale() + kZoomStep); });
    // Without Shift too, where plus stands above equals.
    larger->setShortcuts(
        {QKeySequence(Qt::CTRL | Qt::Key_Plus), QKeySequence(Qt::CTRL | Qt::Key_Equal)});
    QAction* smaller = addCommand(tr("Text &smaller"), QKeySequence(Qt::CTRL | Qt::Key_Minus),
        [this, scale] { zoomTo(scale() - kZoomStep); });
    QAction* usual = addCommand(
        tr("Text at its &usual size"), QKeySequence(Qt::CTRL | Qt::Key_0), [this] { zoomTo(1.0); });
    view->addActions({larger, smaller, usual});
}

void MainWindow::zoomTo(double scale)
{
    const ui::SettingInfo& info = ui::Settings::info(ui::SettingKey::FontScale);
    m_settings->setValue(ui::SettingKey::FontScale,
        std::clamp(std::round(scale / kZoomStep) * kZoomStep, info.low, info.high));
}

void MainWindow::askNewWindow()
{
    QStringList arguments;
    const QString path = ui::toQString(m_session->openedAs().path);
    if (m_session->hasModel() && path != QLatin1String("builtin"))
        arguments << path;
    Q_EMIT newWindowRequested(arguments);
}

void MainWindow::followDevices()
{
    connect(m_session, &ui::Session::engineAttached, this, [this] {
        m_session->ask(
            this, QLatin1String(), core::DevicesRequest{},
            [this](const ui::Shared<std::vector<std::string>>& devices) {
                m_devices.clear();
                for (const std::string& device : *devices)
                    m_devices << ui::toQString(device);
            },
            // An engine that cannot say offers what every machine has.
            [](const core::Error&) {});
    });
    connect(m_session, &ui::Session::modelOpened, this, [this] {
        const std::string& note = m_session->state().model.deviceNote;
        if (note.empty())
            m_banner->clear();
        else
            m_banner->showMessage(ui::MessageBar::Kind::Warning,
                tr("%1 The device is chosen in Edit > Preferences.").arg(ui::toQString(note)));
    });
}

void MainWindow::openPalette()
{
    std::vector<CommandPalette::Entry> fixed;
    for (QAction* action : m_commands) {
        if (!action->isEnabled())
            continue;
        QString text = action->text();
        text.remove(QLatin1Char('&'));
        fixed.push_back({text, action->shortcut().toString(QKeySequence::NativeText),
            [action] { action->trigger(); }});
    }
    for (const core::DictionaryInfo& info : m_session->state().dictionaries) {
        fixed.push_back({tr("Dictionary %1").arg(ui::toQString(info.name)), tr("choose"),
            [this, name = info.name] { m_selection.setDictionary(name); }});
    }
    const auto suggest = [this](const QString& typed) {
        std::vector<CommandPalette::Entry> entries;
        entries.push_back({tr("Find features about “%1”").arg(typed), tr("concept"), [this, typed] {
                               showPage(Page::Features);
                               m_features->search(typed);
                           }});
        // "saes/layer_2 / 1234", "layer_2 1234" or a number alone, of the chosen dictionary.
        static const QRegularExpression kFeature(QStringLiteral("^(.*?)[\\s/]*(\\d+)$"));
        const QRegularExpressionMatch match = kFeature.match(typed);
        if (!match.hasMatch())
            return entries;
        const QString place = match.captured(1).trimmed();
        const int number = match.captured(2).toInt();
        for (const core::DictionaryInfo& info : m_session->state().dictionaries) {
            const QString name = ui::toQString(info.name);
            const bool isMeant = place.isEmpty()
                ? m_selection.dictionary().empty() || info.name == m_selection.dictionary()
                : name.contains(place, Qt::CaseInsensitive);
            if (isMeant && number < info.d_sae)
                entries.push_back({QStringLiteral("%1 / %2").arg(name).arg(number), tr("feature"),
                    [this, info, number] {
                        m_selection.setFeature({info.name, core::FeatureId(number)});
                    }});
        }
        return entries;
    };
    auto* palette = new CommandPalette(std::move(fixed), suggest, this);
    palette->setAttribute(Qt::WA_DeleteOnClose);
    connect(palette, &CommandPalette::typed, this,
        [this, palette](const QString& typed) { findForPalette(palette, typed); });
    palette->show();
}

void MainWindow::findForPalette(CommandPalette* palette, const QString& typed)
{
    if (!m_session->hasModel())
        return;
    core::FeatureQuery query;
    query.text = typed.toStdString();
    query.limit = kFeaturesFound;
    const auto nothing = [](const core::Error&) {}; // the commands are there all the same
    m_session->ask(
        palette, kFoundTag, query,
        [this, palette, typed, nothing](const ui::Shared<core::FeatureList>& list) {
            core::FeatureRowsRequest rows;
            rows.features = list->features.slice(0, kFeaturesFound);
            m_session->ask(
                palette, kFoundRowsTag, rows,
                [this, palette, typed](const ui::Shared<std::vector<core::FeatureRow>>& found) {
                    std::vector<CommandPalette::Entry> entries;
                    for (const core::FeatureRow& row : *found)
                        entries.push_back({ui::featureTitle(row),
                            QStringLiteral("%1 / %2")
                                .arg(ui::toQString(row.feature.dictionary))
                                .arg(row.feature.feature.value),
                            [this, feature = row.feature] {
                                showPage(Page::Features);
                                m_selection.setFeature(feature);
                            }});
                    palette->addFound(typed, std::move(entries));
                },
                nothing);
        },
        nothing);
}

} // namespace app
