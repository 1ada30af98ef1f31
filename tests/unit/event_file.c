/* Event files for TensorBoard: framing, and what is left of a file that is gone on with. tests/e2e/watching.py reads
 * them by a reader of its own. */
#include "support/scratch.h"

#include "core/file.h"
#include "core/memory.h"
#include "train/event_file.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(event_file, .init = scratch_create, .fini = scratch_remove);

/* RFC 3720, B.4, and the check value of CRC catalogues. */
Test(event_file, crc) {
    uint8_t bytes[32];
    cr_expect_eq(lvk_crc32c("123456789", 9), 0xE3069283U);
    cr_expect_eq(lvk_crc32c("", 0), 0);
    memset(bytes, 0, sizeof bytes);
    cr_expect_eq(lvk_crc32c(bytes, sizeof bytes), 0x8A9136AAU);
    memset(bytes, 0xFF, sizeof bytes);
    cr_expect_eq(lvk_crc32c(bytes, sizeof bytes), 0x62A8AB43U);
    for (int i = 0; i < 32; ++i)
        bytes[i] = (uint8_t)i;
    cr_expect_eq(lvk_crc32c(bytes, sizeof bytes), 0x46DD794EU);
}

/* The first record that TensorFlow's writer of event files writes, but for its time, which is 2 here: byte by byte. */
Test(event_file, a_record_is_framed_as_tfrecord) {
    static const uint8_t data[] = {0x09, 0,   0,   0,   0,   0,   0,   0,   0x40, 0x1A, 0x0D, 'b',
                                   'r',  'a', 'i', 'n', '.', 'E', 'v', 'e', 'n',  't',  ':',  '2'};
    char version[] = "brain.Event:2";
    Tensorboard__Event event = TENSORBOARD__EVENT__INIT;
    lvk_text records = {0};
    event.wall_time = 2;
    event.what_case = TENSORBOARD__EVENT__WHAT_FILE_VERSION;
    event.file_version = version;
    lvk_event_add(&records, &event);
    cr_assert_eq(records.length, 8 + 4 + sizeof data + 4);
    cr_expect_eq(memcmp(records.data, "\x18\0\0\0\0\0\0\0\xA3\x7F\x4B\x22", 12), 0,
                 "24 bytes and the masked CRC of that number, as in every such file");
    cr_expect_eq(memcmp(records.data + 12, data, sizeof data), 0);
    lvk_text_finish(&records);
}

/* Appends events of the steps `first` to `last` to the file. */
static void append_steps(const char *path, int64_t first, int64_t last) {
    lvk_text records = {0};
    for (int64_t step = first; step <= last; ++step) {
        Tensorboard__Event event = TENSORBOARD__EVENT__INIT;
        event.step = step;
        lvk_event_add(&records, &event);
    }
    cr_assert_eq(lvk_event_file_append(path, &records), LVK_OK, "%s", lvk_error_message());
    lvk_text_finish(&records);
}

typedef struct visit {
    int64_t most, seen;
} visit;

static bool up_to(void *user, const Tensorboard__Event *event) {
    visit *v = user;
    if (event->step > v->most)
        return false;
    v->seen = event->step;
    cr_expect_gt(event->wall_time, 1e9);
    return true;
}

static size_t size_of(const char *path) {
    void *data;
    size_t size;
    cr_assert_eq(lvk_file_read(path, 1 << 20, &data, &size), LVK_OK);
    lvk_free(data);
    return size;
}

static void resume(const char *path, int64_t most, int64_t seen, size_t size) {
    visit v = {most, 0};
    cr_assert_eq(lvk_event_file_resume(path, up_to, &v), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(v.seen, seen, "%d", (int)v.seen);
    cr_expect_eq(size_of(path), size, "%zu", size_of(path));
}

static void change_byte(const char *path, long place) {
    FILE *file = fopen(path, "r+b");
    cr_assert(file && fseek(file, place, SEEK_SET) == 0);
    const int byte = fgetc(file);
    cr_assert(fseek(file, place, SEEK_SET) == 0);
    fputc(byte ^ 1, file);
    cr_assert_eq(fclose(file), 0);
}

Test(event_file, what_a_resumed_training_does_not_have_is_cut_off) {
    const char *path = scratch_path("events");
    append_steps(path, 1, 4);
    const size_t record = size_of(path) / 4;
    resume(path, 9, 4, 4 * record);
    resume(path, 3, 3, 3 * record);
    append_steps(path, 4, 5);
    resume(path, 9, 5, 5 * record);
    cr_assert_eq(truncate(path, (off_t)(5 * record - 1)), 0); /* killed while it wrote */
    resume(path, 9, 4, 4 * record);
    change_byte(path, (long)(3 * record) + 2); /* of a length */
    resume(path, 9, 3, 3 * record);
    change_byte(path, (long)(2 * record) + 14); /* of an event */
    resume(path, 9, 2, 2 * record);
    cr_assert_eq(truncate(path, 0), 0);
    resume(path, 9, 0, 0);
}

Test(event_file, another_file_is_left_as_it_is) {
    const char *path = scratch_path("events");
    visit v = {9, 0};
    cr_assert_eq(lvk_file_write(path, "some text, longer than the head of a record", 43), LVK_OK);
    cr_expect_eq(lvk_event_file_resume(path, up_to, &v), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "has no events of this training"), "%s",
                       lvk_error_message());
    cr_expect_eq(size_of(path), 43);
    cr_assert_eq(remove(path), 0);
    append_steps(path, 7, 8);
    v = (visit){6, 0};
    cr_expect_eq(lvk_event_file_resume(path, up_to, &v), LVK_ERROR_FORMAT, "no event is wanted");
    cr_expect_eq(lvk_event_file_resume(scratch_path("none"), up_to, &v), LVK_ERROR_IO);
    cr_assert_eq(mkdir(scratch_path("folder"), 0777), 0);
    lvk_text records = {0};
    cr_expect_eq(lvk_event_file_append(scratch_path("folder"), &records), LVK_ERROR_IO);
}
