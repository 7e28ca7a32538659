#include "ui/circuit/circuit_swap.h"

#include "ui/circuit/circuit_document.h"
#include "ui/circuit/token_change_model.h"
#include "ui/circuit/token_change_table.h"
#include "ui/circuit/translated.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <utility>

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int kNamesInSentence = 2;
constexpr int kShownTokens = 3; // of each run

/// The labels of the strongest features, each once; how many features there are when none has a
/// label.
QString namesOf(const std::vector<core::FeatureRow>& rows)
{
    QStringList names;
    for (const core::FeatureRow& row : rows)
        if (const QString label = labelText(row); !label.isEmpty() && !names.contains(label))
            names << label;
    const QString count
        = rows.size() == 1 ? translated("1 feature") : translated("%n features", countOf(rows));
    if (names.isEmpty())
        return count;
    const bool isCut = names.size() > kNamesInSentence;
    const QString list = names.mid(0, kNamesInSentence).join(QStringLiteral(", "))
        + (isCut ? QStringLiteral(" …") : QString());
    //: %1 is a list of labels, %2 "12 features"
    return translated("%1 (%2)").arg(list, count);
}

QString answer(const std::vector<core::NextToken>& next)
{
    return next.empty() ? QStringLiteral("–")
                        : QStringLiteral("“%1” %2").arg(visibleToken(next.front().text),
                            probabilityText(next.front().probability));
}

} // namespace

QString swapSentence(const core::SwapResult& result)
{
    //: %1 and %2 are features, %3 and %4 tokens with probabilities
    const QString sentence = translated("Off: %1. On: %2. The answer: %3 → %4.")
                                 .arg(namesOf(result.removed), namesOf(result.inserted),
                                     answer(result.before), answer(result.after));
    return sentence + QLatin1Char(' ')
        + (result.isSwapped ? translated("Swapped: the model now says the donor's word.")
                            : translated("Not swapped: the donor's word would be %1.")
                                  .arg(answer(result.donor)));
}

CircuitSwap::CircuitSwap(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_donor(new QLineEdit(this))
    , m_run(new QPushButton(icon(Icon::Swap), tr("S&wap"), this))
    , m_sentence(new QLabel(this))
    , m_tokens(
          new TokenChangeTable("swapTokens", tr("Next tokens before and after the swap"), this))
    , m_features(new QListWidget(this))
{
    m_donor->setObjectName(QStringLiteral("donorText"));
    m_donor->setText(QStringLiteral("The capital of the state containing Oakland is"));
    m_donor->setCursorPosition(0);
    m_donor->setAccessibleName(tr("Donor prompt"));
    m_donor->setPlaceholderText(tr("The same sentence about something else"));
    m_donor->setToolTip(tr("The prompt above with another name in it: its features are put in the "
                           "place of the prompt's own"));
    m_run->setObjectName(QStringLiteral("swapButton"));
    m_run->setToolTip(tr("Turn the prompt's features off and the donor's on, and read the answer"));
    m_sentence->setObjectName(QStringLiteral("swapSentence"));
    m_sentence->setWordWrap(true);
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_sentence->setText(tr("Puts the features of a second prompt into the first: if they carry the "
                           "meaning, the answer changes."));
    m_features->setObjectName(QStringLiteral("swapFeatures"));
    m_features->setAccessibleName(tr("Features turned off and on"));
    m_features->hide();
    auto* copyAction = new QAction(icon(Icon::Copy), tr("Copy the result"), this);
    m_features->addAction(copyAction);
    m_tokens->addAction(copyAction);
    m_features->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_tokens->setContextMenuPolicy(Qt::ActionsContextMenu);
    auto* row = new QHBoxLayout;
    row->addWidget(m_donor, 1);
    row->addWidget(m_run);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(gap(this), gap(this), gap(this), gap(this));
    layout->setSpacing(gap(this));
    layout->addLayout(row);
    layout->addWidget(m_sentence);
    layout->addWidget(m_tokens);
    layout->addWidget(m_features, 1);
    layout->addStretch(0);
    const auto run = [this] { swap(m_donor->text()); };
    connect(m_donor, &QLineEdit::textChanged, document, &CircuitDocument::setDonor);
    connect(document, &CircuitDocument::restored, this,
        [this, document] { m_donor->setText(document->donor()); });
    connect(m_donor, &QLineEdit::returnPressed, this, run);
    connect(m_run, &QPushButton::clicked, this, run);
    connect(copyAction, &QAction::triggered, this,
        [this] { QGuiApplication::clipboard()->setText(toText()); });
    const auto choose = [this](QListWidgetItem* item) { chooseFeature(m_features->row(item)); };
    connect(m_features, &QListWidget::itemClicked, this, choose);
    connect(m_features, &QListWidget::itemActivated, this, choose);
    connect(document, &CircuitDocument::statusChanged, this, [this] {
        const bool isBusy = m_document->session()->isBusy(kTag<core::SwapRequest>);
        m_run->setEnabled(!isBusy);
        m_run->setText(isBusy ? tr("Swapping …") : tr("S&wap"));
    });
    document->setDonor(m_donor->text());
}

void CircuitSwap::chooseFeature(int row)
{
    const auto index = static_cast<std::size_t>(row);
    const std::size_t removed = m_result->removed.size();
    m_document->selection()->setFeature(
        (index < removed ? m_result->removed[index] : m_result->inserted[index - removed]).feature);
}

void CircuitSwap::swap(const QString& donor)
{
    m_document->tell({});
    if (donor != m_donor->text()) {
        m_donor->setText(donor);
        m_donor->setCursorPosition(0); // the beginning says which prompt it is
    }
    core::SwapRequest request;
    request.prompt = m_document->prompt().toStdString();
    request.donor = donor.toStdString();
    request.dictionaries = m_document->traceRequest({}).dictionaries;
    m_document->session()->ask(this, std::move(request),
        [this](const Shared<core::SwapResult>& result) { showResult(result); });
}

void CircuitSwap::showResult(std::shared_ptr<const core::SwapResult> result)
{
    m_result = std::move(result);
    m_sentence->setText(swapSentence(*m_result));
    m_tokens->showRuns({tr("Before"), tr("After"), tr("Donor")},
        {m_result->before, m_result->after, m_result->donor}, kShownTokens);
    m_features->clear();
    const auto add = [this](const core::FeatureRow& row, const QString& what) {
        auto* item = new QListWidgetItem(
            what.arg(featureTitle(row), featureName(row.feature, row.layer)), m_features);
        item->setToolTip(tr("Show this feature's card"));
    };
    for (const core::FeatureRow& row : m_result->removed)
        add(row, tr("− off: %1  (%2)"));
    for (const core::FeatureRow& row : m_result->inserted)
        add(row, tr("+ on: %1  (%2)"));
    m_features->show();
    Q_EMIT shown();
}

QString CircuitSwap::toText() const
{
    if (!m_result)
        return {};
    QStringList lines{toQString(m_result->request.prompt), toQString(m_result->request.donor),
        swapSentence(*m_result), m_tokens->toText()};
    for (int i = 0; i < m_features->count(); ++i)
        lines << m_features->item(i)->text();
    return lines.join(QLatin1Char('\n'));
}

} // namespace ui
