#include "ui/models/comparison/comparison_dialog.h"

#include "ui/models/comparison/comparison_figure_model.h"
#include "ui/models/comparison/matched_feature_model.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/notice.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScreen>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr QLatin1String kCompareTag = kTag<core::CompareDictionariesRequest>;

/// What of a dictionary's features is listed.
enum class MatchFilter : std::uint8_t { OnlyHere, Matched, Same, All };

bool passes(const core::MatchedFeature& match, MatchFilter filter)
{
    switch (filter) {
    case MatchFilter::OnlyHere:
        return !match.matches();
    case MatchFilter::Matched:
        return match.matches();
    case MatchFilter::Same:
        return match.cosine >= core::kFeaturesSameFrom;
    case MatchFilter::All:
        break;
    }
    return true;
}

} // namespace

ComparisonDialog::ComparisonDialog(Session* session, Selection* selection, std::string left,
    std::string right, const QString& text, QWidget* parent)
    : QDialog(parent)
    , m_session(session)
    , m_selection(selection)
    , m_left(std::move(left))
    , m_right(std::move(right))
    , m_figures(new ComparisonFigureModel(this))
    , m_matches(new MatchedFeatureModel(this))
    , m_figureTable(new QTableView(this))
    , m_summary(new QLabel(this))
    , m_notice(new Notice(this))
{
    setWindowTitle(tr("Compare dictionaries"));
    setObjectName(QStringLiteral("compareDictionaries"));
    setAttribute(Qt::WA_DeleteOnClose);
    m_summary->setObjectName(QStringLiteral("comparisonSummary"));
    m_summary->setWordWrap(true);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_figureTable->setObjectName(QStringLiteral("comparisonFigures"));
    m_figureTable->setAccessibleName(tr("Figures of both dictionaries"));
    setUpTable(m_figureTable, m_figures);
    m_figureTable->setSelectionMode(QAbstractItemView::SingleSelection);
    addCopyAction(m_figureTable);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(gap(this));
    layout->addWidget(m_summary);
    layout->addWidget(m_figureTable, 1);
    layout->addWidget(makeText(text));
    layout->addWidget(m_notice);
    layout->addWidget(makeFeatures(), 1);
    layout->addWidget(buttons);
    resize(QSize(ex(this) * 130, em(this) * 50).boundedTo(screen()->availableSize() * 0.9));
    connect(session, &Session::busyChanged, this, &ComparisonDialog::updateButtons);
    connect(session, &Session::modelOpened, this, &QDialog::reject);
    m_figureTable->hide();
    compare(false);
}

ComparisonDialog::~ComparisonDialog()
{
    if (m_session->isBusy(kCompareTag))
        m_session->cancel(kCompareTag);
}

QWidget* ComparisonDialog::makeText(const QString& text)
{
    auto* box = new QWidget(this);
    auto* title = new QLabel(tr("Measure both on a te&xt of yours"), box);
    m_text = new QPlainTextEdit(text, box);
    m_text->setObjectName(QStringLiteral("comparisonText"));
    m_text->setAccessibleName(tr("Text to measure both dictionaries on"));
    m_text->setTabChangesFocus(true);
    m_text->setPlaceholderText(
        tr("Paste a text of the kind you care about: it shows how good each is, and how often its "
           "features fire"));
    m_text->setFixedHeight(em(this) * 2 + 2 * pad(this));
    title->setBuddy(m_text);
    m_measure = new QPushButton(box);
    m_measure->setObjectName(QStringLiteral("comparisonMeasure"));
    m_measure->setAutoDefault(false);
    m_progress = new JobProgress(tr("Comparison progress"), box);
    m_progress->follow(m_session, kCompareTag);
    auto* row = new QHBoxLayout;
    row->addWidget(m_text, 1);
    row->addWidget(m_measure, 0, Qt::AlignBottom);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(title);
    column->addLayout(row);
    column->addWidget(m_progress);
    connect(m_text, &QPlainTextEdit::textChanged, this, &ComparisonDialog::updateButtons);
    connect(m_measure, &QPushButton::clicked, this, [this] {
        if (m_session->isBusy(kCompareTag))
            m_session->cancel(kCompareTag);
        else
            compare(true);
    });
    return box;
}

QWidget* ComparisonDialog::makeFeatures()
{
    auto* box = new QWidget(this);
    m_side = new QComboBox(box);
    m_side->setObjectName(QStringLiteral("comparisonSide"));
    m_side->setAccessibleName(tr("Whose features are listed"));
    m_side->addItem(tr("Features of A"));
    m_side->addItem(tr("Features of B"));
    m_filter = new QComboBox(box);
    m_filter->setObjectName(QStringLiteral("comparisonFilter"));
    m_filter->setAccessibleName(tr("Which features are listed"));
    m_filter->addItem(tr("only in this one (cosine below 0.7)")); // in the order of MatchFilter
    m_filter->addItem(tr("also in the other (0.7 or more)"));
    m_filter->addItem(tr("nearly the same (0.9 or more)"));
    m_filter->addItem(tr("all"));
    m_count = new QLabel(box);
    m_count->setObjectName(QStringLiteral("comparisonCount"));
    makeSubtle(m_count);
    m_matchTable = new QTableView(box);
    m_matchTable->setObjectName(QStringLiteral("comparisonFeatures"));
    m_matchTable->setAccessibleName(tr("Features with the most alike of the other dictionary"));
    setUpTable(m_matchTable, m_matches);
    m_matchTable->setSelectionMode(QAbstractItemView::SingleSelection);
    QHeaderView* header = m_matchTable->horizontalHeader();
    header->setSectionsClickable(true);
    header->setSortIndicatorShown(true);
    header->setSortIndicator(MatchedFeatureModel::Cosine, Qt::AscendingOrder);
    constexpr int kRowsMeasured = 50; // for the widths of the columns; there may be 100,000
    header->setResizeContentsPrecision(kRowsMeasured);
    header->setSectionResizeMode(MatchedFeatureModel::Label, QHeaderView::Stretch);
    addCopyAction(m_matchTable);
    auto* row = new QHBoxLayout;
    row->addWidget(m_side);
    row->addWidget(m_filter);
    row->addWidget(m_count, 1);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(row);
    column->addWidget(m_matchTable, 1);
    for (QComboBox* choice : {m_side, m_filter})
        connect(choice, &QComboBox::currentIndexChanged, this, &ComparisonDialog::showFeatures);
    connect(header, &QHeaderView::sortIndicatorChanged, this, &ComparisonDialog::showFeatures);
    connect(m_matchTable->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& index) { choose(index.row()); });
    return box;
}

