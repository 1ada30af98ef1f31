#include "serve.h"

#include "core/child_program.h"
#include "core/memory.h"

#include <stdio.h>
#include <string.h>

/* One request. */
typedef struct job {
    const lvk_decoder *decoder;
    lvk_decoder_request request;
    const uint8_t *data;
    const char *name;
    lvk_image_need need;
} job;

/* Whether memory or the picture fails: what the other process is told of either. */
static lvk_status put_failure(lvk_status status) {
    lvk_decoder_answer answer = {.report.status = (int32_t)status, .worn = lvk_child_is_worn()};
    snprintf(answer.report.line, sizeof answer.report.line, "%s", lvk_error_message());
    return lvk_parent_put(&answer, sizeof answer);
}

/* Tells what the picture needs, and waits for the verdict. */
static lvk_status ask_to_go_on(const job *j, bool *go_on) {
    const lvk_decoder_answer answer = {.need = j->need};
    lvk_decoder_verdict verdict;
    LVK_TRY(lvk_parent_put(&answer, sizeof answer));
    LVK_TRY(lvk_parent_get(&verdict, sizeof verdict));
    *go_on = verdict == LVK_DECODER_GO_ON;
    return LVK_OK;
}

/* The answer and its pixels lie side by side, so that they are one message. */
static lvk_status decode(const job *j) {
    const size_t pixels = lvk_pixel_bytes(&j->need);
    lvk_decoder_answer *answer = lvk_alloc(1, sizeof *answer + pixels);
    if (!answer)
        return put_failure(LVK_ERROR_MEMORY);
    lvk_decoded decoded = {.pixels = (uint8_t *)(answer + 1)};
    lvk_status status =
        lvk_decoder_decode(j->decoder, j->name, j->data, (size_t)j->request.size, &j->need, &decoded);
    if (status == LVK_OK) {
        answer->need = j->need;
        answer->decoded = 1;
        answer->bits = decoded.bits;
        answer->bits_told = decoded.bits_told;
        answer->worn = lvk_child_is_worn();
        status = lvk_parent_put(answer, sizeof *answer + pixels);
    } else {
        status = put_failure(status);
    }
    lvk_free(answer);
    return status;
}

static lvk_status do_job(job *j) {
    bool go_on = true;
    lvk_status status = lvk_decoder_measure(j->decoder, j->name, j->data, (size_t)j->request.size, &j->need);
    if (status == LVK_OK)
        status = lvk_decoder_check_side(j->name, &j->need);
    if (status != LVK_OK)
        return put_failure(status);
    if (lvk_decoder_bytes(&j->need) > j->request.room)
        LVK_TRY(ask_to_go_on(j, &go_on));
    return go_on ? decode(j) : LVK_OK;
}

static lvk_status answer_request(const lvk_decoder *const decoders[]) {
    job j = {.decoder = NULL};
    LVK_TRY(lvk_parent_get(&j.request, sizeof j.request));
    if (j.request.format >= LVK_DECODER_COUNT || j.request.name_size == 0)
        return LVK_ERROR_ARGUMENT;
    const size_t size = (size_t)j.request.size + j.request.name_size;
    uint8_t *bytes = lvk_alloc(size, 1);
    if (!bytes) /* what was not read is still to come: this process is of no more use */
        return put_failure(LVK_ERROR_MEMORY) == LVK_OK ? LVK_ERROR_MEMORY : LVK_ERROR_IO;
    lvk_status status = lvk_parent_get(bytes, size);
    if (status == LVK_OK) {
        bytes[size - 1] = '\0';
        j.data = bytes;
        j.name = (const char *)bytes + j.request.size;
        j.decoder = decoders[j.request.format];
        status = do_job(&j);
    }
    lvk_free(bytes);
    return status;
}

void lvk_decoder_serve(const lvk_decoder *const decoders[LVK_DECODER_COUNT]) {
    while (answer_request(decoders) == LVK_OK)
        continue;
}
