#include "train/rank_consistency.h"

#include "core/memory.h"
#include "core/text.h"
#include "leukvk/version.h"

#include <string.h>

typedef enum item { DATA, SPLIT, SETTINGS, DEVICE, KERNELS, POSITION, PARAMETERS, ITEM_COUNT } item;

static const char *const other[ITEM_COUNT] = {"another data set",
                                              "another split",
                                              "other settings",
                                              "another device or driver",
                                              "other kernels (leukvk tune-kernels)",
                                              "another checkpoint",
                                              "other parameters"};

typedef char digests[ITEM_COUNT][LVK_DIGEST_TEXT];

lvk_status lvk_rank_consistency_check_settings(const lvk_settings *settings, const lvk_ranks *ranks) {
    if (ranks->size == 1)
        return LVK_OK;
    if (settings->options.accumulate < ranks->size)
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "--accumulate %u: %u ranks share the batches of a step, so there must be --accumulate %u or more, or at most %u ranks",
            settings->options.accumulate, ranks->size, ranks->size, settings->options.accumulate);
    return LVK_OK;
}

static lvk_status digest_text(lvk_text *text, char digest[LVK_DIGEST_TEXT]) {
    if (!text->failed)
        lvk_digest(text->data, text->length, digest);
    const lvk_status status = text->failed ? LVK_ERROR_MEMORY : LVK_OK;
    lvk_text_finish(text);
    return status;
}

static lvk_status digest_settings(const lvk_trainer *t, char digest[LVK_DIGEST_TEXT]) {
    const lvk_train_options *o = &t->settings.options;
    lvk_text text = {0};
    lvk_text_add(&text, "%s %s %u %u", lvk_version(), t->state.config_digest, o->epochs, o->patience);
    for (int c = 0; c < 3; ++c)
        lvk_text_add(&text, " %.17g/%.17g", t->info.standard.mean[c], t->info.standard.deviation[c]);
    return digest_text(&text, digest);
}

static lvk_status digest_split(const lvk_trainer *t, char digest[LVK_DIGEST_TEXT]) {
    lvk_span spans[LVK_SPLIT_PART_COUNT];
    for (int part = 0; part < LVK_SPLIT_PART_COUNT; ++part) {
        size_t count;
        const uint32_t *images = lvk_split_images(t->split, (lvk_split_part)part, &count);
        spans[part] = (lvk_span){images, count * sizeof *images};
    }
    return lvk_digest_spans(spans, LVK_SPLIT_PART_COUNT, digest);
}

static lvk_status digest_device(const lvk_trainer *t, char digest[LVK_DIGEST_TEXT]) {
    const lvk_backend_info *info = &t->network->backend->info;
    lvk_text text = {0};
    lvk_text_add(&text, "%s\n%s\n%s", info->kind, info->name, info->driver);
    return digest_text(&text, digest);
}

static lvk_status digest_state(const lvk_trainer *t, char digest[LVK_DIGEST_TEXT]) {
    const lvk_train_state *p = &t->state;
    lvk_text text = {0};
    lvk_text_add(&text, "%u %u %llu %u %u", p->epoch, p->step, (unsigned long long)p->update, p->best_epoch,
                 p->waited);
    return digest_text(&text, digest);
}

static lvk_status digest_parameters(lvk_trainer *t, char digest[LVK_DIGEST_TEXT]) {
    float *values = lvk_alloc(t->network->block_size, 1);
    if (!values)
        return LVK_ERROR_MEMORY;
    const lvk_status status = lvk_network_read(t->network, LVK_BLOCK_PARAMETERS, values);
    lvk_digest(values, t->network->block_size, digest);
    lvk_free(values);
    return status;
}

static lvk_status digest_all(lvk_trainer *t, digests own) {
    memcpy(own[KERNELS], t->kernels, LVK_DIGEST_TEXT);
    const char *fingerprint = lvk_dataset_fingerprint(t->dataset);
    lvk_digest(fingerprint, strlen(fingerprint), own[DATA]);
    LVK_TRY(digest_settings(t, own[SETTINGS]));
    LVK_TRY(digest_split(t, own[SPLIT]));
    LVK_TRY(digest_device(t, own[DEVICE]));
    LVK_TRY(digest_state(t, own[POSITION]));
    return digest_parameters(t, own[PARAMETERS]);
}

static lvk_status compare(const lvk_trainer *t, digests own, item first) {
    digests wanted;
    lvk_status status = LVK_OK;
    memcpy(wanted, own, sizeof wanted);
    lvk_ranks_broadcast(&t->ranks, 0, wanted, sizeof wanted);
    for (int i = (int)first; i < ITEM_COUNT && status == LVK_OK; ++i)
        if (memcmp(wanted[i], own[i], LVK_DIGEST_TEXT) != 0)
            status = lvk_fail(LVK_ERROR_ARGUMENT,
                              "has %s than rank 0; all ranks must train the same on devices of one kind",
                              other[i]);
    return lvk_ranks_agree(&t->ranks, status);
}

lvk_status lvk_rank_consistency_check(lvk_trainer *t) {
    digests own = {{0}};
    if (t->ranks.size == 1)
        return LVK_OK;
    LVK_TRY(lvk_ranks_agree(&t->ranks, digest_all(t, own)));
    return compare(t, own, DATA);
}

lvk_status lvk_rank_consistency_check_parameters(lvk_trainer *t) {
    digests own = {{0}};
    if (t->ranks.size == 1)
        return LVK_OK;
    LVK_TRY(lvk_ranks_agree(&t->ranks, digest_parameters(t, own[PARAMETERS])));
    return compare(t, own, PARAMETERS);
}
