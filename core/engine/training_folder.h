#pragma once

#include "core/api/training_runs.h"
#include "core/engine/training_config.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace core {

/// What the folder of a training says of it beside the configuration: docs/formats.md, section 5.
struct TrainingRecord {
    std::string model; ///< Name.
    bool isTranscoder = false;
    bool isInPlace = false; ///< One dictionary, or one set, is written into the folder itself.
    TrainingText text;
    std::string textHash; ///< Of its token ids.
    std::int64_t steps = 0, totalSteps = 0; ///< At the last checkpoint, of all together.
    double seconds = 0; ///< Spent learning.
    bool isDone = false;
    std::vector<std::string> dictionaries; ///< Folders that were written, below this one.
};

/// A training's folder: `training_config.json` (which `train --config` reads too),
/// `training_run.json`, `metrics.csv`, a checkpoint for each dictionary while it is not done, the
/// dictionaries when they are made. All files are written whole or not at all.
class TrainingFolder {
public:
    explicit TrainingFolder(std::filesystem::path path)
        : m_path(std::move(path))
    {
    }

    const std::filesystem::path& path() const { return m_path; }
    /// Where activations are kept that are not held in memory.
    std::filesystem::path activations() const { return m_path / "activations"; }
    bool isThere() const; ///< A training was begun in it.
    Result<void> make() const;

    Result<void> writeConfig(const DictionaryTrainingConfig& config) const;
    Result<DictionaryTrainingConfig> config(bool isTranscoder) const;
    Result<void> writeRecord(const TrainingRecord& record) const;
    Result<TrainingRecord> record() const;
    /// The rows as they are, over those of before. Numbers read back equal.
    Result<void> writeMetrics(const std::vector<TrainMetrics>& rows) const;
    Result<std::vector<TrainMetrics>> metrics() const; ///< None where there is no file.
    /// `measurements.csv`: of the rows that were measured, what was, without the peek.
    Result<void> writeMeasurements(const std::vector<TrainMetrics>& rows) const;
    /// Puts them to their rows; nothing where there is no file.
    Result<void> readMeasurements(std::vector<TrainMetrics>& rows) const;

    Result<TrainingRunInfo> info() const;

private:
    std::filesystem::path m_path;
};

} // namespace core
