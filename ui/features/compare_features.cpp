#include "ui/features/compare_features.h"

#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int kComparedRows = 7;
constexpr std::size_t kComparedTokens = 8;

QString effectTokens(const std::vector<core::LogitEffect>& effects)
{
    QStringList tokens;
    for (std::size_t i = 0; i < std::min(effects.size(), kComparedTokens); ++i)
        tokens << QStringLiteral("%1 %2").arg(
            visibleToken(effects[i].text), formatNumber(static_cast<double>(effects[i].effect)));
    return tokens.join(QLatin1Char('\n'));
}

QString strongestExample(const core::FeatureCard& card)
{
    if (card.intervals.empty() || card.intervals.front().examples.empty())
        return {};
    QString text;
    for (const std::string& token : card.intervals.front().examples.front().tokens)
        text += toQString(token);
    return text.simplified();
}

} // namespace

CompareFeatures::CompareFeatures(
    Session* session, const core::FeatureRef& left, const core::FeatureRef& right, QWidget* parent)
    : QDialog(parent)
    , m_session(session)
    , m_grid(new QGridLayout)
    , m_cosine(new QLabel(this))
{
    setWindowTitle(tr("Compare features"));
    setObjectName(QStringLiteral("compareFeatures"));
    auto* layout = new QVBoxLayout(this);
    m_cosine->setObjectName(QStringLiteral("decoderCosine"));
    m_cosine->setWordWrap(true);
    layout->addWidget(m_cosine);
    layout->addLayout(m_grid);
    layout->addStretch(1);
    const QStringList names{tr("Feature"), tr("Label"), tr("Density"), tr("Max activation"),
        tr("Promotes"), tr("Suppresses"), tr("Strongest example")};
    for (int row = 0; row < kComparedRows; ++row) {
        auto* name = new QLabel(names.at(row), this);
        makeSubtle(name);
        m_grid->addWidget(name, row, 0, Qt::AlignTop);
        for (int side = 0; side < 2; ++side) {
            auto* cell = new QLabel(QStringLiteral("…"), this);
            cell->setTextFormat(Qt::PlainText);
            cell->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
            cell->setWordWrap(true);
            cell->setAccessibleName(names.at(row));
            m_grid->addWidget(cell, row, side + 1, Qt::AlignTop);
            m_cells[side][row] = cell;
        }
    }
    m_grid->setColumnStretch(1, 1);
    m_grid->setColumnStretch(2, 1);
    m_grid->setHorizontalSpacing(pad(this));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
    resize(ex(this) * 100, em(this) * 34);
    ask(0, left);
    ask(1, right);
}

void CompareFeatures::ask(int side, const core::FeatureRef& feature)
{
    m_session->ask(
        this, QLatin1String(), core::FeatureCardRequest{feature},
        [this, side](const Shared<core::FeatureCard>& card) { show(side, card); },
        [this](const core::Error& error) { m_cosine->setText(toQString(error.message)); });
}

void CompareFeatures::show(int side, const Shared<core::FeatureCard>& card)
{
    m_cards[side] = card;
    const core::FeatureRow& row = card->row;
    const QStringList texts{
        featureInDictionary(row.feature, row.layer, m_session->state().dictionaries),
        labelText(row), formatPercent(row.density),
        formatNumber(static_cast<double>(row.maxActivation)), effectTokens(card->positiveLogits),
        effectTokens(card->negativeLogits), strongestExample(*card)};
    for (int i = 0; i < kComparedRows; ++i)
        m_cells[side][i]->setText(texts.at(i).isEmpty() ? QStringLiteral("–") : texts.at(i));
    showCosine();
}

void CompareFeatures::showCosine()
{
    if (!m_cards[0] || !m_cards[1])
        return;
    for (int side = 0; side < 2; ++side)
        for (const core::NearFeature& near : m_cards[side]->nearest)
            if (near.feature == m_cards[1 - side]->row.feature)
                return m_cosine->setText(tr("Cosine of their decoder directions: %1")
                                             .arg(formatNumber(static_cast<double>(near.cosine))));
    const bool isOne = m_cards[0]->row.feature.dictionary == m_cards[1]->row.feature.dictionary;
    m_cosine->setText(isOne
            ? tr("Neither is among the other's nearest features, so their decoder directions are "
                 "less alike than those listed on the cards.")
            : tr("They are of different dictionaries: cosines are kept within one dictionary."));
}

QString CompareFeatures::toText() const
{
    QString text;
    for (int row = 0; row < kComparedRows; ++row)
        text += m_cells[0][row]->accessibleName() + QLatin1Char('\t') + m_cells[0][row]->text()
            + QLatin1Char('\t') + m_cells[1][row]->text() + QLatin1Char('\n');
    return text + m_cosine->text() + QLatin1Char('\n');
}

} // namespace ui
