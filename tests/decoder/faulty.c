/* The program of the test `decoder`: decodes as the real one does, but for names that ask for a fault. */
#define _GNU_SOURCE /* syscall */
#include "serve.h"

#include "core/child_program.h"
#include "core/resource.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool asks_for(const char *name, const char *fault) {
    return strncmp(name, fault, strlen(fault)) == 0;
}

static void sleep_for_good(void) {
    static int never;
    for (;;)
        (void)syscall(SYS_futex, &never, 0, 0, NULL, NULL, 0); /* 0: FUTEX_WAIT */
}

static void put_and_sleep(const lvk_decoder_answer *answer) {
    if (lvk_parent_put(answer, sizeof *answer) == LVK_OK)
        sleep_for_good();
}

static void burn_time(double seconds) {
    while (seconds == 0 || lvk_process_cpu_seconds() < seconds)
        continue;
}

/* An answer that only somebody would give who has taken over the program. */
static void lie(const char *name, const lvk_image_need *need) {
    lvk_decoder_answer answer = {.need = *need, .decoded = 1};
    if (asks_for(name, "lie-status"))
        answer.report.status = 77;
    else if (asks_for(name, "lie-width"))
        answer.need.width = 1U << 31;
    else if (asks_for(name, "lie-height"))
        answer.need.height = 0;
    else if (asks_for(name, "lie-working"))
        answer.need.working = SIZE_MAX;
    else if (asks_for(name, "lie-black"))
        answer.need.black = 255;
    else if (asks_for(name, "lie-bits"))
        answer.bits = 77;
    else if (asks_for(name, "lie-large")) /* more than it may need without a question */
        answer.need.width = answer.need.height = LVK_IMAGE_MOST_SIDE;
    else if (asks_for(name, "lie-small")) /* a question where there is none to ask */
        answer.decoded = 0;
    put_and_sleep(&answer);
}

static lvk_status measure(const char *name, const uint8_t *data, size_t size, lvk_image_need *need) {
    if (asks_for(name, "crash-measure"))
        abort();
    LVK_TRY(lvk_png.measure(name, data, size, need));
    if (asks_for(name, "lie"))
        lie(name, need);
    if (asks_for(name, "large")) /* than is decoded without a question */
        need->working = (size_t)64 << 20;
    if (asks_for(name, "vast")) /* than a usual process has */
        need->working = (size_t)1100 << 20;
    return LVK_OK;
}

/* Another picture than the question was about. */
static void change(const lvk_image_need *need) {
    lvk_decoder_answer answer = {.need = *need, .decoded = 1};
    ++answer.need.width;
    put_and_sleep(&answer);
}

static lvk_status decode(const char *name, const uint8_t *data, size_t size, const lvk_image_need *need,
                         lvk_decoded *decoded) {
    if (asks_for(name, "crash-decode") || asks_for(name, "large-crash"))
        abort();
    if (asks_for(name, "leave"))
        _exit(0);
    if (asks_for(name, "hang"))
        burn_time(0);
    if (asks_for(name, "slow"))
        burn_time(0.6);
    if (asks_for(name, "sleep"))
        sleep_for_good();
    if (asks_for(name, "large-change"))
        change(need);
    if (asks_for(name, "forget"))
        return lvk_fail(LVK_ERROR_MEMORY, "out of memory");
    return lvk_png.decode(name, data, size, need, decoded);
}

static const lvk_decoder faulty = {"PNG", NULL, measure, decode};

int main(void) {
    static const lvk_decoder *const decoders[LVK_DECODER_COUNT] = {
        [LVK_DECODER_PNG] = &faulty,
        [LVK_DECODER_JPEG] = &lvk_jpeg,
        [LVK_DECODER_TIFF] = &lvk_tiff,
        [LVK_DECODER_WEBP] = &lvk_webp,
    };
    if (lvk_child_begin() == LVK_OK)
        lvk_decoder_serve(decoders);
    _exit(0);
}
