#include "core/text/sentence_piece_model.h"

#include "core/text/utf8.h"
#include "core/text/vocabulary.h"
#include "core/text/wire_format.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace core {

namespace {

using Model = SentencePieceModel;

/// Calls `use` with every field of a message.
template <typename Use>
Result<void> forEachField(std::string_view message, const std::string& where, Use use)
{
    WireReader reader(message);
    while (const auto field = reader.next()) {
        if (const Result<void> used = use(*field); !used)
            return used;
    }
    if (reader.isDamaged())
        return fail(Error::Code::InvalidFile,
            where
                + " is not a whole protobuf message. The file may be cut short or of another "
                  "kind.");
    return {};
}

tl::unexpected<Error> unsupported(const std::string& file, const std::string& what)
{
    return fail(Error::Code::Unsupported,
        file + ": " + what + " Convert it to tokenizer.json with Hugging Face transformers.");
}

Result<void> readPiece(std::string_view message, Model& model, const std::string& file)
{
    const std::string where = file + ": piece " + std::to_string(model.pieces.size());
    Model::Piece piece;
    int type = 1;
    const auto read = forEachField(message, where, [&](const WireField& field) -> Result<void> {
        if (field.number == 1 && field.isBytes)
            piece.text = field.bytes;
        else if (field.number == 2 && !field.isBytes)
            piece.score = field.asFloat();
        else if (field.number == 3 && !field.isBytes)
            type = field.asInt32();
        return {};
    });
    if (!read)
        return read;
    const auto invalid
        = [&where](const char* problem) { return fail(Error::Code::InvalidFile, where + problem); };
    if (piece.text.empty() || !isUtf8(piece.text))
        return invalid(" is empty or not valid UTF-8.");
    if (!std::isfinite(piece.score))
        return invalid(" has a score that is not a finite number.");
    if (type < 1 || type > 6)
        return invalid(" has a type that is not known.");
    piece.type = static_cast<Model::Type>(type);
    if (piece.type == Model::Type::Unused)
        return unsupported(where, "unused pieces are not supported.");
    model.pieces.push_back(std::move(piece));
    return {};
}

Result<void> readTrainer(std::string_view message, Model& model, const std::string& file)
{
    bool marksWordEnds = false;
    const auto read
        = forEachField(message, file + ": trainer_spec", [&](const WireField& f) -> Result<void> {
              if (f.isBytes)
                  return {};
              if (f.number == 3)
                  model.modelType = f.asInt32();
              else if (f.number == 24)
                  marksWordEnds = f.asBool();
              else if (f.number == 35)
                  model.hasByteFallback = f.asBool();
              else if (f.number == 41)
                  model.bos = f.asInt32();
              else if (f.number == 42)
                  model.eos = f.asInt32();
              return {};
          });
    if (read && marksWordEnds)
        return unsupported(file, "treat_whitespace_as_suffix is not supported.");
    return read;
}

/// `isForDecoding`: of the denormalizer, which may hold nothing but rules.
Result<void> readNormalizer(
    std::string_view message, Model& model, bool isForDecoding, const std::string& file)
{
    return forEachField(
        message, file + ": normalizer_spec", [&](const WireField& f) -> Result<void> {
            if (f.isBytes && (f.number == 2 || f.number == 6) && !f.bytes.empty())
                return unsupported(
                    file, "the character rules of its normalizer are not supported.");
            if (f.isBytes || isForDecoding)
                return {};
            if (f.number == 3)
                model.addsDummyPrefix = f.asBool();
            else if (f.number == 4)
                model.removesExtraSpaces = f.asBool();
            else if (f.number == 5)
                model.escapesSpaces = f.asBool();
            return {};
        });
}

} // namespace

Result<SentencePieceModel> SentencePieceModel::parse(
    std::string_view bytes, const std::string& file)
{
    Model model;
    const auto read = forEachField(bytes, file, [&](const WireField& field) -> Result<void> {
        if (!field.isBytes)
            return {};
        if (field.number == 1)
            return readPiece(field.bytes, model, file);
        if (field.number == 2)
            return readTrainer(field.bytes, model, file);
        if (field.number == 3 || field.number == 5)
            return readNormalizer(field.bytes, model, field.number == 5, file);
        return {};
    });
    if (!read)
        return fail(read.error());
    const auto unknowns = std::count_if(model.pieces.begin(), model.pieces.end(),
        [](const Piece& piece) { return piece.type == Type::Unknown; });
    if (unknowns != 1)
        return fail(Error::Code::InvalidFile,
            file + ": has " + std::to_string(unknowns)
                + " unknown pieces where a SentencePiece model has one.");
    if (model.pieces.size() > static_cast<std::size_t>(kMaxTokenId))
        return fail(Error::Code::InvalidFile, file + ": has too many pieces.");
    if (model.modelType != 2) {
        const char* name = model.modelType == 1 ? "unigram"
            : model.modelType == 3              ? "word"
            : model.modelType == 4              ? "char"
                                                : "of unknown type";
        return unsupported(file,
            std::string("SentencePiece models of type ") + name
                + " are not supported; only BPE is.");
    }
    return model;
}

} // namespace core
