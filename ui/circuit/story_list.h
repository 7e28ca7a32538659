#pragma once

#include "core/api/story.h"

#include <QWidget>

class QLabel;
class QListWidget;

namespace ui {

struct Subgraph;

/// What *Explain* says of a subgraph: a title, a sentence for each arrow, what was left out. Up and
/// down choose a sentence.
class StoryList : public QWidget {
    Q_OBJECT
public:
    explicit StoryList(QWidget* parent = nullptr);

    /// Hides itself where there is no story.
    void setStory(const core::Story& story, const Subgraph& graph);
    bool isEmpty() const;
    void choose(int line); ///< -1 = none. Emits nothing.

Q_SIGNALS:
    void lineChosen(int line); ///< By mouse or keyboard; -1 when cleared.

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QLabel* m_title;
    QListWidget* m_list; ///< A line each, then the summary.
};

} // namespace ui
