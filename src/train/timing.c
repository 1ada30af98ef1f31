#include "train/timing.h"

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"

#include <stdio.h>
#include <string.h>

static const char header[] =
    "epoch,seconds,images_per_second,seconds_waiting_for_images,device_memory_peak_bytes";

enum { MOST_BYTES = 64 << 20, ROW_SIZE = 160 };

lvk_status lvk_timing_append(lvk_run_folder *run, const lvk_timing *row) {
    char text[ROW_SIZE];
    snprintf(text, sizeof text, "%u,%.3f,%.3f,%.3f,%llu", row->epoch, row->seconds, row->images_per_second,
             row->waited, (unsigned long long)row->peak);
    return lvk_run_folder_append(run, LVK_RUN_TIMING, header, text);
}

/* The number of the row's epoch; 0: the line is no row. */
static uint32_t epoch_of(const char *line, size_t length) {
    char text[ROW_SIZE];
    uint64_t epoch = 0;
    int fields = 0;
    if (length >= sizeof text || memchr(line, '\0', length))
        return 0;
    memcpy(text, line, length);
    text[length] = '\0';
    for (char *field = text, *next; field; field = next, ++fields) {
        double value = -1;
        next = strchr(field, ',');
        if (next)
            *next++ = '\0';
        const bool whole = fields > 0 || lvk_number_parse_u64(field, UINT32_MAX, &epoch);
        if (!whole || !lvk_number_parse(field, &value) || value < 0)
            return 0;
    }
    return fields == 5 ? (uint32_t)epoch : 0;
}

/* Adds the whole rows of epochs up to `epochs`, in the order of the epochs, to `kept`, and warns of the other lines. */
static void keep_rows(const char *path, const char *text, size_t size, uint32_t epochs, lvk_text *kept) {
    const char *at = text, *end = text + size;
    uint32_t last = 0;
    size_t number = 0, damaged = 0, first = 0;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const size_t length = (size_t)((newline ? newline : end) - at);
        const uint32_t epoch = ++number > 1 ? epoch_of(at, length) : 0;
        if (epoch > last && epoch <= epochs) {
            lvk_text_add_bytes(kept, at, length);
            lvk_text_add(kept, "\n");
            last = epoch;
        } else if (number > 1 && epoch <= last) {
            first = damaged++ ? first : number;
        }
        at += length + 1;
    }
    if (damaged)
        lvk_log(LVK_LOG_WARNING, "%s:%zu: is no row of an epoch; %zu %s left out, the others are kept", path,
                first, damaged, damaged == 1 ? "line is" : "lines are");
}

/* Whether the text begins with the header's line. */
static bool has_header(const char *text, size_t size) {
    const size_t length = sizeof header - 1;
    return size > length && memcmp(text, header, length) == 0 && text[length] == '\n';
}

lvk_status lvk_timing_renew(lvk_run_folder *run, uint32_t epochs) {
    const char *path = lvk_run_folder_file(run, LVK_RUN_TIMING);
    void *data = NULL;
    size_t size = 0;
    lvk_text kept = {0};
    if (!lvk_run_folder_has(run, LVK_RUN_TIMING)) {
        if (epochs > 1)
            lvk_log(LVK_LOG_WARNING, "%s: is missing; it is begun anew, without the times of %u epochs", path,
                    epochs);
        return LVK_OK;
    }
    LVK_TRY(lvk_file_read(path, MOST_BYTES, &data, &size));
    lvk_text_add(&kept, "%s\n", header);
    if (has_header(data, size))
        keep_rows(path, data, size, epochs, &kept);
    else
        lvk_log(LVK_LOG_WARNING, "%s: has not the columns \"%s\"; it is begun anew", path, header);
    const bool same = !kept.failed && kept.length == size && memcmp(kept.data, data, size) == 0;
    const lvk_status status = kept.failed ? LVK_ERROR_MEMORY
                              : same      ? LVK_OK
                                          : lvk_file_write(path, kept.data, kept.length);
    lvk_text_finish(&kept);
    lvk_free(data);
    return status;
}
