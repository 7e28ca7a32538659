#include "sample_results.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tests {

namespace {

constexpr std::array<const char*, 12> kConcepts{"Golden Gate Bridge", "fog and the sea",
    "state capitals", "French words", "rhyme: bright, night", "numbers and sums", "lists of fruit",
    "streets and cable cars", "Texas", "code: braces", "past tense", "questions"};
constexpr std::array<const char*, 8> kTokens{
    " bridge", " Gate", " fog", " Austin", " the", "\n", " night", "ing"};

float wave(int i, double phase)
{
    return static_cast<float>(std::sin(0.37 * i + phase));
}

std::vector<core::TokenInfo> wordsOf(const std::string& text)
{
    std::vector<core::TokenInfo> tokens;
    int begin = 0;
    const auto add = [&](int end) {
        if (end > begin)
            tokens.push_back({core::TokenId(static_cast<int>(tokens.size())),
                text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)),
                begin, end});
        begin = end;
    };
    for (int i = 1; i < static_cast<int>(text.size()); ++i) {
        if (text[static_cast<std::size_t>(i)] == ' ')
            add(i);
    }
    add(static_cast<int>(text.size()));
    return tokens;
}

} // namespace

core::ModelInfo sampleModel()
{
    core::ModelInfo info;
    info.path = "builtin";
    info.name = "featurescope-small";
    info.modelType = "llama";
    info.n_layers = 4;
    info.d_model = 192;
    info.n_heads = info.n_key_value_heads = 6;
    info.d_head = 32;
    info.d_mlp = 768;
    info.d_vocab = info.tokenizerSize = 2048;
    info.n_ctx = 256;
    info.parameters = 2'752'512;
    info.dtype = "float16";
    info.bytes = 5'505'024;
    info.estimateBytes = 31'457'280;
    info.freeBytes = 8'589'934'592;
    info.tokenizerType = "byte-level BPE";
    info.parts = {"6 query heads", "SwiGLU", "rotary positions, base 10,000"};
    const auto way = [&](const char* device, const char* dtype, std::int64_t mapped,
                         std::int64_t converted, std::int64_t free, const char* note) {
        core::MemoryCost cost{device, dtype, mapped, converted, 12'582'912, 4'194'304, free};
        cost.fits = cost.total() <= free;
        cost.note = note;
        info.costs.push_back(cost);
    };
    way("cpu", "float32", 0, 11'010'048, 8'589'934'592, "weights are converted");
    way("cpu", "float16", 5'505'024, 0, 8'589'934'592, "weights stay in the file");
    way("cpu", "int8", 0, 2'900'000, 8'589'934'592, "every weight rounds");
    way("cuda:0", "float32", 0, 11'010'048, 8'388'608, "");
    info.computeDtype = "float32";
    info.device = "cpu";
    info.threads = 1;
    info.isLoaded = true;
    return info;
}

core::EngineState sampleState()
{
    core::EngineState state;
    state.model = sampleModel();
    for (int layer = 0; layer < 4; ++layer) {
        core::DictionaryInfo info;
        info.name = "saes/layer_" + std::to_string(layer);
        info.path = "resources/builtin/" + info.name;
        info.format = "SAELens";
        info.architecture = "jumprelu";
        info.d_in = info.d_out = 192;
        info.d_sae = 2048;
        info.layer = core::Layer(layer);
        info.hookIn = info.hookOut = "blocks." + std::to_string(layer) + ".hook_resid_post";
        info.dtype = "float16";
        info.isHarvested = true;
        info.harvestedTokens = 200'000;
        info.aliveFeatures = 1931;
        state.dictionaries.push_back(info);
    }
    return state;
}

core::SelfCheck sampleCheck()
{
    core::SelfCheck check;
    check.model = "featurescope-small";
    check.device = "cpu";
    check.dtype = "float32";
    check.tokens = 64;
    check.maxLogitDifference = 3.1e-5;
    check.maxDecodeDifference = 4.2e-5;
    check.logitSpread = 2.75;
    check.meanKl = 1.1e-9;
    check.maxKl = 8.0e-9;
    check.topAgreement = 1.0;
    check.seconds = 0.04;
    check.isGood = true;
    check.verdict = "The difference is what float32 rounding gives.";
    return check;
}

core::DictionaryQuality sampleQuality(const std::string& dictionary)
{
    core::DictionaryQuality quality;
    quality.dictionary = dictionary;
    quality.tokens = 42;
    quality.l0 = 17.5;
    quality.fvu = 0.083;
    quality.ceClean = 1.52;
    quality.ceDictionary = 1.61;
    quality.ceZero = 6.4;
    quality.ceScore = 0.98;
    quality.deadFraction = 0.71;
    quality.explainedVariance = 0.917;
    quality.kl = 0.08;
    quality.densityHistogram = {1454, 0, 0, 0, 0, 0, 0, 0, 160, 240, 130, 50, 14};
    return quality;
}

core::FeatureRow sampleRow(const core::FeatureRef& feature)
{
    const int i = feature.feature.value;
    core::FeatureRow row;
    row.feature = feature;
    row.layer = core::Layer(feature.dictionary.empty() ? -1 : feature.dictionary.back() - '0');
    if (i % 5 == 0)
        row.label = {kConcepts[static_cast<std::size_t>(i) % kConcepts.size()], "",
            core::LabelSource::Person};
    else if (i % 2 == 0)
        row.label = {kConcepts[static_cast<std::size_t>(i) % kConcepts.size()], "",
            core::LabelSource::Suggested};
    row.density = 0.05 / (1.0 + i);
    row.maxActivation = 2.0f + static_cast<float>(i % 40) * 0.25f;
    if (i % 3 != 2) // every third is unknown, every third reads, every third writes
        row.outputScore = i % 3 == 0 ? 0.5 / (1.0 + i) + 0.01 : 0.004;
    for (int k = 0; k < 5; ++k)
        row.promoted.emplace_back(kTokens[static_cast<std::size_t>(i + k) % kTokens.size()]);
    return row;
}

core::FeatureCard sampleCard(const core::FeatureRef& feature)
{
    core::FeatureCard card;
    card.row = sampleRow(feature);
    card.harvestedTokens = 200'000;
    card.meanActivation = card.row.maxActivation * 0.3f;
    for (int bin = 0; bin < 40; ++bin)
        card.histogram.push_back(std::floor(4000.0f * std::exp(-0.2f * static_cast<float>(bin))));
    for (int k = 0; k < 8; ++k) {
        const auto token = static_cast<std::size_t>(feature.feature.value + k) % kTokens.size();
        card.positiveLogits.push_back(
            {core::TokenId(k), kTokens[token], 1.9f - 0.2f * static_cast<float>(k)});
        card.negativeLogits.push_back({core::TokenId(k), kTokens[kTokens.size() - 1 - token],
            -1.5f + 0.15f * static_cast<float>(k)});
    }
    const std::vector<std::string> words{"The", " fog", " came", " in", " over", " the", " Golden",
        " Gate", " Bridge", " and", " the", " towers", " went", " grey", "."};
    for (int interval = 3; interval >= 0; --interval) {
        core::ExampleInterval examples;
        examples.low = card.row.maxActivation * static_cast<float>(interval) / 4.0f;
        examples.high = card.row.maxActivation * static_cast<float>(interval + 1) / 4.0f;
        examples.share = 0.4 / (interval + 1);
        for (int e = 0; e < 2; ++e) {
            core::FeatureExample example;
            example.tokens = words;
            example.peak = 8;
            example.passage = 2 * interval + e;
            for (int t = 0; t < static_cast<int>(words.size()); ++t)
                example.activations.push_back(t < 5
                        ? 0.0f
                        : examples.high * std::exp(-0.3f * std::abs(static_cast<float>(t - 8))));
            examples.examples.push_back(example);
        }
        card.intervals.push_back(examples);
    }
    for (int k = 1; k <= 6; ++k) {
        const core::FeatureRef near{
            feature.dictionary, core::FeatureId((feature.feature.value + 10 * k) % 2048)};
        card.nearest.push_back(
            {near, sampleRow(near).label.text, 0.9f - 0.1f * static_cast<float>(k)});
        const core::FeatureRef beside{
            feature.dictionary, core::FeatureId((feature.feature.value + 7 * k) % 2048)};
        card.cofiring.push_back(
            {beside, sampleRow(beside).label.text, 0.5f - 0.05f * static_cast<float>(k)});
    }
    card.knowsCofiring = true;
    return card;
}

core::FeatureList sampleList(const core::FeatureQuery& query)
{
    core::FeatureList list;
    list.query = query;
    const std::string dictionary
        = query.dictionaries.empty() ? "saes/layer_2" : query.dictionaries.front();
    const int count = query.text.empty() ? 1000 : 12;
    std::vector<core::FeatureRef> features;
    for (int i = 0; i < count; ++i) {
        features.push_back({dictionary, core::FeatureId(i)});
        if (!query.text.empty())
            list.why.push_back(i == 0 ? "label" : "promotes ' bridge'");
    }
    list.features = std::move(features);
    list.total = query.text.empty() ? count : 57;
    list.hiddenEverywhere = query.hideEverywhere ? 9 : 0;
    return list;
}

core::PromptAnalysis sampleAnalysis(const core::AnalyzeRequest& request)
{
    core::PromptAnalysis analysis;
    analysis.request = request;
    analysis.model = sampleModel().name;
    analysis.tokens = wordsOf(request.text);
    const int n = static_cast<int>(analysis.tokens.size());
    for (const core::DictionaryInfo& info : sampleState().dictionaries) {
        if (!request.dictionaries.empty() && request.dictionaries.front() != info.name)
            continue;
        core::DictionaryAnalysis dictionary;
        dictionary.dictionary = info.name;
        for (int i = 0; i < 30; ++i) {
            core::FeatureTrace trace;
            trace.row = sampleRow({info.name, core::FeatureId(i)});
            for (int t = 0; t < n; ++t) {
                const float value = (t + 1) % (i + 2) == 0
                    ? 9.0f / static_cast<float>(i + 1) + 0.1f * static_cast<float>(t % 3)
                    : 0.0f;
                trace.activations.push_back(value);
                trace.peak = std::max(trace.peak, value);
            }
            if (trace.peak > 0.0f)
                dictionary.features.push_back(trace);
        }
        dictionary.activeFeatures = static_cast<std::int64_t>(dictionary.features.size()) + 3;
        dictionary.l0.assign(static_cast<std::size_t>(n), 17);
        dictionary.fvu.assign(static_cast<std::size_t>(n), 0.08f);
        analysis.dictionaries.push_back(dictionary);
    }
    analysis.next = {{core::TokenId(1), " Austin", 0.81f}, {core::TokenId(2), " Dallas", 0.07f},
        {core::TokenId(3), " the", 0.03f}};
    for (int t = 0; t < n; ++t)
        analysis.tokenLoss.push_back(t == 0 ? 0.0f : 2.0f + wave(t, 0.0));
    return analysis;
}

core::ArchitectureView sampleArchitecture(const core::ArchitectureRequest& request)
{
    core::ArchitectureView view;
    view.request = request;
    for (const core::DictionaryInfo& info : sampleState().dictionaries) {
        if (info.name == request.dictionary)
            view.dictionary = info;
    }
    const auto tokens = wordsOf(request.text);
    view.token = tokens.at(static_cast<std::size_t>(request.position.value)).text;
    for (int d = 0; d < 192; ++d) {
        view.input.push_back(wave(d, request.position.value));
        view.target.push_back(view.input.back());
        view.reconstruction.push_back(view.input.back() * 0.9f + 0.05f * wave(7 * d, 1.0));
    }
    for (int i = 0; i < 18; ++i) {
        core::ActiveFeature active;
        active.row = sampleRow({request.dictionary, core::FeatureId((i * 331) % 2048)});
        active.activation = 6.0f / static_cast<float>(i + 1);
        active.hiddenPre = active.activation + 0.2f;
        active.decoderNorm = 1.0f;
        for (int d = 0; d < 192; ++d)
            active.decoderColumn.push_back(wave(d * (i + 2), i));
        view.active.push_back(active);
    }
    view.reconstructionLoss = 3.214;
    view.sparsityLoss = 21.37;
    view.fvu = 0.081;
    return view;
}

core::AttributionGraph sampleGraph(const std::string& prompt)
{
    core::AttributionGraph graph;
    graph.id = 7;
    graph.model = sampleModel().name;
    graph.prompt = prompt;
    graph.nLayers = 4;
    const auto tokens = wordsOf(prompt);
    const int last = static_cast<int>(tokens.size()) - 1;
    const auto add = [&](core::NodeKind kind, int layer, int position, int feature,
                         const std::string& label) {
        core::GraphNode node;
        node.kind = kind;
        node.layer = core::Layer(layer);
        node.position = core::Position(position);
        node.feature = core::FeatureId(feature);
        node.dictionary
            = kind == core::NodeKind::Feature ? "transcoders/layer_" + std::to_string(layer) : "";
        node.label = label;
        node.activation = kind == core::NodeKind::Feature ? 2.5f : 0.0f;
        node.influence = 0.1f * static_cast<float>(graph.nodes.size() % 9);
        node.rawInfluence = 0.2f;
        node.x = static_cast<float>(position);
        node.y = static_cast<float>(layer + 1);
        graph.nodes.push_back(node);
        return static_cast<std::int32_t>(graph.nodes.size()) - 1;
    };
    for (int t = 0; t <= last; ++t) {
        graph.promptTokens.push_back(tokens[static_cast<std::size_t>(t)].text);
        add(core::NodeKind::Token, -1, t, -1, tokens[static_cast<std::size_t>(t)].text);
    }
    for (int layer = 0; layer < 4; ++layer) {
        const int from = add(core::NodeKind::Feature, layer, std::max(0, last - layer), 10 * layer,
            kConcepts[static_cast<std::size_t>(layer)]);
        graph.edges.push_back(
            {std::max(0, last - layer), from, 0.5f - 0.2f * static_cast<float>(layer)});
        const int error = add(core::NodeKind::Error, layer, last, -1, "error");
        graph.edges.push_back({error, from, -0.05f});
    }
    const int logit = add(core::NodeKind::Logit, 4, last, -1, " Austin");
    graph.nodes.back().probability = 0.9f;
    for (int node = last + 1; node < logit; ++node)
        graph.edges.push_back({node, logit, 0.3f});
    std::stable_sort(graph.edges.begin(), graph.edges.end(),
        [](const auto& a, const auto& b) { return std::fabs(a.weight) > std::fabs(b.weight); });
    graph.unprunedNodes = 431;
    graph.unprunedEdges = 41'318;
    graph.replacementScore = 0.61;
    graph.completenessScore = 0.8;
    graph.errorShare = 0.17;
    return graph;
}

} // namespace tests
