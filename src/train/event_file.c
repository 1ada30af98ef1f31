#define _XOPEN_SOURCE 700 /* truncate */
#include "train/event_file.h"

#include "core/file.h"
#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 12, TAIL = 4, MOST_BYTES = 1 << 28 }; /* before and behind the data; of a file */

/* ---- framing ---- */

uint32_t lvk_crc32c(const void *data, size_t size) {
    const uint8_t *at = data;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; ++i) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78U : 0);
    }
    return ~crc;
}

/* TFRecord's mask, since a CRC of data that holds its own CRC says little. */
static uint32_t masked_crc(const void *data, size_t size) {
    const uint32_t crc = lvk_crc32c(data, size);
    return (crc >> 15 | crc << 17) + 0xA282EAD8U;
}

static void put(uint8_t *at, uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i)
        at[i] = (uint8_t)(number >> (8 * i));
}

static uint64_t get(const uint8_t *at, int bytes) {
    uint64_t number = 0;
    for (int i = 0; i < bytes; ++i)
        number |= (uint64_t)at[i] << (8 * i);
    return number;
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void lvk_event_add(lvk_text *records, Tensorboard__Event *event) {
    if (event->wall_time == 0)
        event->wall_time = seconds_now();
    const size_t size = tensorboard__event__get_packed_size(event);
    uint8_t *record = lvk_alloc(HEAD + size + TAIL, 1);
    records->failed = records->failed || !record;
    if (!record)
        return;
    put(record, size, 8);
    put(record + 8, masked_crc(record, 8), 4);
    tensorboard__event__pack(event, record + HEAD);
    put(record + HEAD + size, masked_crc(record + HEAD, size), TAIL);
    lvk_text_add_bytes(records, record, HEAD + size + TAIL);
    lvk_free(record);
}

/* The size of the whole record at the beginning of `size` bytes, with its event's bytes; 0: there is none. */
static size_t take_record(const uint8_t *at, size_t size, size_t *event) {
    if (size < HEAD || get(at + 8, 4) != masked_crc(at, 8))
        return 0;
    const uint64_t length = get(at, 8);
    if (length > size - HEAD || size - HEAD - length < TAIL ||
        get(at + HEAD + length, TAIL) != masked_crc(at + HEAD, length))
        return 0;
    *event = length;
    return HEAD + length + TAIL;
}

/* ---- the file ---- */

static lvk_status fail_errno(const char *path) {
    return lvk_fail(LVK_ERROR_IO, "%s: %s", path, strerror(errno));
}

lvk_status lvk_event_file_append(const char *path, const lvk_text *records) {
    if (records->failed)
        return LVK_ERROR_MEMORY;
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0)
        return fail_errno(path);
    lvk_status status = LVK_OK;
    for (size_t done = 0; done < records->length && status == LVK_OK;) {
        const ssize_t written = write(file, records->data + done, records->length - done);
        if (written < 0 && errno != EINTR)
            status = fail_errno(path);
        done += written > 0 ? (size_t)written : 0;
    }
    if (close(file) != 0 && status == LVK_OK)
        status = fail_errno(path);
    return status;
}

/* How many bytes hold the events that are kept. An event that cannot be unpacked is not. */
static size_t keep_events(const uint8_t *data, size_t size, lvk_event_visitor visit, void *user) {
    size_t kept = 0, length;
    for (size_t record; (record = take_record(data + kept, size - kept, &length)); kept += record) {
        Tensorboard__Event *event = tensorboard__event__unpack(NULL, length, data + kept + HEAD);
        const bool keep = event && visit(user, event);
        if (event)
            tensorboard__event__free_unpacked(event, NULL);
        if (!keep)
            break;
    }
    return kept;
}

lvk_status lvk_event_file_resume(const char *path, lvk_event_visitor visit, void *user) {
    void *data = NULL;
    size_t size = 0;
    LVK_TRY(lvk_file_read(path, MOST_BYTES, &data, &size));
    const size_t kept = keep_events(data, size, visit, user);
    lvk_free(data);
    if (size > 0 && kept == 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: has no events of this training; name another folder", path);
    return kept == size || truncate(path, (off_t)kept) == 0 ? LVK_OK : fail_errno(path);
}
