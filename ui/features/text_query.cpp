#include "ui/features/text_query.h"

#include "ui/shared/token_strip.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int kStripLines = 4;
constexpr int kNamedTokens = 6;

core::FeatureRef featureOf(const core::FeatureOnText& one)
{
    return {one.dictionary, one.feature};
}

float largest(const std::vector<float>& values)
{
    return values.empty() ? 0.0f : *std::max_element(values.begin(), values.end());
}

/// "4.21 on ·gate ·bridge"
std::string reasonOf(const core::FeatureOnText& one, bool isDifference)
{
    QStringList tokens;
    for (const std::string& token : one.tokens)
        if (tokens.size() < kNamedTokens && !tokens.contains(visibleToken(token)))
            tokens << visibleToken(token);
    const QString number = formatNumber(static_cast<double>(one.activation));
    return (isDifference ? TextQuery::tr("%1 more, on %2") : TextQuery::tr("%1 on %2"))
        .arg(number, tokens.join(QLatin1Char(' ')))
        .toStdString();
}

core::FeatureList listOf(const core::FeaturesOnText& answer)
{
    core::FeatureList list;
    list.query = answer.request.filter;
    list.query.text = answer.request.text;
    std::vector<core::FeatureRef> features;
    for (const core::FeatureOnText& one : answer.features) {
        features.push_back(featureOf(one));
        list.why.push_back(reasonOf(one, !answer.request.against.empty()));
        list.scores.push_back(static_cast<double>(one.activation));
    }
    list.total = std::ssize(features);
    list.features = std::move(features);
    list.hiddenEverywhere = answer.hiddenEverywhere;
    return list;
}

} // namespace

TextQuery::TextQuery(Session* session, Selection* selection, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_selection(selection)
    , m_strip(new TokenStrip(this))
    , m_againstStrip(new TokenStrip(this))
    , m_note(new QLabel(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    auto* fields = new QHBoxLayout;
    m_text = makeField(
        "firesOnText", tr("Which features fire on this text?"), tr("Text to find features on"));
    m_against = makeField(
        "againstText", tr("… more than on this one (may stay empty)"), tr("Text to compare with"));
    fields->addWidget(m_text, 1);
    fields->addWidget(m_against, 1);
    layout->addLayout(fields);
    m_strip->setObjectName(QStringLiteral("textStrip"));
    m_againstStrip->setObjectName(QStringLiteral("againstStrip"));
    for (TokenStrip* strip : {m_strip, m_againstStrip}) {
        strip->setMaximumLines(kStripLines);
        strip->hide();
        layout->addWidget(strip);
    }
    m_note->setObjectName(QStringLiteral("textNote"));
    m_note->setWordWrap(true);
    makeSubtle(m_note);
    m_note->setText(tr("Finds the features that fire most on a text; with a second text those "
                       "that fire more on the first."));
    layout->addWidget(m_note);
    m_delay.setSingleShot(true);
    m_delay.setInterval(kTypingDelayMs);
    connect(&m_delay, &QTimer::timeout, this, &TextQuery::textsChanged);
    connect(selection, &Selection::featureChanged, this, &TextQuery::color);
}

QLineEdit* TextQuery::makeField(const char* name, const QString& hint, const QString& accessible)
{
    auto* field = new QLineEdit(this);
    field->setObjectName(QLatin1String(name));
    field->setPlaceholderText(hint);
    field->setAccessibleName(accessible);
    field->setClearButtonEnabled(true);
    connect(field, &QLineEdit::textChanged, this, [this] { m_delay.start(); });
    connect(field, &QLineEdit::returnPressed, this, [this] {
        if (m_delay.isActive()) {
            m_delay.stop();
            Q_EMIT textsChanged();
        }
        Q_EMIT entered();
    });
    return field;
}

bool TextQuery::hasText() const
{
    return !m_text->text().trimmed().isEmpty();
}

void TextQuery::setTexts(const QString& text, const QString& against)
{
    m_text->setText(text);
    m_against->setText(against);
    m_delay.stop();
    Q_EMIT textsChanged();
}

void TextQuery::focusText()
{
    m_text->setFocus();
    m_text->selectAll();
}

void TextQuery::ask(const core::FeatureQuery& filter)
{
    if (!hasText())
        return;
    core::FeaturesOnTextRequest request{m_text->text().toStdString(),
        m_against->text().trimmed().isEmpty() ? std::string() : m_against->text().toStdString(),
        filter.dictionaries, kMost, filter};
    request.filter.text.clear();
    m_session->ask(
        this, request, [this](const Shared<core::FeaturesOnText>& answer) { showAnswer(answer); });
}

void TextQuery::showAnswer(const Shared<core::FeaturesOnText>& answer)
{
    m_answer = answer;
    Q_EMIT found(std::make_shared<core::FeatureList>(listOf(*answer)));
    color();
}

void TextQuery::color()
{
    if (!m_answer)
        return;
    const auto& chosen = m_selection->feature();
    const core::FeatureOnText* on = nullptr;
    for (const core::FeatureOnText& one : m_answer->features)
        if (chosen && featureOf(one) == *chosen)
            on = &one;
    const double maximum = on
        ? static_cast<double>(std::max(largest(on->activations), largest(on->againstActivations)))
        : 0.0;
    const auto fill = [&](TokenStrip* strip, const std::vector<std::string>& texts,
                          const std::vector<float>& activations) {
        std::vector<StripToken> tokens;
        for (std::size_t i = 0; i < texts.size(); ++i)
            tokens.push_back({.text = toQString(texts[i]),
                .value = i < activations.size() ? static_cast<double>(activations[i]) : 0.0});
        strip->setScale(TokenStrip::Scale::Sequential, maximum, tr("activation"));
        strip->setTokens(std::move(tokens));
        strip->setVisible(!texts.empty());
    };
    static const std::vector<float> kNone;
    fill(m_strip, m_answer->tokens, on ? on->activations : kNone);
    fill(m_againstStrip, m_answer->againstTokens, on ? on->againstActivations : kNone);
    const bool isDifference = !m_answer->againstTokens.empty();
    QString sentence;
    if (m_answer->features.empty())
        sentence = isDifference ? tr("No feature fires more on the first text than on the second.")
                                : tr("No feature that passes the filters fires on this text.");
    else if (!on)
        sentence = tr("Choose a feature of the list to see where it fires.");
    else
        sentence = isDifference
            ? tr("%1: strongest %2 on the first text, %3 on the second.")
                  .arg(featureInDictionary(*chosen, {}, m_session->state().dictionaries),
                      formatNumber(static_cast<double>(largest(on->activations))),
                      formatNumber(static_cast<double>(largest(on->againstActivations))))
            : tr("%1: strongest %2 on this text.")
                  .arg(featureInDictionary(*chosen, {}, m_session->state().dictionaries),
                      formatNumber(static_cast<double>(largest(on->activations))));
    m_note->setText(withNote(sentence, m_answer->note));
}

} // namespace ui
