#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace bench {

/// Prints as usual and keeps the medians of what was run, in milliseconds.
class Medians : public benchmark::ConsoleReporter {
public:
    void ReportRuns(const std::vector<Run>& runs) override
    {
        for (const Run& run : runs) {
            if (run.run_type == Run::RT_Iteration)
                m_times[run.run_name.function_name + "/" + run.run_name.args].push_back(
                    run.real_accumulated_time / static_cast<double>(run.iterations) * 1e3);
        }
        ConsoleReporter::ReportRuns(runs);
    }

    double operator()(const std::string& name)
    {
        auto& times = m_times[name];
        std::sort(times.begin(), times.end());
        return times.empty() ? 0.0 : times[times.size() / 2];
    }

private:
    std::map<std::string, std::vector<double>> m_times;
};

/// Runs everything several times, in turns, so that the machine's other load falls on all alike.
inline Medians runInterleaved(const char* name, int argc, char** argv)
{
    std::string program = name, repetitions = "--benchmark_repetitions=7",
                interleaved = "--benchmark_enable_random_interleaving=true",
                shortRuns = "--benchmark_min_time=0.2";
    std::vector<char*> arguments{
        program.data(), repetitions.data(), interleaved.data(), shortRuns.data()};
    arguments.insert(arguments.end(), argv + 1, argv + argc);
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    Medians medians;
    benchmark::RunSpecifiedBenchmarks(&medians);
    benchmark::Shutdown();
    return medians;
}

} // namespace bench
