#include "ui/train/training_words.h"

#include "ui/style/text.h"
#include "ui/train/run_table_model.h"
#include "ui/train/time_text.h"

#include <algorithm>
#include <set>

#include <QCoreApplication>
#include <QFileInfo>
#include <QStringList>

namespace ui {

namespace {

/// All of these words stand on the Train page.
struct PageWords {
    Q_DECLARE_TR_FUNCTIONS(ui::TrainPage)
};

/// How many dictionaries learn together. Each step tells of all of them in turn.
int dictionariesOf(const std::vector<core::TrainMetrics>& rows)
{
    std::set<std::string> names;
    constexpr std::size_t kMost = 64; // of the last rows; there may be hundreds of thousands
    for (std::size_t back = 1; back <= std::min(rows.size(), kMost); ++back)
        names.insert(rows[rows.size() - back].dictionary);
    return countOf(names);
}

QString heldOutInWords(const TrainingJob& job, const std::string& dictionary)
{
    const auto& rows = job.rows();
    const auto last = std::find_if(rows.rbegin(), rows.rend(), [&](const core::TrainMetrics& row) {
        return row.measured && row.measured->heldOutTokens > 0 && row.dictionary == dictionary;
    });
    if (last == rows.rend())
        return {};
    const core::TrainingMeasurement& m = *last->measured;
    //: a dictionary, a step, figures
    return PageWords::tr("%1 on held-out text at step %2: CE score %3 · KL %4 · FVU %5 (explained "
                         "variance %6) · L0 %7")
        .arg(toQString(last->dictionary), formatCount(last->step), formatNumber(m.ceScore),
            formatNumber(m.kl), formatNumber(m.fvu), formatPercent(1.0 - m.fvu),
            formatNumber(m.l0));
}

} // namespace

QString runInWords(const TrainingJob& job)
{
    const core::TrainingSettings& s = job.plan().settings;
    QStringList parts{settingsInWords(s),
        PageWords::tr("learning rate %1, batch %2")
            .arg(QString::number(s.learningRate, 'g', 4), formatCount(s.batch))};
    parts << (job.plan().text.isWritten()
            ? PageWords::tr("text written by the model")
            : PageWords::tr("text: %1").arg(QFileInfo(toQString(job.plan().text.path)).fileName()));
    //: a training, its settings
    return PageWords::tr("%1: %2").arg(job.name(), parts.join(QStringLiteral("; ")));
}

const core::TrainMetrics* lastStep(const TrainingJob& job)
{
    const auto& rows = job.rows();
    if (rows.empty())
        return nullptr;
    const auto last = std::find_if(rows.rbegin(), rows.rend(),
        [&](const core::TrainMetrics& row) { return row.dictionary == rows.front().dictionary; });
    return &*last;
}

QString recordingInWords(const TrainingJob& job)
{
    return job.plan().text.isWritten()
        ? PageWords::tr("First the model writes the text, and its activations are recorded.")
        : PageWords::tr("First the text is read, and its activations are recorded.");
}

QString figuresInWords(const TrainingJob& job)
{
    const core::TrainMetrics* const last = lastStep(job);
    if (!last)
        return job.isBusy() ? recordingInWords(job) : QString();
    const core::TrainMetrics& m = *last;
    const bool isNested = job.plan().settings.architecture == core::TrainedArchitecture::Matryoshka;
    QStringList parts{
        PageWords::tr("step %1 of %2").arg(formatCount(m.step), formatCount(m.totalSteps)),
        (isNested ? PageWords::tr("loss %1 (error %2, penalty %3, inner levels %4)")
                  : PageWords::tr("loss %1 (error %2, penalty %3, dead features %4)"))
            .arg(formatNumber(m.loss), formatNumber(m.mse), formatNumber(m.sparsity),
                formatNumber(m.aux)),
        PageWords::tr("FVU %1").arg(formatNumber(m.fvu)),
        PageWords::tr("L0 %1").arg(formatNumber(m.l0)),
        PageWords::tr("%1 of %2 dead").arg(formatCount(m.deadFeatures), formatCount(m.features)),
        PageWords::tr("learning rate %1").arg(formatNumber(m.learningRate)),
        PageWords::tr("%1 tokens/s")
            .arg(formatCount(static_cast<std::int64_t>(m.tokensPerSecond)))};
    if (const double left = job.latest().secondsLeft;
        job.state() == TrainingJob::State::Running && left > 0.0)
        parts << PageWords::tr("%1 left").arg(durationText(left));
    const int together = dictionariesOf(job.rows());
    const QString name = together > 1
        //: a dictionary of several that learn together
        ? PageWords::tr("%1, one of %2").arg(toQString(m.dictionary)).arg(together)
        : toQString(m.dictionary);
    QString text = QStringLiteral("%1: %2").arg(name, parts.join(QStringLiteral(" · ")));
    if (const QString held = heldOutInWords(job, m.dictionary); !held.isEmpty())
        text += QLatin1Char('\n') + held;
    return text;
}

QString savedInWords(const TrainingJob& job)
{
    const int count = countOf(job.dictionaries());
    return count == 1
        ? PageWords::tr("The dictionary was saved in %1").arg(toQString(job.dictionaries().front()))
        : PageWords::tr("%1 dictionaries were saved in %2").arg(count).arg(job.folder());
}

} // namespace ui
