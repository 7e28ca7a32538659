#pragma once

#include "ui/models/hub/file_selection.h"

#include <QWidget>

class QButtonGroup;
class QLineEdit;
class QPushButton;

namespace ui {

/// The fields that say what to get: kind, repository, revision, and which of its files.
class HubQuestion : public QWidget {
    Q_OBJECT
public:
    explicit HubQuestion(QWidget* parent = nullptr);

    HubKind kind() const;
    void setKind(HubKind kind);
    QString patterns() const;
    /// What the fields name together. The parts of a pasted page address move to their own fields.
    HubResult<HubAddress> address();
    void setRepository(const QString& name);
    /// All fields at once; the revision is the main one.
    void fill(HubKind kind, const QString& repository, const QString& patterns);

Q_SIGNALS:
    void listAsked();
    void narrowed(); ///< Another kind or other patterns.

private:
    void suggestReleases(); ///< Of the kind that is chosen.
    void askIfNamed();

    QButtonGroup* m_kind;
    QLineEdit* m_name;
    QLineEdit* m_revision;
    QLineEdit* m_patterns;
    QPushButton* m_list;
};

} // namespace ui
