#include "core/features/feature_words.h"
#include "core/features/reciprocal_rank.h"
#include "core/features/word_vectors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using Matrix = std::vector<std::vector<double>>;

/// Eigenvalues and vectors (columns) of a symmetric matrix by Jacobi's rotations.
std::pair<std::vector<double>, Matrix> eigen(Matrix a)
{
    const std::size_t n = a.size();
    Matrix v(n, std::vector<double>(n, 0));
    for (std::size_t i = 0; i < n; ++i)
        v[i][i] = 1;
    for (int sweep = 0; sweep < 60; ++sweep)
        for (std::size_t p = 0; p < n; ++p)
            for (std::size_t q = p + 1; q < n; ++q) {
                if (std::abs(a[p][q]) < 1e-15)
                    continue;
                const double theta = 0.5 * std::atan2(2 * a[p][q], a[p][p] - a[q][q]);
                const double c = std::cos(theta), s = std::sin(theta);
                const auto rotate = [&](double& x, double& y) {
                    const double old = x;
                    x = c * old + s * y;
                    y = c * y - s * old;
                };
                for (std::size_t i = 0; i < n; ++i)
                    rotate(a[i][p], a[i][q]);
                for (std::size_t i = 0; i < n; ++i)
                    rotate(a[p][i], a[q][i]);
                for (std::size_t i = 0; i < n; ++i)
                    rotate(v[i][p], v[i][q]);
            }
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i)
        values[i] = a[i][i];
    return {values, v};
}

/// W W^T of the rows U |L| of the largest: the same for any rotation or sign.
Matrix products(const Matrix& symmetric, std::size_t dimensions)
{
    const auto [values, v] = eigen(symmetric);
    const std::size_t n = symmetric.size();
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i)
        order[i] = i;
    std::sort(order.begin(), order.end(), [&, &values = values](auto i, auto j) {
        return std::abs(values[i]) > std::abs(values[j]);
    });
    Matrix out(n, std::vector<double>(n, 0));
    for (std::size_t k = 0; k < std::min(dimensions, n); ++k)
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                out[i][j] += values[order[k]] * values[order[k]] * v[i][order[k]] * v[j][order[k]];
    return out;
}

/// The definition, in doubles: positive PMI of passages that two words share.
Matrix plainPmi(const Matrix& counts)
{
    const std::size_t n = counts.size();
    double total = 0, smoothed = 0;
    std::vector<double> of(n, 0);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            of[i] += counts[i][j];
    for (const double sum : of) {
        total += sum;
        smoothed += std::pow(sum, 0.75);
    }
    Matrix pmi(n, std::vector<double>(n, 0));
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            if (counts[i][j] > 0)
                pmi[i][j] = std::max(0.0,
                    std::log((counts[i][j] / total)
                        / ((of[i] / total) * (std::pow(of[j], 0.75) / smoothed))));
    Matrix both = pmi;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            both[i][j] = (pmi[i][j] + pmi[j][i]) / 2;
    return both;
}

TEST(WordVectors, AreThePmiReducedAsBruteForceInDoublesSays)
{
    // Forty words in five topics that overlap, so that no two singular values are equal.
    std::mt19937 random(11);
    std::vector<Passage> passages;
    std::vector<std::vector<int>> said;
    for (int p = 0; p < 300; ++p) {
        std::vector<int>& words = said.emplace_back();
        for (int w = 0; w < 40; ++w)
            if (random() % 100 < (w % 5 == p % 5 ? 55u - unsigned(w) : 3u + unsigned(p % 4)))
                words.push_back(w);
        std::string text;
        for (const int w : words)
            text += "w" + std::to_string(w) + "x ";
        passages.push_back({p + 1, {}, text});
    }
    const WordVectors vectors = WordVectors::learn(passages);
    ASSERT_EQ(vectors.size(), 40u);
    Matrix counts(40, std::vector<double>(40, 0));
    for (const auto& words : said)
        for (const int a : words)
            for (const int b : words)
                counts[std::size_t(a)][std::size_t(b)] += a == b ? 0 : 1;
    const Matrix expected = products(plainPmi(counts), WordVectors::kDimensions);
    for (std::size_t a = 0; a < 40; ++a) {
        const auto cosines = vectors.cosines(vectors.find("w" + std::to_string(a) + "x"));
        for (std::size_t b = 0; b < 40; ++b) {
            const double cosine = expected[a][b] / std::sqrt(expected[a][a] * expected[b][b]);
            EXPECT_NEAR(
                static_cast<double>(
                    cosines[static_cast<std::size_t>(vectors.find("w" + std::to_string(b) + "x"))]),
                cosine, 0.03) // steps of 1/127
                << a << " " << b;
        }
    }
    const auto again = WordVectors::read(vectors.write(), "x");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->cosines(3), vectors.cosines(3));
    EXPECT_EQ(again->text(3), vectors.text(3));
    EXPECT_FALSE(WordVectors::read(vectors.write().substr(0, 500), "x"));
    EXPECT_LT(vectors.write().size(), 40u * (32 + 24));
}