void ComparisonDialog::compare(bool isMeasuring)
{
    core::CompareDictionariesRequest request;
    request.left = m_left;
    request.right = m_right;
    if (isMeasuring)
        request.text = m_text->toPlainText().toStdString();
    m_notice->say(Notice::Kind::Info, {});
    if (!m_comparison)
        m_summary->setText(
            tr("Comparing %1 (A) with %2 (B) …").arg(toQString(m_left), toQString(m_right)));
    m_session->ask(
        this, request,
        [this](const Shared<core::DictionaryComparison>& answer) { showAnswer(answer); },
        [this](const core::Error& error) {
            m_notice->say(Notice::Kind::Warning, toQString(error.message));
            if (!m_comparison)
                m_summary->setText(
                    tr("%1 and %2 were not compared.").arg(toQString(m_left), toQString(m_right)));
        });
    updateButtons();
}

void ComparisonDialog::showAnswer(const Shared<core::DictionaryComparison>& answer)
{
    m_comparison = answer;
    QString said = tr("%1 pairs are each other's most alike, with a cosine of 0.7 or more.")
                       .arg(formatCount(answer->mutual));
    if (answer->densityDifference)
        said += QLatin1Char(' ')
            + tr("Of such a pair one fires %1 times as often as the other (median).")
                  .arg(formatNumber(std::pow(10.0, *answer->densityDifference)));
    m_summary->setText(said);
    m_figures->setComparison(*answer);
    m_figureTable->setVisible(true);
    fitColumnsToText(m_figureTable);
    // All of them where there is room; with large text or on a small screen they are scrolled.
    constexpr int kRowsAtLeast = 4;
    fitHeightToRows(m_figureTable, kRowsAtLeast);
    const int least = m_figureTable->height();
    fitHeightToRows(m_figureTable, m_figures->rowCount());
    m_figureTable->setMinimumHeight(least);
    QStringList notes;
    if (!answer->note.empty())
        notes << toQString(answer->note);
    bool isWarned = false;
    for (const core::ComparedDictionary* one : {&answer->left, &answer->right})
        if (one->quality && !one->quality->warning.empty()) {
            isWarned = true;
            notes << QStringLiteral("%1: %2").arg(
                toQString(one->name), toQString(one->quality->warning));
        }
    m_notice->say(
        isWarned ? Notice::Kind::Warning : Notice::Kind::Info, notes.join(QLatin1Char('\n')));
    // Where nothing is only here, what is shared is of interest.
    if (answer->left.alone == 0 && m_filter->currentIndex() == 0)
        m_filter->setCurrentIndex(static_cast<int>(MatchFilter::All));
    showFeatures();
}

const core::ComparedDictionary* ComparisonDialog::side() const
{
    if (!m_comparison)
        return nullptr;
    return m_side->currentIndex() == 0 ? &m_comparison->left : &m_comparison->right;
}

void ComparisonDialog::showFeatures()
{
    const core::ComparedDictionary* shown = side();
    if (!shown)
        return;
    const auto filter = static_cast<MatchFilter>(m_filter->currentIndex());
    std::vector<core::MatchedFeature> rows;
    std::copy_if(shown->matches.begin(), shown->matches.end(), std::back_inserter(rows),
        [&](const core::MatchedFeature& match) { return passes(match, filter); });
    const QHeaderView* header = m_matchTable->horizontalHeader();
    sortMatches(rows, static_cast<MatchedFeatureModel::Column>(header->sortIndicatorSection()),
        header->sortIndicatorOrder() == Qt::DescendingOrder);
    m_count->setText(tr("%1 of %2 features")
                         .arg(formatCount(static_cast<std::int64_t>(rows.size())),
                             formatCount(shown->features)));
    m_matches->setRows(std::move(rows));
    fitColumnsToText(m_matchTable);
}

void ComparisonDialog::choose(int row)
{
    const core::MatchedFeature* match = m_matches->at(row);
    if (match && side()->isOpen)
        m_selection->setFeature({side()->name, core::FeatureId(match->feature)});
}

void ComparisonDialog::updateButtons()
{
    const bool isRunning = m_session->isBusy(kCompareTag);
    m_measure->setText(isRunning ? tr("&Stop") : tr("&Measure both"));
    m_measure->setIcon(icon(isRunning ? Icon::Stop : Icon::Play));
    m_measure->setToolTip(isRunning ? tr("Stop; what is shown stays")
                                    : tr("L0, FVU, loss recovered and densities of both"));
    m_measure->setEnabled(isRunning || !m_text->document()->isEmpty());
}

} // namespace ui
