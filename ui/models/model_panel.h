#pragma once

#include "ui/session/session.h"
#include "ui/session/settings.h"

#include <QWidget>

class QLabel;
class QPushButton;
class QStackedWidget;

namespace ui {

class HubDialog;
class ModelSummary;
class Opener;
class SelfCheckView;

/// The ways to get a model, the model that is open, and whether it computes what its files say: the
/// self-check starts by itself after each opening, in the background.
class ModelPanel : public QWidget {
    Q_OBJECT
public:
    ModelPanel(Session* session, Settings* settings, Opener* opener, QWidget* parent = nullptr);

    void chooseFolder();
    void chooseFile();

private:
    QWidget* makeSources();
    QWidget* makeOpenModel();
    void refresh();
    void startSelfCheck();
    void download();

    Session* m_session;
    Settings* m_settings;
    Opener* m_opener;
    QPushButton* m_builtin;
    QPushButton* m_otherwise;
    QLabel* m_title;
    QStackedWidget* m_stack;
    ModelSummary* m_summary;
    SelfCheckView* m_check;
    HubDialog* m_hub = nullptr; ///< Made when it is first asked for; downloads go on while hidden.
    bool m_isCheckAnswered = false;
};

} // namespace ui
