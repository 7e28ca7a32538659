// kill -9 at random moments of work: what had been acknowledged is there at the next start.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include <QCoreApplication>
#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

#include <gtest/gtest.h>

namespace {

/// What may be found at the next start: the newest value that was acknowledged, or a later one.
class Possible {
public:
    void tried(const QString& value) { m_values << value; }
    void acknowledged(const QString& value)
    {
        if (const auto at = m_values.lastIndexOf(value); at >= 0)
            m_values = m_values.mid(at);
    }
    void found(const QString& value, const std::string& what)
    {
        if (!m_values.isEmpty()) {
            EXPECT_TRUE(m_values.contains(value))
                << what << "\nfound: " << value.toStdString()
                << "\nacknowledged: " << m_values.constFirst().toStdString() << "\nand "
                << m_values.size() - 1 << " later ones";
        }
        m_values = {value};
    }

private:
    QStringList m_values;
};

class Witness {
public:
    /// True when the line acknowledges something.
    bool hear(const QString& line)
    {
        const QString what = line.section(QLatin1Char(' '), 0, 0),
                      rest = line.section(QLatin1Char(' '), 1),
                      first = rest.section(QLatin1Char(' '), 0, 0),
                      second = rest.section(QLatin1Char(' '), 1);
        if (what == QLatin1String("is")) {
            m_states.clear();
            m_amid.reset(); // the last one died with the program
            m_work.found(rest, "work");
        } else if (what == QLatin1String("did")) {
            m_work.tried(second);
            m_states[first] = second;
        } else if (what == QLatin1String("kept")) {
            if (m_states.contains(first))
                m_work.acknowledged(m_states[first]);
            ++kept;
        } else if (what == QLatin1String("labelling")) {
            m_labels[first].tried(second);
        } else if (what == QLatin1String("labelled")) {
            m_labels[first].acknowledged(second);
            ++labels;
        } else if (what == QLatin1String("label")) {
            m_labels[first].found(second, "label of " + first.toStdString());
        } else if (what == QLatin1String("harvesting")) {
            m_harvest.tried(first);
            m_amid = 0;
        } else if (what == QLatin1String("harvested")) {
            m_harvest.acknowledged(first);
            m_amid.reset();
            ++harvests;
        } else if (what == QLatin1String("amid")) {
            if (m_amid)
                ++*m_amid;
            m_where = rest;
        } else if (what == QLatin1String("harvest")) {
            m_harvest.found(first, "harvest");
        } else if (what == QLatin1String("refused") || what == QLatin1String("torn")) {
            ADD_FAILURE() << line.toStdString();
        }
        return what == QLatin1String("kept") || what.endsWith(QLatin1String("ed"));
    }

    /// How often the harvest that runs has told how far it is; nothing while none runs.
    std::optional<int> amidHarvest() const { return m_amid; }
    QString where() const { return m_where; } ///< How far it was then, in its own words.

    int kept = 0, labels = 0, harvests = 0;

private:
    std::optional<int> m_amid;
    QString m_where;
    Possible m_work, m_harvest;
    std::map<QString, Possible> m_labels;
    QMap<QString, QString> m_states;
};

/// FEATURESCOPE_KILLS=30 for the whole of it: each start takes seconds. Every second kill waits for
/// a harvest to be under way; the others come after a few acknowledgements.
TEST(KillNine, LosesNothingThatWasAcknowledged)
{
    const int kills = qEnvironmentVariable("FEATURESCOPE_KILLS", QStringLiteral("5")).toInt();
    const QTemporaryDir folder;
    Witness witness;
    std::mt19937 random(21);
    int killsAmidHarvest = 0;
    QStringList places;
    for (int kill = 0; kill <= kills; ++kill) {
        QProcess worker;
        worker.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        worker.start(QCoreApplication::applicationFilePath(),
            {QStringLiteral("--work-until-killed"), folder.path(),
                QString::number(static_cast<unsigned>(random()))});
        int acknowledgements = 1 + static_cast<int>(random() % 8);
        int furtherLines = static_cast<int>(random() % 6);
        // A short harvest tells less often than this: then the next one is killed sooner.
        int stepsOfHarvest = kill % 2 == 0 ? static_cast<int>(random() % 12) : -1;
        if (kill == kills) { // only to see what the last one left
            acknowledgements = 1;
            stepsOfHarvest = -1;
        }
        bool wasHarvesting = false;
        const auto isHarvestReady = [&] {
            const auto steps = witness.amidHarvest();
            if (std::exchange(wasHarvesting, steps.has_value()) && !steps)
                stepsOfHarvest /= 2;
            return stepsOfHarvest < 0 || (steps && *steps >= stepsOfHarvest);
        };
        const auto hearAll = [&] {
            while (worker.canReadLine()) {
                const bool isAcknowledged
                    = witness.hear(QString::fromUtf8(worker.readLine()).trimmed());
                if (acknowledgements > 0)
                    acknowledgements -= isAcknowledged ? 1 : 0;
                else
                    --furtherLines;
            }
        };
        while (acknowledgements > 0 || furtherLines > 0 || !isHarvestReady()) {
            ASSERT_TRUE(worker.canReadLine() || worker.waitForReadyRead(120'000))
                << "kill " << kill << ": " << worker.errorString().toStdString();
            hearAll();
        }
        worker.kill();
        ASSERT_TRUE(worker.waitForFinished(120'000));
        hearAll(); // what it said before it died counts
        if (witness.amidHarvest()) {
            ++killsAmidHarvest;
            places << (*witness.amidHarvest() > 0 ? witness.where() : QStringLiteral("its start"));
        }
        if (HasFailure())
            return;
    }
    EXPECT_GT(witness.kept, 0);
    EXPECT_GT(killsAmidHarvest, 0);
    RecordProperty("kept", witness.kept);
    std::printf("%d kills, %d of them amid a harvest: %d autosaves, %d labels and %d harvests were "
                "acknowledged\n",
        kills, killsAmidHarvest, witness.kept, witness.labels, witness.harvests);
    std::printf("killed at: %s\n", qPrintable(places.join(QStringLiteral("; "))));
}

} // namespace
