#include "core/engine/training_folder.h"

#include "core/base/text_file.h"
#include "core/engine/training_settings.h"
#include "core/files/atomic_write.h"
#include "core/files/json_file.h"

#include <array>
#include <charconv>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

namespace fs = std::filesystem;

constexpr const char* kRunFormat = "featurescope training run 1";
constexpr const char* kMetricsHead
    = "dictionary,step,total_steps,tokens,loss,mse,sparsity,aux,l0,fvu,dead_features,features,lr,"
      "gradient_norm,tokens_per_second\n";
constexpr std::size_t kMetricsColumns = 15;

std::vector<std::string_view> cells(std::string_view line)
{
    std::vector<std::string_view> out;
    for (std::size_t at = 0; at <= line.size();) {
        const std::size_t end = std::min(line.find(',', at), line.size());
        out.push_back(line.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

template <typename Number> bool readNumber(std::string_view text, Number& out)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
}

bool readRow(std::string_view line, TrainMetrics& m)
{
    const auto cell = cells(line);
    if (cell.size() != kMetricsColumns)
        return false;
    m.dictionary = cell[0];
    return readNumber(cell[1], m.step) && readNumber(cell[2], m.totalSteps)
        && readNumber(cell[3], m.tokens) && readNumber(cell[4], m.loss)
        && readNumber(cell[5], m.mse) && readNumber(cell[6], m.sparsity)
        && readNumber(cell[7], m.aux) && readNumber(cell[8], m.l0) && readNumber(cell[9], m.fvu)
        && readNumber(cell[10], m.deadFeatures) && readNumber(cell[11], m.features)
        && readNumber(cell[12], m.learningRate) && readNumber(cell[13], m.gradientNorm)
        && readNumber(cell[14], m.tokensPerSecond);
}

constexpr const char* kMeasurementsHead
    = "dictionary,step,held_out_tokens,l0,fvu,ce_clean,ce_dictionary,ce_zero,ce_score,kl,"
      "dense_share,rare_share,decoder_cosine,threshold,lambda,seconds,densities\n";
constexpr std::size_t kMeasurementColumns = 16; // before the densities

/// The step that a line is of, and what was measured then.
bool readMeasurement(
    std::string_view line, std::string& dictionary, std::int64_t& step, TrainingMeasurement& m)
{
    const auto cell = cells(line);
    if (cell.size() != kMeasurementColumns + 1)
        return false;
    dictionary = cell[0];
    double* const numbers[]{&m.l0, &m.fvu, &m.ceClean, &m.ceDictionary, &m.ceZero, &m.ceScore,
        &m.kl, &m.denseShare, &m.rareShare, &m.decoderCosine, &m.threshold, &m.lambda, &m.seconds};
    if (!readNumber(cell[1], step) || !readNumber(cell[2], m.heldOutTokens))
        return false;
    for (std::size_t i = 0; i < std::size(numbers); ++i)
        if (!readNumber(cell[3 + i], *numbers[i]))
            return false;
    std::string_view bins = cell.back();
    while (!bins.empty()) {
        const std::size_t end = std::min(bins.find(' '), bins.size());
        if (!readNumber(bins.substr(0, end), m.densities.emplace_back()))
            return false;
        bins.remove_prefix(std::min(end + 1, bins.size()));
    }
    return m.densities.size() == static_cast<std::size_t>(kTrainingDensityBins);
}

} // namespace

bool TrainingFolder::isThere() const
{
    std::error_code error;
    return fs::exists(m_path / "training_run.json", error);
}

Result<void> TrainingFolder::make() const
{
    std::error_code error;
    fs::create_directories(m_path, error);
    if (error)
        return fail(Error::Code::Io,
            m_path.string() + ": cannot be made (" + error.message()
                + "). Choose a folder that can be written to.");
    return {};
}

Result<void> TrainingFolder::writeConfig(const DictionaryTrainingConfig& config) const
{
    return writeAtomically(m_path / "training_config.json", writtenDictionaryTraining(config));
}

Result<DictionaryTrainingConfig> TrainingFolder::config(bool isTranscoder) const
{
    return readDictionaryTraining(m_path / "training_config.json", isTranscoder);
}

Result<void> TrainingFolder::writeRecord(const TrainingRecord& record) const
{
    const nlohmann::ordered_json json{{"format", kRunFormat}, {"model", record.model},
        {"is_transcoder", record.isTranscoder}, {"in_place", record.isInPlace},
        {"text",
            {{"path", record.text.path}, {"field", record.text.field},
                {"tokens", record.text.tokens}, {"hash", record.textHash},
                {"held_out", record.text.heldOut}, {"mixes_files", record.text.mixesFiles},
                {"cached", record.text.isCached}}},
        {"steps", record.steps}, {"total_steps", record.totalSteps}, {"seconds", record.seconds},
        {"is_done", record.isDone}, {"dictionaries", record.dictionaries}};
    return writeAtomically(m_path / "training_run.json", json.dump(2) + "\n");
}

Result<TrainingRecord> TrainingFolder::record() const
{
    const fs::path path = m_path / "training_run.json";
    const auto json = readJson(path);
    if (!json)
        return fail(json.error());
    JsonFields fields(*json, path.string());
    if (fields.string("format") != kRunFormat)
        fields.complain("format", fmt::format("must be \"{}\"", kRunFormat));
    TrainingRecord record;
    record.model = fields.string("model");
    record.isTranscoder = fields.boolean("is_transcoder", false);
    record.isInPlace = fields.boolean("in_place", false);
    record.steps = fields.integer("steps");
    record.totalSteps = fields.integer("total_steps");
    record.seconds = fields.number("seconds", 0.0);
    record.isDone = fields.boolean("is_done", false);
    const auto names = json->find("dictionaries");
    if (names != json->end() && names->is_array())
        for (const auto& name : *names)
            if (name.is_string())
                record.dictionaries.push_back(name.get<std::string>());
    if (auto good = fields.check(); !good)
        return fail(good.error());
    const auto text = json->find("text");
    JsonFields textFields(text == json->end() ? *json : *text, path.string() + ": text");
    record.text.path = textFields.string("path", "");
    record.text.field = textFields.string("field", "text");
    record.text.tokens = textFields.integer("tokens", record.text.tokens);
    record.textHash = textFields.string("hash");
    // A run of an earlier version held nothing out: it must go on so.
    record.text.heldOut = textFields.number("held_out", 0.0);
    record.text.mixesFiles = textFields.boolean("mixes_files", false);
    record.text.isCached = textFields.boolean("cached", false);
    if (auto good = textFields.check(); !good)
        return fail(good.error());
    return record;
}

Result<void> TrainingFolder::writeMetrics(const std::vector<TrainMetrics>& rows) const
{
    std::string text = kMetricsHead;
    for (const TrainMetrics& m : rows) // {} writes the shortest digits that read back equal
        text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", m.dictionary, m.step,
            m.totalSteps, m.tokens, m.loss, m.mse, m.sparsity, m.aux, m.l0, m.fvu, m.deadFeatures,
            m.features, m.learningRate, m.gradientNorm, m.tokensPerSecond);
    if (auto written = writeAtomically(m_path / "metrics.csv", text); !written)
        return written;
    return writeMeasurements(rows);
}

