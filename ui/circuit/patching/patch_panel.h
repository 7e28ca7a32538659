#pragma once

#include "core/api/session.h"
#include "core/base/ids.h"
#include "core/base/result.h"
#include "ui/circuit/patching/patch_maps.h"
#include "ui/session/session.h"

#include <optional>
#include <vector>

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QStackedLayout;
class QTabBar;
class QTabWidget;
class QToolButton;

namespace ui {

class CircuitDocument;
class EmptyState;
class MessageBar;
class Notice;
class PatchForm;
class PatchedFeatureList;
class ScatterPlot;
class SignedHeatMap;

/// Which places carry the difference between a clean and a corrupt prompt:
/// activation patching and its first-order estimate as heat maps, side by side
/// with how far the estimate can be trusted, and, for features, as a table. A
/// result can be kept to compare later ones with it.
class PatchPanel : public QWidget {
    Q_OBJECT
public:
    explicit PatchPanel(CircuitDocument* document, QWidget* parent = nullptr);

    void setPrompts(const QString& clean, const QString& corrupt);
    void run(); ///< As if the button was pressed.
    /// Prompts of a graph may be filled in: a person wrote none, and nothing was patched.
    bool takesPrompts() const;
    void save(core::SavedSession& session) const;
    void restore(const core::SavedSession& session);
    bool hasResult() const { return m_result != nullptr; }
    /// The map that is shown, by the ending of `path` (.png, .svg, .csv), in
    /// colours for paper.
    core::Result<void> saveMap(const QString& path) const;

Q_SIGNALS:
    /// The graph of this prompt is wanted; cellChosen follows at once when a cell
    /// is chosen.
    void traceRequested(const QString& prompt);
    /// A cell of a map or an error term was chosen; of the map of heads the
    /// position is none.
    void cellChosen(core::Layer layer, core::Position position);
    void resultShown();
    void changed(); ///< Something that save() writes.

private:
    struct Cell {
        core::Layer layer;
        core::Position position;
    };

    QWidget* makeResults();
    QWidget* makeTools();
    QWidget* makeSide();
    void connectDocument();
    void receive(const Shared<core::PatchResult>& result);
    void clear(); ///< Another model: nothing here belongs to it.
    void keep();
    const core::PatchMap* currentMap() const;
    PatchView view() const;
    void updateValues(); ///< Which of exact, approximate and difference there are.
    void updateMap();
    void updateScatter();
    void updateSummary();
    void updateNote();
    void updateButtons();
    void chooseCell(int row, int column);
    void choosePoint(int point);
    void chooseFeature(const core::PatchedFeature& feature);
    void followSelection();
    void showInGraph(bool isCorrupt);
    void saveMapAs();

    CircuitDocument* m_document;
    Shared<core::PatchResult> m_result, m_kept;
    std::optional<core::SavedStep> m_step; ///< The newest result, or that of the saved session.
    std::optional<Cell> m_cell;
    bool m_pointsAreFeatures = false;
    std::vector<int> m_points; ///< The cell (or feature row) of each point of the scatter.

    MessageBar* m_messages;
    PatchForm* m_form;
    QStackedLayout* m_stack;
    EmptyState* m_empty;
    QLabel* m_summary;
    Notice* m_note;
    QTabBar* m_sites;
    QComboBox* m_values;
    QCheckBox* m_share;
    QCheckBox* m_minusKept;
    QPushButton* m_keep;
    QToolButton* m_show;
    SignedHeatMap* m_map;
    QTabWidget* m_side;
    PatchedFeatureList* m_features;
    ScatterPlot* m_scatter;
};

} // namespace ui
