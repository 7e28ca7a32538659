#pragma once

#include "core/api/saved_lists.h"
#include "core/base/result.h"
#include "core/store/database.h"
#include "core/store/feature_record.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace core {

/// Everything a harvest found out about one dictionary; vectors have one entry per feature.
struct HarvestedDictionary {
    StoredDictionary dictionary; ///< `corpus` as `putCorpus` answered.
    FeatureColumns columns;
    std::vector<FeatureEvidence> evidence;
    std::vector<StoredEffects> effects;
    /// What a feature raises where it fires; empty, or no tokens for a feature: not measured.
    std::vector<StoredEffects> raised = {};
    std::vector<StoredNearest> nearest;
    std::vector<StoredNearest> cofiring = {}; ///< With the Jaccard index; empty: not computed.
    std::vector<std::string> promoted; ///< Promoted tokens as one text, to search in.
    std::vector<std::string> words; ///< Distinctive words of the examples, to search in.
    std::vector<std::string> suggestedLabels; ///< Empty text: no suggestion.
    std::map<std::int64_t, std::vector<PassageSample>> samples; ///< By passage.
    std::string contrast = {}; ///< core/labels/contrast.h; empty where nobody looked.
};

/// What was found out about one feature's name.
struct StoredLabelTest {
    std::optional<double> score; ///< Of the best rule; nothing where it cannot be tested.
    std::optional<double> bar; ///< What chance reaches; below it there is no label.
    std::string rule; ///< core/labels/label_rule.h
    std::string says; ///< Promoted tokens that stand out, as a phrase; empty = none.
    std::string evidence; ///< Telling words, a line each: where, word, z.

    bool operator==(const StoredLabelTest&) const = default;
};

/// Suggested labels of one dictionary with how they were tested; vectors have one entry a feature.
struct DictionaryLabels {
    std::int32_t dictionary = 0;
    std::vector<std::string> labels; ///< Empty: no suggestion.
    std::vector<std::string> words; ///< To search in.
    std::vector<StoredLabelTest> tests;
    std::vector<float> shuffled; ///< 101 quantiles of the scores of shuffled features.
};

/// A label as a file holds it: dictionaries by name.
struct LabelRecord {
    FeatureRef feature;
    Layer layer;
    Label label;
    bool keepsNotes = false; ///< The file says nothing of notes: those of the workspace stay.
};

/// Writes one workspace over its own connection; used by one thread. Every call is one transaction:
/// after an error, a full disk or a crash the file holds what it held before.
class WorkspaceWriter {
public:
    /// Makes the file when it is missing (the folder must exist).
    static Result<std::unique_ptr<WorkspaceWriter>> open(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return m_database->path(); }

    /// Remembers a dictionary (by name) and answers its id. Statistics of other weights under that
    /// name go.
    Result<std::int32_t> putDictionary(const StoredDictionary& dictionary);
    Result<void> putVocabulary(const std::vector<std::string>& texts);
    /// The id of a corpus; its passages get their `id`. The same hash is stored once.
    Result<std::int32_t> putCorpus(
        const std::string& hash, std::int64_t tokens, std::vector<Passage>& passages);
    /// Replaces what is known about the dictionary; labels by a person stay.
    Result<void> putHarvest(const HarvestedDictionary& harvest);
    /// The output scores of a dictionary that is there already, one a feature; refused where it was
    /// stored with other weights.
    Result<void> putOutputScores(const std::string& dictionary, const std::string& weightsHash,
        const std::vector<float>& scores);
    /// What the features of a dictionary raise where they fire, over what was known; those without
    /// tokens were not measured.
    Result<void> putRaised(std::int32_t dictionary, const std::vector<StoredEffects>& raised);
    /// What the words of a corpus mean, as `WordVectors` writes it; kept where there is one: the
    /// numbers of its words are in use.
    Result<void> putWordVectors(std::int32_t corpus, const std::string& bytes);
    Result<std::optional<std::string>> wordVectors(std::int32_t corpus);
    /// By word of the corpus's word vectors, the largest share first, in place of those that were
    /// there.
    Result<void> putWordFeatures(
        std::int32_t dictionary, const std::map<std::int32_t, std::vector<WordFeature>>& features);
    /// In place of the map that was there, of whatever dictionaries; `method` is a sentence.
    Result<void> putFeatureMap(const std::vector<StoredMap>& maps, const std::string& method);
    Result<void> removeUnusedCorpora();

    /// An interrupted harvest's own notes, to go on from.
    Result<void> saveHarvestState(const std::string& name, const std::string& bytes);
    Result<std::optional<std::string>> harvestState(const std::string& name);
    Result<void> clearHarvestState(const std::string& name);

    /// A person's label and notes; where the text is empty a suggestion shows again, beside the
    /// notes. `keepsNotes` leaves the notes as they are.
    Result<void> setLabel(FeatureKey key, const Label& label, bool keepsNotes = false);
    /// A machine's label; never touches a person's.
    Result<void> suggestLabels(const std::vector<std::pair<FeatureKey, std::string>>& labels);
    /// Replaces the suggestions of a dictionary; those that others take the place of are kept as
    /// versions.
    Result<void> putLabels(const DictionaryLabels& labels);
    /// Of labels by a person; those that were changed meanwhile are left alone.
    Result<void> putPersonTests(
        const std::vector<std::tuple<FeatureKey, std::string, StoredLabelTest>>& tests);
    Result<std::vector<LabelRecord>> personLabels();
    /// All of them or, on an error, none. Suggestions stay suggestions. Answers
    /// how many features of known dictionaries were labelled.
    Result<std::int64_t> importLabels(const std::vector<LabelRecord>& records);

    /// Takes the list called `name` away and puts `after` in its place; either may be missing. A
    /// feature of a dictionary that the workspace does not know, an empty name and the name of
    /// another list are refused.
    Result<void> setSavedList(const std::string& name, const std::optional<SavedList>& after);

    /// One file without a journal beside it, as small as it gets: ready to be shipped and read from
    /// anywhere. Dictionaries are known by their names, no longer by where they lay.
    Result<void> pack();

    Database& database() { return *m_database; }

private:
    explicit WorkspaceWriter(std::unique_ptr<Database> database)
        : m_database(std::move(database))
    {
    }

    std::unique_ptr<Database> m_database;
};

} // namespace core
