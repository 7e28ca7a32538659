#include "ui/train/training_sweep_choice.h"

#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <iterator>

#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QRegularExpression>
#include <QStandardItemModel>

namespace ui {

namespace {

struct Sweepable {
    const char* field;
    const char* title;
    const char* example;
};
constexpr Sweepable kSweepable[]{{"", QT_TRANSLATE_NOOP("ui::TrainingSweepChoice", "nothing"), ""},
    {"k", QT_TRANSLATE_NOOP("ui::TrainingSweepChoice", "k"), "8, 16, 32"},
    {"lambda", QT_TRANSLATE_NOOP("ui::TrainingSweepChoice", "λ"), "0.3, 1, 3"},
    {"expansion", QT_TRANSLATE_NOOP("ui::TrainingSweepChoice", "expansion"), "4, 8, 16"},
    {"architecture", QT_TRANSLATE_NOOP("ui::TrainingSweepChoice", "architecture"),
        "batchtopk, topk"}};

} // namespace

TrainingSweepChoice::TrainingSweepChoice(QWidget* parent)
    : QWidget(parent)
    , m_field(new QComboBox(this))
    , m_values(new QLineEdit(this))
{
    const QString note
        = tr("One setting with several values: a dictionary for each, all from one pass of the "
             "model over the text. Afterwards the tab “Front” shows which of them needs how many "
             "features for how much. Learning time and memory grow with their number. "
             "Architectures: batchtopk, matryoshka_batchtopk, topk, abstopk, l1, jumprelu, gated.");
    m_field->setObjectName(QStringLiteral("trainSweepField"));
    m_field->setAccessibleName(tr("Setting that is swept"));
    m_field->setToolTip(note);
    for (const Sweepable& each : kSweepable)
        m_field->addItem(tr(each.title), QLatin1String(each.field));
    m_values->setObjectName(QStringLiteral("trainSweepValues"));
    m_values->setAccessibleName(tr("Values of the sweep"));
    m_values->setToolTip(note);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gap(this));
    row->addWidget(m_field);
    row->addWidget(m_values, 1);
    const auto follow = [this] {
        const int at = std::max(m_field->currentIndex(), 0);
        m_values->setVisible(at > 0);
        m_values->setPlaceholderText(QLatin1String(kSweepable[at].example));
        Q_EMIT changed();
    };
    connect(m_field, &QComboBox::currentIndexChanged, this, follow);
    connect(m_field, &QComboBox::activated, this, [this](int at) {
        m_values->setText(QLatin1String(kSweepable[at].example)); // a start that can be run
    });
    connect(m_values, &QLineEdit::textChanged, this, &TrainingSweepChoice::changed);
    follow();
}

core::TrainingSweep TrainingSweepChoice::sweep() const
{
    core::TrainingSweep sweep;
    sweep.field = m_field->currentData().toString().toStdString();
    if (sweep.isEmpty())
        return {};
    static const QRegularExpression kBetween(QStringLiteral("[,;\\s]+"));
    for (const QString& value : m_values->text().split(kBetween, Qt::SkipEmptyParts))
        sweep.values.push_back(value.toStdString());
    return sweep;
}

void TrainingSweepChoice::setSweep(const core::TrainingSweep& sweep)
{
    m_field->setCurrentIndex(std::max(0, m_field->findData(toQString(sweep.field))));
    QStringList values;
    for (const std::string& value : sweep.values)
        values << toQString(value);
    m_values->setText(values.join(QStringLiteral(", ")));
}

void TrainingSweepChoice::showWhatApplies(core::TrainedArchitecture architecture)
{
    core::TrainingSettings settings;
    settings.architecture = architecture;
    const auto offer = [this](const char* field, bool applies) {
        const int at = m_field->findData(QLatin1String(field));
        // Qt's own model of a combo box is one of items.
        static_cast<QStandardItemModel*>(m_field->model())->item(at)->setEnabled(applies);
        if (!applies && m_field->currentIndex() == at)
            m_field->setCurrentIndex(0);
    };
    offer("k", settings.hasK());
    offer("lambda", !settings.hasK());
}

QString sweepInWords(const core::TrainingSweep& sweep)
{
    if (sweep.isEmpty())
        return {};
    QStringList values;
    for (const std::string& value : sweep.values)
        values << toQString(value);
    const auto known = std::find_if(std::begin(kSweepable), std::end(kSweepable),
        [&](const Sweepable& each) { return sweep.field == each.field; });
    //: a setting and its values
    return TrainingSweepChoice::tr("%1 = %2").arg(known == std::end(kSweepable)
            ? toQString(sweep.field)
            : TrainingSweepChoice::tr(known->title),
        values.join(QStringLiteral(", ")));
}

} // namespace ui