Result<std::vector<TrainMetrics>> TrainingFolder::metrics() const
{
    const fs::path path = m_path / "metrics.csv";
    std::error_code error;
    if (!fs::exists(path, error))
        return std::vector<TrainMetrics>();
    const auto text = readTextFile(path);
    if (!text)
        return fail(text.error());
    std::istringstream lines(*text);
    std::string line;
    std::getline(lines, line);
    std::vector<TrainMetrics> rows;
    for (std::int64_t number = 2; std::getline(lines, line); ++number) {
        TrainMetrics row;
        if (!readRow(line, row))
            return fail(Error::Code::InvalidFile,
                fmt::format("{}: line {} is not a row of metrics. Delete the file to go on without "
                            "what it kept.",
                    path.string(), number));
        rows.push_back(std::move(row));
    }
    if (auto read = readMeasurements(rows); !read)
        return fail(read.error());
    return rows;
}

Result<void> TrainingFolder::writeMeasurements(const std::vector<TrainMetrics>& rows) const
{
    std::string text = kMeasurementsHead;
    for (const TrainMetrics& row : rows) {
        if (!row.measured)
            continue;
        const TrainingMeasurement& m = *row.measured;
        text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", row.dictionary,
            row.step, m.heldOutTokens, m.l0, m.fvu, m.ceClean, m.ceDictionary, m.ceZero, m.ceScore,
            m.kl, m.denseShare, m.rareShare, m.decoderCosine, m.threshold, m.lambda, m.seconds,
            fmt::join(m.densities, " "));
    }
    return writeAtomically(m_path / "measurements.csv", text);
}

Result<void> TrainingFolder::readMeasurements(std::vector<TrainMetrics>& rows) const
{
    const fs::path path = m_path / "measurements.csv";
    std::error_code error;
    if (!fs::exists(path, error))
        return {};
    const auto text = readTextFile(path);
    if (!text)
        return fail(text.error());
    std::map<std::pair<std::string, std::int64_t>, TrainMetrics*> rowAt;
    for (TrainMetrics& row : rows)
        rowAt[{row.dictionary, row.step}] = &row;
    std::istringstream lines(*text);
    std::string line;
    std::getline(lines, line);
    for (std::int64_t number = 2; std::getline(lines, line); ++number) {
        std::string dictionary;
        std::int64_t step = 0;
        auto measured = std::make_shared<TrainingMeasurement>();
        if (!readMeasurement(line, dictionary, step, *measured))
            return fail(Error::Code::InvalidFile,
                fmt::format("{}: line {} is not a measurement. Delete the file to go on without "
                            "what it kept.",
                    path.string(), number));
        if (const auto row = rowAt.find({dictionary, step}); row != rowAt.end())
            row->second->measured = std::move(measured);
    }
    return {};
}

Result<TrainingRunInfo> TrainingFolder::info() const
{
    const auto read = record();
    if (!read)
        return fail(read.error());
    const auto trained = config(read->isTranscoder);
    if (!trained)
        return fail(trained.error());
    auto rows = metrics();
    if (!rows)
        return fail(rows.error());
    TrainingRunInfo info;
    info.folder = m_path.string();
    info.name = m_path.filename().string();
    info.model = read->model;
    info.settings = trainingSettings(*trained, read->isTranscoder);
    info.text = read->text;
    info.steps = read->steps;
    info.totalSteps = read->totalSteps;
    info.seconds = read->seconds;
    info.isDone = read->isDone;
    for (const std::string& name : read->dictionaries)
        info.dictionaries.push_back((m_path / name).string());
    info.metrics = std::move(*rows);
    return info;
}

} // namespace core
