#include "sample_training.h"

#include <memory>

namespace tests {

namespace {
constexpr int kSteps = 1000;
}

std::vector<core::TrainMetrics> sampleTrainingRows(const std::string& dictionary, int rows)
{
    std::vector<core::TrainMetrics> all;
    for (int i = 1; i <= rows; ++i) {
        core::TrainMetrics row;
        row.dictionary = dictionary;
        row.totalSteps = kSteps;
        row.step = static_cast<std::int64_t>(kSteps) * i / rows;
        row.tokens = row.step * 1000;
        row.mse = 10.0 + 90.0 / i;
        row.sparsity = 1.0;
        row.aux = 0.5;
        row.loss = row.mse + row.sparsity + row.aux;
        row.fvu = 0.1 + 0.9 / i;
        row.l0 = 24.0;
        row.learningRate = 0.002 * (1.0 - static_cast<double>(row.step) / kSteps);
        row.gradientNorm = 1.0 / i;
        row.tokensPerSecond = 12'000;
        row.features = 512;
        row.deadFeatures = 12;
        row.secondsLeft = static_cast<double>(kSteps - row.step);
        all.push_back(row);
    }
    return all;
}

std::vector<core::TrainMetrics> sampleMeasuredRows(
    const std::string& dictionary, int rows, double ceScore, double l0)
{
    auto all = sampleTrainingRows(dictionary, rows);
    for (std::size_t i = 9; i < all.size(); i += 10) {
        const double share = static_cast<double>(i + 1) / static_cast<double>(all.size());
        auto measured = std::make_shared<core::TrainingMeasurement>();
        measured->heldOutTokens = 2048;
        measured->l0 = l0;
        measured->fvu = all[i].fvu + 0.01;
        measured->ceClean = 2.0;
        measured->ceZero = 7.0;
        measured->ceScore = share * ceScore;
        measured->ceDictionary = 7.0 - 5.0 * measured->ceScore;
        measured->kl = 1.0 - measured->ceScore;
        measured->denseShare = 0.01;
        measured->rareShare = 0.05;
        measured->densities.assign(core::kTrainingDensityBins, 1.0);
        measured->densities[6] = 500.0; // 0.03 to 0.1 % of the tokens
        measured->decoderCosine = 0.3;
        measured->threshold = 0.7;
        core::PeekFeature feature;
        feature.feature = 41;
        feature.density = 0.01;
        feature.maximum = 3.0;
        feature.label = "at bridge";
        feature.labelScore = 0.93;
        feature.promoted = {" gate", " bay"};
        feature.examples = {{{"the", " old", " bridge", " is"}, {0.0, 0.5, 3.0, 0.0}, 2}};
        measured->peek = {feature};
        all[i].measured = measured;
    }
    return all;
}

core::TrainingRunInfo sampleTrainingRun(const std::string& folder, double share)
{
    core::TrainingRunInfo run;
    run.folder = folder;
    run.name = folder.substr(folder.rfind('/') + 1);
    run.model = "featurescope-small";
    run.settings.layers = {2};
    run.totalSteps = kSteps;
    run.steps = static_cast<std::int64_t>(share * kSteps);
    run.isDone = share >= 1.0;
    if (run.isDone)
        run.dictionaries = {folder + "/layer_2"};
    run.metrics = sampleTrainingRows("layer_2", 50);
    std::erase_if(run.metrics, [&](const auto& row) { return row.step > run.steps; });
    return run;
}

core::TrainingEstimate sampleTrainingEstimate(const core::EstimateTrainingRequest& request)
{
    core::TrainingEstimate estimate;
    estimate.textSeconds = 12;
    estimate.learnSeconds = 200;
    estimate.memoryBytes = 300'000'000;
    estimate.diskBytes = 2'000'000;
    estimate.freeBytes = 8'000'000'000;
    estimate.features = request.settings.expansion * 64;
    estimate.steps = 977;
    estimate.dictionaries = 1;
    if (request.settings.seed == 13) // a number that only a test asks for
        estimate.problems.push_back({"seed", "The seed is unlucky. Choose another."});
    return estimate;
}

core::TrainingOutcome sampleTrainingOutcome(const core::TrainDictionaryRequest& request)
{
    core::TrainingOutcome outcome;
    outcome.folder = request.out;
    outcome.dictionaries = {request.out + "/layer_2"};
    outcome.metrics = sampleTrainingRows("layer_2", 50);
    return outcome;
}

} // namespace tests
