#pragma once

#include "core/api/compare_features.h"
#include "core/api/feature_card.h"
#include "ui/session/session.h"

#include <QDialog>

class QGridLayout;
class QLabel;

namespace ui {

class ExampleList;
class HistogramChart;
class LogitHistogramChart;
class Settings;

/// Two features side by side: label, statistics, promoted and suppressed tokens, histograms,
/// examples; and how alike they are in what they read, what they write and where they fire.
class CompareFeatures : public QDialog {
    Q_OBJECT
public:
    CompareFeatures(Session* session, Settings* settings, const core::FeatureRef& left,
        const core::FeatureRef& right, QWidget* parent = nullptr);

    QString toText() const; ///< As a table, parted by tabs.

private:
    static constexpr int kRows = 8;

    void makeTexts(QWidget* content);
    void makePictures(QWidget* content);
    void ask(int side, const core::FeatureRef& feature);
    void showCard(int side, const Shared<core::FeatureCard>& card);
    void showLikeness();

    Session* m_session;
    QGridLayout* m_grid;
    QLabel* m_likenessText;
    Shared<core::FeatureLikeness> m_likeness;
    Shared<core::FeatureCard> m_cards[2];
    QLabel* m_cells[2][kRows]{};
    HistogramChart* m_histograms[2]{};
    LogitHistogramChart* m_logits[2]{};
    ExampleList* m_examples[2]{};
};

} // namespace ui