TEST(WordVectors, ALargeMatrixIsReducedToTheSubspaceOfItsLargestSingularValues)
{
    // Planted: M = Q diag(v) Q^T with a Householder reflection Q, signs mixed, falling by a tenth.
    constexpr std::int64_t n = 400, kept = 32;
    at::Tensor u = at::arange(1, n + 1, at::kDouble).sin();
    u /= u.norm();
    const at::Tensor Q = at::eye(n, at::kDouble) - 2 * at::outer(u, u);
    at::Tensor values = at::zeros({n}, at::kDouble);
    for (std::int64_t i = 0; i < n; ++i)
        values[i] = (i % 3 == 0 ? -10.0 : 10.0) * std::pow(0.9, double(i));
    const at::Tensor M = at::matmul(Q * values, Q.t());
    const at::Tensor rows = leadingRows(M.to(at::kFloat), kept).to(at::kDouble);
    ASSERT_EQ(rows.sizes(), (at::IntArrayRef{n, kept}));
    const at::Tensor lead = Q.narrow(1, 0, kept);
    const at::Tensor expected = at::matmul(lead * values.narrow(0, 0, kept).square(), lead.t());
    EXPECT_LT((at::matmul(rows, rows.t()) - expected).abs().max().item<double>(), 1e-3);
}

TEST(WordVectors, FewWordsAndNoneAreNoError)
{
    EXPECT_EQ(WordVectors::learn({}).size(), 0u);
    const WordVectors two = WordVectors::learn(
        {{1, {}, "Owls sing"}, {2, {}, "owl sings"}, {3, {}, "An OWL, singing"}});
    ASSERT_EQ(two.size(), 2u);
    EXPECT_EQ(two.text(two.find("owl")), "owl");
    EXPECT_EQ(two.find("anoth"), -1);
    EXPECT_EQ(WordVectors::read(WordVectors().write(), "x")->size(), 0u);
}

TEST(FeatureWords, SharesOfWhatAFeatureSays)
{
    std::vector<Passage> passages;
    for (int p = 0; p < 20; ++p)
        passages.push_back({p, {}, p % 2 ? "owl wood" : p % 4 ? "dog wood" : "dog lake"});
    const WordVectors vectors = WordVectors::learn(passages);
    const double owl = vectors.rarity(vectors.find("owl")),
                 lake = vectors.rarity(vectors.find("lake"));
    EXPECT_NEAR(owl, std::log(2.0), 1e-6);
    const FeatureWords words
        = featureWords(vectors, "\"owl\"", " owls\nish\n lakes\n", "lake unheard");
    ASSERT_EQ(words.promoted.size(), 2u);
    // The piece of a word counts as unknown: 3.
    const double promoted = owl + 0.9 * 3 + 0.81 * lake + 1, said = owl + lake + 0.95 * 3 + 1;
    EXPECT_NEAR(static_cast<double>(words.promoted[0].share), owl / promoted, 1e-5);
    EXPECT_NEAR(static_cast<double>(words.promoted[1].share), 0.81 * lake / promoted, 1e-5);
    EXPECT_NEAR(static_cast<double>(words.said[1].share), lake / said, 1e-5);
    WordFeatureLists lists;
    lists.add(FeatureId(7), words);
    lists.add(FeatureId(8), featureWords(vectors, "", " lake\n", ""));
    const auto by = lists.take();
    ASSERT_EQ(by.at(vectors.find("lake")).size(), 2u);
    EXPECT_EQ(by.at(vectors.find("lake"))[0].feature, FeatureId(8));
}

TEST(ReciprocalRank, IsWhatOneComputesByHand)
{
    const auto fused = fuseByReciprocalRank<int>({{1, 2, 3}, {3, 4}});
    ASSERT_EQ(fused.size(), 4u);
    EXPECT_EQ(fused[0].first, 3);
    EXPECT_DOUBLE_EQ(fused[0].second, 1.0 / 63 + 1.0 / 61);
    EXPECT_EQ(fused[1].first, 1);
    EXPECT_DOUBLE_EQ(fused[1].second, 1.0 / 61);
    EXPECT_EQ(fused[2].first, 2); // 1/62, and before 4 by its key
    EXPECT_EQ(fused[3].first, 4);
    EXPECT_TRUE(fuseByReciprocalRank<int>({}).empty());
}

} // namespace
