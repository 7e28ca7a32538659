#include "core/features/feature_order.h"
#include "core/features/search.h"
#include "core/features/feature_cards.h"
#include "core/model/activation_cache.h"
#include "tests/core/features/tiny_harvest.h"
#include <ATen/Parallel.h>
#include <chrono>
#include <cstdio>
using namespace core;
static double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
TEST(ScratchBench, All)
{
    at::set_num_threads(2);
    const at::NoGradGuard g;
    auto config = tests::tinyConfig("llama");
    config.n_layers = 4; config.d_model = 128; config.n_heads = config.n_key_value_heads = 4; config.d_head = 32; config.d_mlp = 384; config.n_ctx = 128;
    std::shared_ptr<Transformer> model = Transformer::create(config, 1);
    auto tok = std::make_shared<tests::WordTokenizer>();
    std::vector<std::vector<TokenId>> docs;
    at::Tensor ids = at::randint(1, 64, {2500, 100}, at::kLong);
    for (int d = 0; d < 2500; ++d) {
        auto& doc = docs.emplace_back(); doc.push_back(TokenId(0));
        for (int t = 0; t < 60 + d % 40; ++t) doc.push_back(TokenId(ids.data_ptr<std::int64_t>()[d * 100 + t]));
    }
    auto corpus = corpusFromTokens(docs, *tok);
    Dictionaries dicts;
    for (int i = 0; i < 8; ++i) {
        const auto gen = at::detail::createCPUGenerator(i);
        DictionaryConfig c; c.name = "d" + std::to_string(i); c.d_in = c.d_out = 128; c.d_sae = 1536;
        c.hookIn = c.hookOut = HookPoint::parse("blocks." + std::to_string(i / 2) + (i % 2 ? ".mlp.hook_in" : ".hook_resid_post")).value();
        Dictionary::Weights w;
        w.W_enc = at::randn({1536, 128}, gen, at::kFloat); w.W_dec = at::randn({1536, 128}, gen, at::kFloat); w.b_dec = at::zeros({128});
        const auto run = runWithCache(*model, ids.narrow(0, 0, 4), {c.hookIn});
        const at::Tensor h = at::matmul(run->cache.at(c.hookIn).reshape({-1, 128}), w.W_enc.t());
        w.b_enc = at::full({1536}, -2.33 * h.std().item<double>(), at::kFloat);
        dicts.push_back(Dictionary::create(c, w).value());
    }
    tests::TemporaryFolder folder;
    auto writer = WorkspaceWriter::open(folder / "w.db").value();
    for (std::size_t cache : {std::size_t(512) << 20, std::size_t(0)}) {
        HarvestSettings s; s.cacheBytes = cache; s.seed = cache;
        double t = now(), worst = 0, phase[3] = {};
        auto run = Harvest::start(model, dicts, tok, corpus, *writer, s).value();
        std::printf("start %.2f s\n", now() - t); t = now();
        int steps = 0;
        for (bool done = false; !done; ++steps) {
            const double a = now(); const auto p = run->progress();
            done = run->step().value();
            const int which = p.done * 2 < p.total - 8 ? 0 : p.done < p.total - 8 ? 1 : 2;
            phase[which] += now() - a; worst = std::max(worst, which == 2 ? 0.0 : now() - a);
            if (p.done == p.total - 100) { const double b = now(); (void)run->save(); std::printf("save %.2f s\n", now() - b); }
        }
        std::printf("cache %zu: %lld tokens, %.1f s (count %.1f, collect %.1f, write %.1f), %d steps, worst %.3f s\n", cache, (long long)corpus.tokens, now() - t, phase[0], phase[1], phase[2], steps, worst);
    }
    (void)writer->pack();
    std::printf("file %.1f MB\n", double(std::filesystem::file_size(folder / "w.db")) / 1e6);
    system(("cp " + (folder / "w.db").string() + " /tmp/fs/scratch_w.db").c_str());
    writer.reset();
    auto reader = WorkspaceReader::open(folder / "w.db").value();
    std::vector<FeatureRef> refs;
    for (int i = 0; i < 200; ++i) refs.push_back({"d3", FeatureId(i * 5)});
    for (int i = 0; i < 3; ++i) {
        double t = now(); (void)featureRows(*reader, refs); std::printf("200 rows %.2f ms\n", 1e3 * (now() - t));
        t = now(); (void)featureCard(*reader, {"d3", FeatureId(10 + i)}); std::printf("card %.2f ms\n", 1e3 * (now() - t));
        t = now(); auto h = searchFeatures(*reader, {"golden gate", {}, 200}); std::printf("search %.2f ms, %lld\n", 1e3 * (now() - t), (long long)h->total);
    }
    auto columns = std::make_shared<FeatureColumns>();
    for (int i = 0; i < 10'000'000; ++i) { columns->density.push_back(float((i * 2654435761u) % 1000) / 1e4f); columns->max.push_back(float((i * 40503u) % 65536)); }
    double t = now();
    auto order = FeatureOrder::build({{"x", columns, true, {}}}, {}).value();
    std::printf("order 10M %.2f s, %lld\n", now() - t, (long long)order->size());
}
