#pragma once

#include "ui/models/opener.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"
#include "ui/session/settings.h"

#include <QStringList>
#include <QWidget>

namespace ui {

class DictionaryPanel;
class MessageBar;
class ModelPanel;
class QualityPanel;

/// Open a model and its dictionaries, and know how far to trust them: costs before loading, the
/// self-check after it, dictionaries with their quality on one's own text, and the harvest.
class ModelsPage : public QWidget {
    Q_OBJECT
public:
    ModelsPage(
        Session* session, Selection* selection, Settings* settings, QWidget* parent = nullptr);

    /// A model folder, a dictionary, or "builtin".
    void open(const QString& path, Opener::Ask ask);
    void chooseModelFolder();
    void chooseModelFile();
    void chooseDictionaries();
    Opener* opener() const { return m_opener; }
    QualityPanel* quality() const { return m_quality; }

private:
    Opener* m_opener;
    MessageBar* m_messages;
    ModelPanel* m_model;
    DictionaryPanel* m_dictionaries;
    QualityPanel* m_quality;
};

} // namespace ui
