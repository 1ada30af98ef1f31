/* Joined files: several models in one, whose probabilities are averaged.
 *
 *   __metadata__   "kind" "joined", "members" (their number), "temperature" and "threshold" of the mean where it has
 *                  any, and behind "member.1/", "member.2/", … the metadata of each member's model file
 *   tensors        "member.1/conv2d/kernel", …: those of the members' files behind the same prefixes
 *
 * Every member keeps its own normalization of pixels and its own temperature, which acts on its logits. All have the
 * same classes in the same order, crop and size of images; architectures may differ. */
#ifndef LVK_ARTIFACT_JOINED_MODEL_H
#define LVK_ARTIFACT_JOINED_MODEL_H

#include "artifact/checkpoint.h"
#include "leukvk/join.h"

#define LVK_JOINED_KIND "joined"

/* Fills and returns `prefix`, "member.1/" for member 0. */
enum { LVK_JOINED_PREFIX_SIZE = 24 };
char *lvk_joined_prefix(char prefix[LVK_JOINED_PREFIX_SIZE], uint32_t member);

/* Whether a model can be joined to a first one; *why says why not, else it is NULL. */
bool lvk_joined_fit(const lvk_model_info *first, const lvk_model_info *model, const char **why);

/* Reads the members of a joined file, which must outlive them. The caller destroys the first *count members, also
 * after a failure. */
LVK_MUST_USE lvk_status lvk_joined_members_read(const lvk_safetensors *file,
                                                lvk_checkpoint *members[LVK_MOST_MEMBERS], uint32_t *count);

#endif
