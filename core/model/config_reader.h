#pragma once

#include "core/files/json_file.h"
#include "core/model/model_config.h"

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// What a family's configuration class takes for fields that a config.json leaves out.
struct FamilyDefaults {
    int d_vocab, n_ctx, d_model, n_layers, n_heads;
    int n_key_value_heads; ///< 0 = n_heads.
    int d_head; ///< 0 = d_model / n_heads.
    int d_mlp;
    double ropeTheta;
    int bosToken, eosToken; ///< -1 = none.
    bool isTied;
};

/// One config.json being read; the first problem wins and names the file and the field.
class ConfigReader {
public:
    /// `object` is what the language model's fields lie in, already taken out of a multimodal
    /// wrapper.
    ConfigReader(const nlohmann::json& object, std::string file, std::string modelType);

    Result<ModelConfig> read();

private:
    void readGpt2();
    void readNeoX();
    void readLlama();
    void readMistral();
    void readQwen(bool hasQkNorm);
    void readGemma2();
    void readGemma3();

    /// The fields that all of Llama's descendants spell alike.
    void readCommon(const FamilyDefaults& defaults);
    void readGemmaParts();
    void readActivation(const char* field, const char* fallback);
    void checkHeads();
    /// Windows by layer: `window` where `slides`; `layer_types` of the file come first. Window 0 is
    /// what `switchedOffBy` makes it.
    void setWindows(int window, std::vector<bool> slides, const char* switchedOffBy);
    int windowSize(); ///< 0 when the file says null.
    void readRotary(double theta);
    void setRotaryShare(double share, const std::string& field);
    void readRotaryObject(
        const nlohmann::json& object, const std::string& field, RotaryConfig& out);
    void readScaling(JsonFields& fields, const std::string& field, RotaryConfig& out);
    void readTokensAndType();
    void refuseForeignSwitches();
    void refuseForeignLayers();
    void refuseUnknownSwitches();
    void checkSizes();

    int size(const char* field, std::int64_t fallback);
    double positive(JsonFields& fields, const char* field, double fallback);
    double softcap(const char* field, double fallback);
    void tokenIds(const char* field, int fallback, std::vector<int>& ids);
    void know(std::initializer_list<const char*> fields);
    bool isKnown(const std::string& field) const;
    void refuse(const std::string& message);

    const nlohmann::json& m_json;
    std::string m_file;
    JsonFields m_fields;
    ModelConfig m_config;
    FamilyDefaults m_defaults{};
    std::vector<std::string> m_known; ///< Switches that this family has.
    std::optional<Error> m_error;
};

} // namespace core
