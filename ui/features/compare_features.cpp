#include "ui/features/compare_features.h"

#include "core/api/logit_histogram.h"
#include "ui/features/example_list.h"
#include "ui/features/histogram_chart.h"
#include "ui/features/logit_histogram_chart.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QClipboard>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr std::size_t kComparedTokens = 8;
constexpr QLatin1String kExampleTags[]
    = {QLatin1String("compared-examples-left"), QLatin1String("compared-examples-right")};

QString effectTokens(const std::vector<core::LogitEffect>& effects)
{
    QStringList tokens;
    for (std::size_t i = 0; i < std::min(effects.size(), kComparedTokens); ++i)
        tokens << QStringLiteral("%1 %2").arg(
            visibleToken(effects[i].text), formatNumber(static_cast<double>(effects[i].effect)));
    return tokens.join(QLatin1Char('\n'));
}

} // namespace

CompareFeatures::CompareFeatures(Session* session, Settings* settings, const core::FeatureRef& left,
    const core::FeatureRef& right, QWidget* parent)
    : QDialog(parent)
    , m_session(session)
    , m_grid(new QGridLayout)
    , m_likenessText(new QLabel(this))
{
    setWindowTitle(tr("Compare features"));
    setObjectName(QStringLiteral("compareFeatures"));
    auto* layout = new QVBoxLayout(this);
    m_likenessText->setObjectName(QStringLiteral("likeness"));
    m_likenessText->setTextInteractionFlags(
        Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_likenessText->setWordWrap(true);
    layout->addWidget(m_likenessText);
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    auto* content = new QWidget(scroll);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(m_grid);
    column->addStretch(1);
    makeTexts(content);
    for (int side = 0; side < 2; ++side)
        m_examples[side] = new ExampleList(session, settings, kExampleTags[side], content);
    makePictures(content);
    scroll->setWidget(content);
    layout->addWidget(scroll, 1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    QPushButton* copy = buttons->addButton(tr("&Copy as table"), QDialogButtonBox::ActionRole);
    copy->setAutoDefault(false);
    connect(copy, &QPushButton::clicked, this,
        [this] { QGuiApplication::clipboard()->setText(toText()); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
    const QSize room = screen()->availableSize() * 0.9;
    resize(QSize(ex(this) * 130, em(this) * 50).boundedTo(room));
    ask(0, left);
    ask(1, right);
    showLikeness();
    m_session->ask(
        this, QLatin1String(), core::CompareFeaturesRequest{left, right},
        [this](const Shared<core::FeatureLikeness>& likeness) {
            m_likeness = likeness;
            showLikeness();
        },
        [this](const core::Error& error) { m_likenessText->setText(toQString(error.message)); });
}

void CompareFeatures::makeTexts(QWidget* content)
{
    const QStringList names{tr("Feature"), tr("Label"), tr("Density"), tr("Mean activation"),
        tr("Max activation"), tr("Output score"), tr("Promotes"), tr("Suppresses")};
    for (int row = 0; row < kRows; ++row) {
        auto* name = new QLabel(names.at(row), content);
        makeSubtle(name);
        m_grid->addWidget(name, row, 0, Qt::AlignTop);
        for (int side = 0; side < 2; ++side) {
            auto* cell = new QLabel(QStringLiteral("…"), content);
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
    m_grid->setHorizontalSpacing(pad(this) * 2);
}

void CompareFeatures::makePictures(QWidget* content)
{
    const QStringList names{tr("Activations"), tr("Logits"), tr("Examples")};
    for (int row = 0; row < names.size(); ++row) {
        auto* name = new QLabel(names.at(row), content);
        makeSubtle(name);
        m_grid->addWidget(name, kRows + row, 0, Qt::AlignTop);
    }
    for (int side = 0; side < 2; ++side) {
        m_histograms[side] = new HistogramChart(content);
        m_histograms[side]->setFixedHeight(em(this) * 8);
        m_logits[side] = new LogitHistogramChart(content);
        m_grid->addWidget(m_histograms[side], kRows, side + 1);
        m_grid->addWidget(m_logits[side], kRows + 1, side + 1);
        m_grid->addWidget(m_examples[side], kRows + 2, side + 1, Qt::AlignTop);
    }
}

void CompareFeatures::ask(int side, const core::FeatureRef& feature)
{
    m_session->ask(
        this, QLatin1String(), core::FeatureCardRequest{feature},
        [this, side](const Shared<core::FeatureCard>& card) { showCard(side, card); },
        [this](const core::Error& error) { m_likenessText->setText(toQString(error.message)); });
    m_session->ask(
        this, QLatin1String(), core::LogitHistogramRequest{feature},
        [this, side](const Shared<core::LogitHistogram>& histogram) {
            m_logits[side]->setHistogram(*histogram);
        },
        [](const core::Error&) {}); // its place stays empty
}

void CompareFeatures::showCard(int side, const Shared<core::FeatureCard>& card)
{
    m_cards[side] = card;
    const core::FeatureRow& row = card->row;
    const QStringList texts{
        featureInDictionary(row.feature, row.layer, m_session->state().dictionaries),
        labelText(row), formatPercent(row.density),
        formatNumber(static_cast<double>(card->meanActivation)),
        formatNumber(static_cast<double>(row.maxActivation)), outputScoreText(row),
        effectTokens(card->positiveLogits), effectTokens(card->negativeLogits)};
    for (int i = 0; i < kRows; ++i)
        m_cells[side][i]->setText(texts.at(i).isEmpty() ? QStringLiteral("–") : texts.at(i));
    m_histograms[side]->setHistogram(card->histogram, static_cast<double>(row.maxActivation));
    m_examples[side]->setCard(card);
    showLikeness();
}

void CompareFeatures::showLikeness()
{
    QStringList lines;
    if (m_likeness) {
        const auto cosine = [](const std::optional<double>& value) {
            return value ? formatNumber(*value) : CompareFeatures::tr("not comparable");
        };
        lines << tr("What they write: cosine %1%2")
                     .arg(cosine(m_likeness->decoderCosine),
                         m_likeness->writeAtOnePlace ? QString()
                                                     : tr(" (at different places of the model)"));
        lines << tr("What they read: cosine %1%2")
                     .arg(cosine(m_likeness->encoderCosine),
                         m_likeness->readAtOnePlace ? QString()
                                                    : tr(" (at different places of the model)"));
    }
    if (m_cards[0] && m_cards[1]) {
        const core::CofiringFeature* both = nullptr;
        for (int side = 0; side < 2; ++side)
            for (const core::CofiringFeature& one : m_cards[side]->cofiring)
                if (one.feature == m_cards[1 - side]->row.feature)
                    both = &one;
        if (both)
            lines << tr("Where they fire: together on %1 of the tokens where either does")
                         .arg(formatPercent(static_cast<double>(both->jaccard)));
        else if (m_cards[0]->row.feature.dictionary != m_cards[1]->row.feature.dictionary)
            lines << tr("Where they fire: counted within one dictionary only");
        else if (m_cards[0]->knowsCofiring)
            lines << tr("Where they fire: neither is among the ten that fire most with the other");
        else
            lines << tr("Where they fire: harvest again to see how often together");
    }
    m_likenessText->setText(lines.isEmpty() ? tr("Comparing …") : lines.join(QLatin1Char('\n')));
}

QString CompareFeatures::toText() const
{
    QString text;
    for (int row = 0; row < kRows; ++row) {
        const auto cell = [&](int side) {
            return m_cells[side][row]->text().replace(QLatin1Char('\n'), QLatin1String("; "));
        };
        text += m_cells[0][row]->accessibleName() + QLatin1Char('\t') + cell(0) + QLatin1Char('\t')
            + cell(1) + QLatin1Char('\n');
    }
    return text + m_likenessText->text() + QLatin1Char('\n');
}

} // namespace ui
