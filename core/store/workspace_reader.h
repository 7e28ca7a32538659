#pragma once

#include "core/api/label_history.h"
#include "core/api/saved_lists.h"
#include "core/base/result.h"
#include "core/store/database.h"
#include "core/store/feature_record.h"
#include "core/store/workspace_writer.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
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

    /// As long as one lives the reader sees one state of the file, and its many small queries cost
    /// a fraction of what they do alone: each would lock, look for a writer's journal and for a new
    /// harvest. For work of milliseconds; may be nested.
    class Snapshot {
    public:
        explicit Snapshot(WorkspaceReader& reader);
        ~Snapshot();
        Snapshot(const Snapshot&) = delete;
        Snapshot& operator=(const Snapshot&) = delete;

    private:
        WorkspaceReader& m_reader;
    };

    const std::filesystem::path& path() const { return m_database->path(); }
    void interrupt() noexcept
    {
        m_database->interrupt();
    } ///< From any thread: the running query answers Cancelled.

    Result<std::vector<StoredDictionary>> dictionaries(); ///< By layer, then name.
    Result<std::optional<StoredDictionary>> dictionary(const std::string& name);
    /// All of a dictionary's numbers; all zero where it was never harvested.
    Result<std::shared_ptr<const FeatureColumns>> columns(const StoredDictionary& dictionary);
    /// One of them, 4 bytes a feature: `density`, `max` and `output_score`, which lists show and
    /// sort by, are kept until the next harvest, others as long as somebody holds them. Scores and
    /// places on the map that were never computed are empty.
    Result<FeatureColumn> column(const StoredDictionary& dictionary, const std::string& statistic);
    /// The most firing tokens that were kept of a feature: of one that fired less often, all.
    Result<float> mostSamples(const StoredDictionary& dictionary);

    Result<FeatureEvidence> evidence(FeatureKey key);
    Result<StoredEffects> effects(FeatureKey key);
    /// What it raises where it fires; empty where that was not measured.
    Result<StoredEffects> raised(FeatureKey key);
    Result<StoredNearest> nearest(FeatureKey key);
    /// Features that fire on the same tokens, with the Jaccard index; nothing where the harvest was
    /// made before there was such a thing.
    Result<std::optional<StoredNearest>> cofiring(FeatureKey key);
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
    /// Its score alone.
    Result<std::optional<double>> labelScore(FeatureKey key, LabelSource source);
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

    /// Ids of such passages, in order, at most `limit`.
    Result<std::vector<std::int64_t>> matchPassageIds(
        const std::string& query, std::int32_t corpus, int limit, std::stop_token stop = {});
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
    /// Those of one passage.
    Result<std::vector<PassageSample>> samples(std::int32_t dictionary, std::int64_t passage);
    /// Best matches first; of a very common word any `limit`, so that no query is slow.
    Result<std::vector<FeatureTextHit>> matchFeatures(
        const std::string& query, int limit, std::stop_token stop = {});
    /// Of each of these dictionaries the first `limit`, in order of their numbers.
    Result<std::vector<FeatureKey>> matchFeatures(const std::string& query,
        const std::set<std::int32_t>& dictionaries, int limit, std::stop_token stop = {});
    /// The same of those whose label matches.
    Result<std::vector<FeatureKey>> matchLabels(const std::string& query,
        const std::set<std::int32_t>& dictionaries, int limit, std::stop_token stop = {});
    /// All of a dictionary, in order of their numbers, to `with`.
    Result<void> eachFeatureText(std::int32_t dictionary,
        const std::function<void(const FeatureTextHit&)>& with, std::stop_token stop = {});
    /// The texts of these features; those without any are left out.
    Result<std::vector<FeatureTextHit>> featureTexts(
        const std::vector<FeatureKey>& keys, std::stop_token stop = {});
    /// What the words of a corpus mean, as `WordVectors` reads it; nothing where an older program
    /// harvested it.
    Result<std::optional<std::string>> wordVectors(std::int32_t corpus);
    /// The features of a dictionary that say a word of the vectors most, at most `most`.
    Result<std::vector<WordFeature>> wordFeatures(
        std::int32_t dictionary, std::int32_t word, std::size_t most);

    /// Every page and every index; what `workspace check` reports.
    Result<void> check();

private:
    explicit WorkspaceReader(std::unique_ptr<Database> database)
        : m_database(std::move(database))
    {
    }
    Result<std::string> blob(const char* sql, std::int64_t id);
    std::string nameOf(FeatureKey key) const;
    /// Prepared once; `Rewound` (sql_rows.h) makes it ready again.
    SQLite::Statement& statement(const char* sql);
    std::string harvestNumber(); ///< Changes with every harvest.
    bool knowsLabelTests(); ///< Not those of older programs.
    /// The first `limit` rows of each dictionary that `sql` finds; its parameters are the query,
    /// the first row, the last row and how many.
    std::vector<FeatureKey> firstOfEach(const char* sql, const std::string& query,
        const std::set<std::int32_t>& dictionaries, int limit);

    std::unique_ptr<Database> m_database;
    std::map<std::string_view, std::unique_ptr<SQLite::Statement>> m_statements; ///< By literal.
    struct CachedColumn {
        FeatureColumn kept; ///< Null for those that are not.
        std::weak_ptr<const std::vector<float>> held;
    };
    std::map<std::pair<std::int32_t, std::string>, CachedColumn> m_columns;
    std::map<std::int32_t, float> m_mostSamples;
    std::string m_columnsHarvest; ///< Which harvest they are from.
    std::shared_ptr<const std::vector<std::string>> m_vocabulary;
    std::string m_vocabularyHarvest;
    int m_snapshots = 0; ///< That live.
    bool m_isInTransaction = false;
    std::optional<std::string> m_snapshotHarvest; ///< Once it was asked for.
    bool m_knowsLabelTests = false;
    bool m_hasLabelIndex = false; ///< Once it was seen.
};

} // namespace core
