#pragma once

#include "core/api/patch.h"
#include "ui/session/session.h"

#include <vector>

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QPushButton;

namespace ui {

class CircuitDocument;

/// What to patch: two prompts, the metric, the places, the direction and the method; runs it and
/// shows how far it is.
class PatchForm : public QWidget {
    Q_OBJECT
public:
    explicit PatchForm(CircuitDocument* document, QWidget* parent = nullptr);

    void setPrompts(const QString& clean, const QString& corrupt);
    core::PatchRequest request() const; ///< As the fields say now.
    void setRequest(const core::PatchRequest& request); ///< Not undone.
    /// A person wrote prompts here, or they were restored: no others are to be filled in.
    bool hasOwnPrompts() const { return m_hasOwnPrompts; }
    /// Would `made` come out of the fields as they are now? The order of the places does not count.
    bool asksFor(const core::PatchRequest& made) const;
    /// The tokens that stood for empty metric fields, in grey; empty clears them.
    void showMetric(const QString& answer, const QString& other);
    void run();

Q_SIGNALS:
    void edited();
    void started();
    void patched(ui::Shared<core::PatchResult> result);

private:
    QWidget* makePrompts();
    QWidget* makeOptions();
    QString problem() const; ///< Why it cannot run; empty when it can.
    void updateButtons();
    void remember(int control); ///< What was set since the last time, on the undo stack.
    void apply(const core::PatchRequest& request);

    struct Site {
        core::PatchSite site;
        QCheckBox* box;
    };

    Session* m_session;
    QLineEdit* m_clean;
    QLineEdit* m_corrupt;
    QPushButton* m_run;
    QLineEdit* m_answer;
    QLineEdit* m_other;
    std::vector<Site> m_sites;
    QComboBox* m_direction;
    QComboBox* m_method;
    core::PatchRequest m_before; ///< As undo knows it.
    bool m_isApplying = false, m_hasOwnPrompts = false;
};

} // namespace ui
