#pragma once

#include "core/api/label_history.h"
#include "core/api/saved_lists.h"
#include "core/base/result.h"
#include "core/store/database.h"
#include "core/store/feature_record.h"
#include "core/store/workspace_writer.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// The words of a search, cleaned for full-text matching: every word must occur, the last may be a
/// beginning. Empty when the text holds no word.
std::string fullTextQuery(std::string_view text);

/// A feature whose label, promoted tokens or example words match.
struct FeatureTextHit {
    FeatureKey key;
    std::string label;
    std::string promoted;
    std::string words;
};

/// Firing tokens of one dictionary inside one passage.
struct PassageSamples {
    std::int64_t passage = 0;
    std::vector<PassageSample> samples;
};

/// Reads one workspace over its own connection; used by one thread (the reader thread), but
/// `interrupt`. A missing feature reads as empty evidence; a damaged BLOB is an InvalidFile error
/// that names it.
class WorkspaceReader {
public:
    static Result<std::unique_ptr<WorkspaceReader>> open(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return m_database->path(); }
    void interrupt() noexcept
    {
        m_database->interrupt();
    } ///< From any thread: the running query answers Cancelled.

    Result<std::vector<StoredDictionary>> dictionaries(); ///< By layer, then name.
    Result<std::optional<StoredDictionary>> dictionary(const std::string& name);
    /// Kept until the dictionary is harvested again. All zero where it was never harvested.
    Result<std::shared_ptr<const FeatureColumns>> columns(const StoredDictionary& dictionary);

    Result<FeatureEvidence> evidence(FeatureKey key);
    Result<StoredEffects> effects(FeatureKey key);
    Result<StoredNearest> nearest(FeatureKey key);
    /// Features that fire on the same tokens, with the Jaccard index; nothing where the harvest was
    /// made before there was such a thing.
    Result<std::optional<StoredNearest>> cofiring(FeatureKey key);
    /// A further statistic, one float a feature; nothing where it was not computed.
    Result<std::optional<std::vector<float>>> column(
        const StoredDictionary& dictionary, const std::string& statistic);
    Result<std::string> mapMethod(); ///< As `putFeatureMap` was told; empty without a map.
    Result<Passage> passage(std::int64_t id);
    /// Token texts as shown to a person, by id. Kept until the next harvest.
    Result<std::shared_ptr<const std::vector<std::string>>> vocabulary();

    /// A person's label before a suggestion.
    Result<Label> label(FeatureKey key);
    Result<std::map<FeatureId, Label>> labels(std::int32_t dictionary, std::stop_token stop = {});

    /// How the label was tested: a person's or the suggested one. Nothing where it never was, as in
    /// workspaces of older programs.
    Result<std::optional<StoredLabelTest>> labelTest(FeatureKey key, LabelSource source);
    /// Scores of persons' labels; suggestions' are the column `label_score`.
    Result<std::map<FeatureId, double>> personScores(std::int32_t dictionary);
    /// Labels that others took the place of, and a person's own as they were set; newest first.
    Result<std::vector<LabelVersion>> labelVersions(FeatureKey key);
    /// 101 quantiles of what shuffled features scored; empty where that was never measured.
    Result<std::vector<float>> shuffledScores(std::int32_t dictionary);
    Result<std::int64_t> suggestedCount(std::int32_t dictionary);
    Result<std::string> contrast(std::int32_t dictionary); ///< Empty where nobody looked.

    /// Promoted tokens as one text, the strongest first; features without any are left out.
    Result<std::map<FeatureId, std::string>> promotedTexts(
        std::int32_t dictionary, std::stop_token stop = {});
    /// What a person put together, by name; features of dictionaries that are gone are left out.
    Result<std::vector<SavedList>> savedLists();

    /// Passages of a corpus in which a full-text query holds, in order of id.
    Result<std::vector<Passage>> matchPassages(
        const std::string& query, std::int32_t corpus, int limit, std::stop_token stop = {});
    /// All of them, in order of id.
    Result<std::vector<Passage>> passages(std::int32_t corpus, std::stop_token stop = {});
    /// Firing tokens in all passages, in order of id.
    Result<std::vector<PassageSamples>> allSamples(
        std::int32_t dictionary, std::stop_token stop = {});
    /// Tokens that were harvested of a corpus (special ones left out).
    Result<std::int64_t> corpusTokens(std::int32_t corpus);
    Result<std::vector<PassageSamples>> samples(
        std::int32_t dictionary, const std::vector<Passage>& passages, std::stop_token stop = {});
    /// Best matches first; of a very common word any `limit`, so that no query is slow.
    Result<std::vector<FeatureTextHit>> matchFeatures(
        const std::string& query, int limit, std::stop_token stop = {});

    /// Every page and every index; what `workspace check` reports.
    Result<void> check();

private:
    explicit WorkspaceReader(std::unique_ptr<Database> database)
        : m_database(std::move(database))
    {
    }
    Result<std::string> blob(const char* sql, std::int64_t id);
    std::string nameOf(FeatureKey key) const;

    std::unique_ptr<Database> m_database;
    struct CachedColumns {
        std::string harvest; ///< Which harvest they are from.
        std::shared_ptr<const FeatureColumns> columns;
    };
    std::map<std::int32_t, CachedColumns> m_columns;
    std::shared_ptr<const std::vector<std::string>> m_vocabulary;
    std::string m_vocabularyHarvest;
};

} // namespace core
