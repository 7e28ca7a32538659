#include "ui/models/hub/known_releases.h"

namespace ui {

const std::vector<KnownRelease>& knownReleases()
{
    constexpr auto kModel = HubKind::Model;
    constexpr auto kDictionary = HubKind::Dictionary;
    static const std::vector<KnownRelease> kReleases{
        {"openai-community/gpt2", kModel, "0.1 B"},
        {"EleutherAI/pythia-70m-deduped", kModel, "0.07 B"},
        {"EleutherAI/pythia-160m-deduped", kModel, "0.2 B"},
        {"google/gemma-2-2b", kModel, "2.6 B, gated"},
        {"google/gemma-2-2b-it", kModel, "2.6 B, gated"},
        {"google/gemma-2-9b", kModel, "9 B, gated"},
        {"google/gemma-3-270m", kModel, "0.3 B, gated"},
        {"google/gemma-3-1b-pt", kModel, "1 B, gated"},
        {"google/gemma-3-1b-it", kModel, "1 B, gated"},
        {"meta-llama/Llama-3.2-1B", kModel, "1.2 B, gated"},
        {"meta-llama/Llama-3.1-8B", kModel, "8 B, gated"},
        {"mistralai/Mistral-7B-v0.1", kModel, "7 B"},
        {"Qwen/Qwen2.5-0.5B", kModel, "0.5 B"},
        {"Qwen/Qwen3-0.6B", kModel, "0.6 B"},
        {"Qwen/Qwen3-1.7B", kModel, "1.7 B"},
        {"Qwen/Qwen3-4B", kModel, "4 B"},
        {"deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", kModel, "1.8 B"},
        {"deepseek-ai/DeepSeek-R1-Distill-Llama-8B", kModel, "8 B"},

        {"jbloom/GPT2-Small-SAEs-Reformatted", kDictionary, "openai-community/gpt2"},
        {"jbloom/GPT2-Small-OAI-v5-32k-resid-post-SAEs", kDictionary, "openai-community/gpt2"},
        {"jbloom/GPT2-Small-OAI-v5-32k-mlp-out-SAEs", kDictionary, "openai-community/gpt2"},
        {"jbloom/GPT2-Small-OAI-v5-32k-attn-out-SAEs", kDictionary, "openai-community/gpt2"},
        {"jbloom/Gemma-2b-Residual-Stream-SAEs", kDictionary, "google/gemma-2b"},
        {"google/gemma-scope-2b-pt-res", kDictionary, "google/gemma-2-2b"},
        {"google/gemma-scope-2b-pt-mlp", kDictionary, "google/gemma-2-2b"},
        {"google/gemma-scope-2b-pt-att", kDictionary, "google/gemma-2-2b"},
        {"google/gemma-scope-2b-pt-transcoders", kDictionary, "google/gemma-2-2b"},
        {"mntss/clt-gemma-2-2b-2.5M", kDictionary, "google/gemma-2-2b"},
        {"google/gemma-scope-9b-pt-res", kDictionary, "google/gemma-2-9b"},
        {"google/gemma-scope-9b-it-res", kDictionary, "google/gemma-2-9b-it"},
        {"google/gemma-scope-27b-pt-res", kDictionary, "google/gemma-2-27b"},
        {"mwhanna/qwen3-0.6b-transcoders-lowl0", kDictionary, "Qwen/Qwen3-0.6B"},
        {"mwhanna/qwen3-1.7b-transcoders-lowl0", kDictionary, "Qwen/Qwen3-1.7B"},
        {"mwhanna/qwen3-4b-transcoders", kDictionary, "Qwen/Qwen3-4B"},
        {"fnlp/Llama3_1-8B-Base-LXR-8x", kDictionary, "meta-llama/Llama-3.1-8B"},
        {"fnlp/Llama3_1-8B-Base-LXM-8x", kDictionary, "meta-llama/Llama-3.1-8B"},
        {"fnlp/Llama-Scope-R1-Distill", kDictionary, "deepseek-ai/DeepSeek-R1-Distill-Llama-8B"},
        {"Juliushanhanhan/llama-3-8b-it-res", kDictionary, "meta-llama/Meta-Llama-3-8B-Instruct"},
    };
    return kReleases;
}

} // namespace ui
