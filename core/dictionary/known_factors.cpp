#include "core/dictionary/known_factors.h"

#include <utility>

namespace core {

std::optional<double> knownNormFactor(std::string_view folderName)
{
    constexpr std::pair<std::string_view, double> kFactors[] = {
        {"gemma_2b_blocks.12.hook_resid_post_16384", 0.21381938399317255},
        {"sae_group_gpt2_blocks.0.hook_mlp_out_24576:v1", 1.049317316132615},
        {"sae_group_gpt2_blocks.1.hook_mlp_out_24576:v0", 2.3693984005104283},
        {"sae_group_gpt2_blocks.2.hook_mlp_out_24576:v0", 1.6411934982190302},
        {"sae_group_gpt2_blocks.3.hook_mlp_out_24576:v0", 1.8958522157897557},
        {"sae_group_gpt2_blocks.4.hook_mlp_out_24576:v0", 1.81673478700627},
        {"sae_group_gpt2_blocks.5.hook_mlp_out_24576:v0", 1.550234472245924},
        {"sae_group_gpt2_blocks.6.hook_mlp_out_24576:v0", 1.3237742807210804},
        {"sae_group_gpt2_blocks.7.hook_mlp_out_24576:v0", 1.1042905114723296},
        {"sae_group_gpt2_blocks.8.hook_mlp_out_24576:v1", 0.9123762783479742},
        {"sae_group_gpt2_blocks.9.hook_mlp_out_24576:v0", 0.6955335635232373},
        {"sae_group_gpt2_blocks.10.hook_mlp_out_24576:v0", 0.3619728926727644},
        {"sae_group_gpt2_blocks.11.hook_mlp_out_24576:v2", 0.2851548652550073},
    };
    for (const auto& [name, factor] : kFactors)
        if (name == folderName)
            return factor;
    return std::nullopt;
}

} // namespace core
