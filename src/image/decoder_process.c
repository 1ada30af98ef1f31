#include "image/decoder_process.h"

#include <string.h>

#define MOST_WORKING ((uint64_t)1 << 36) /* far more than any picture takes */

static lvk_status fail_answer(lvk_decoder_process *process) {
    process->failed = true;
    return lvk_fail(LVK_ERROR_FORMAT, "%s: is damaged: what its decoder answers makes no sense",
                    process->child.name);
}

static bool is_side(uint32_t side) {
    return side >= LVK_IMAGE_LEAST_SIDE && side <= LVK_IMAGE_MOST_SIDE;
}

static bool makes_sense(const lvk_decoder_answer *answer) {
    const lvk_image_need *need = &answer->need;
    return is_side(need->width) && is_side(need->height) && need->working <= MOST_WORKING &&
           (need->black == 0 || need->black == LVK_IMAGE_LOSSY_BLACK) && answer->decoded <= 1 &&
           (answer->bits == 0 || (answer->bits >= 8 && answer->bits <= 16)) && answer->bits_told <= 1;
}

static lvk_status receive(lvk_decoder_process *process, lvk_decoder_answer *answer) {
    process->failed = true;
    LVK_TRY(lvk_child_receive(&process->child, answer, sizeof *answer));
    process->over |= answer->worn != 0;
    const int32_t told = answer->report.status;
    if (told != LVK_OK && told != LVK_ERROR_FORMAT && told != LVK_ERROR_MEMORY)
        return fail_answer(process);
    process->failed = told == LVK_ERROR_MEMORY; /* a new process may have more */
    LVK_TRY(lvk_child_report_status(&process->child, &answer->report));
    return makes_sense(answer) ? LVK_OK : fail_answer(process);
}

lvk_status lvk_decoder_process_ask(lvk_decoder_process *process, uint32_t format, const void *data,
                                   size_t size, size_t room, lvk_decoder_answer *answer) {
    const char *name = process->child.name;
    lvk_decoder_request request = {
        .format = format, .name_size = (uint32_t)strlen(name) + 1, .size = size, .room = room};
    struct iovec pieces[] = {{.iov_base = &request, .iov_len = sizeof request},
                             {.iov_base = (void *)data, .iov_len = size},
                             {.iov_base = (void *)name, .iov_len = request.name_size}};
    lvk_child_send_pieces(&process->child, pieces, sizeof pieces / sizeof *pieces);
    LVK_TRY(receive(process, answer));
    const bool fits = lvk_decoder_bytes(&answer->need) <= room;
    return fits == (answer->decoded == 1) ? LVK_OK : fail_answer(process);
}

static bool is_same(const lvk_image_need *a, const lvk_image_need *b) {
    return a->width == b->width && a->height == b->height && a->working == b->working &&
           a->black == b->black && a->orientation == b->orientation && a->pages == b->pages;
}

static void send_verdict(lvk_decoder_process *process, lvk_decoder_verdict verdict) {
    lvk_child_send(&process->child, &verdict, sizeof verdict);
}

lvk_status lvk_decoder_process_go_on(lvk_decoder_process *process, lvk_decoder_answer *answer) {
    const lvk_image_need need = answer->need;
    send_verdict(process, LVK_DECODER_GO_ON);
    LVK_TRY(receive(process, answer));
    return answer->decoded == 1 && is_same(&answer->need, &need) ? LVK_OK : fail_answer(process);
}

void lvk_decoder_process_let_go(lvk_decoder_process *process) {
    send_verdict(process, LVK_DECODER_LET_GO);
}

lvk_status lvk_decoder_process_pixels(lvk_decoder_process *process, const lvk_decoder_answer *answer,
                                      uint8_t *pixels) {
    const lvk_status status = lvk_child_receive(&process->child, pixels, lvk_pixel_bytes(&answer->need));
    process->failed = status != LVK_OK;
    return status;
}
