/* timing.csv of a run that is resumed: what is whole is kept, and a line says what is not. */
#include "support/scratch.h"

#include "core/file.h"
#include "core/memory.h"
#include "support/log_text.h"
#include "train/timing.h"

#include <criterion/criterion.h>
#include <string.h>

static lvk_run_folder *run;

static void begin(void) {
    scratch_create();
    cr_assert_eq(lvk_run_folder_create(scratch_path("r"), "cnn", &run), LVK_OK, "%s", lvk_error_message());
}

static void end(void) {
    lvk_run_folder_close(&run);
    scratch_remove();
}

TestSuite(timing, .init = begin, .fini = end);

#define HEADER "epoch,seconds,images_per_second,seconds_waiting_for_images,device_memory_peak_bytes\n"
#define FIRST  "1,61.332,5.876,0.094,72686080\n"
#define SECOND "2,82.569,4.205,0.127,72686080\n"

/* Renews the file `before` behind epoch `epochs`. */
static void renew(const char *before, size_t size, uint32_t epochs) {
    const lvk_status status = lvk_file_write(lvk_run_folder_file(run, LVK_RUN_TIMING), before, size);
    log_text_begin();
    cr_assert(status == LVK_OK && lvk_timing_renew(run, epochs) == LVK_OK, "%s", lvk_error_message());
}

static void expect_renewed(const char *before, size_t size, uint32_t epochs, const char *after) {
    void *text = NULL;
    renew(before, size, epochs);
    (void)!lvk_file_read(lvk_run_folder_file(run, LVK_RUN_TIMING), 1 << 20, &text, &(size_t){0});
    cr_expect_str_eq((const char *)text, after);
    lvk_free(text);
}

#define EXPECT_RENEWED(before, epochs, after) expect_renewed(before, sizeof(before) - 1, epochs, after)

Test(timing, whole_rows_are_kept_without_a_word) {
    EXPECT_RENEWED(HEADER FIRST SECOND, 2, HEADER FIRST SECOND);
    EXPECT_RENEWED(HEADER SECOND, 2, HEADER SECOND); /* a kill between checkpoint and row */
    EXPECT_RENEWED(HEADER FIRST SECOND, 1, HEADER FIRST);
    EXPECT_RENEWED(HEADER FIRST SECOND, 0, HEADER);
    EXPECT_RENEWED(HEADER "1,61.332,5.876,0.094,7", 1, HEADER "1,61.332,5.876,0.094,7\n");
    cr_expect_str_eq(log_text, "");
    const lvk_timing row = {2, 82.569, 4.205, 0.127, 72686080};
    EXPECT_RENEWED(HEADER FIRST, 1, HEADER FIRST);
    cr_assert_eq(lvk_timing_append(run, &row), LVK_OK, "%s", lvk_error_message());
    EXPECT_RENEWED(HEADER FIRST SECOND, 2, HEADER FIRST SECOND);
}

Test(timing, damaged_rows_are_left_out_and_told) {
    static const char *const wrong[] = {"",          "x",          "2",           "0,1,1,1,1",
                                        "1,1,1,1,1", "2,1,1,1",    "2,1,1,1,1,1", "2,nan,1,1,1",
                                        "2,1,,1,1",  "2,-1,1,1,1", "-2,1,1,1,1",  "2.5,1,1,1,1"};
    char before[512];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        const int size = snprintf(before, sizeof before, HEADER FIRST "%s\n3,1,1,1,1\n", wrong[i]);
        expect_renewed(before, (size_t)size, 3, HEADER FIRST "3,1,1,1,1\n");
        LOG_EXPECT_ONCE("timing.csv:3: is no row of an epoch; 1 line is left out");
    }
    EXPECT_RENEWED(HEADER "\0" FIRST FIRST "x\n", 1, HEADER FIRST);
    LOG_EXPECT_ONCE("timing.csv:2: is no row of an epoch; 2 lines are left out");
}

Test(timing, a_file_of_something_else_is_begun_anew_and_told) {
    EXPECT_RENEWED("", 1, HEADER);
    LOG_EXPECT_ONCE("timing.csv: has not the columns");
    EXPECT_RENEWED("epoch,secon", 1, HEADER);
    LOG_EXPECT_ONCE("it is begun anew");
    EXPECT_RENEWED(FIRST SECOND, 2, HEADER);
    LOG_EXPECT_ONCE("timing.csv: has not the columns");
}

Test(timing, a_missing_file_is_told) {
    log_text_begin();
    cr_assert_eq(lvk_timing_renew(run, 1), LVK_OK); /* a kill before the first row */
    cr_expect_str_eq(log_text, "");
    cr_assert_eq(lvk_timing_renew(run, 2), LVK_OK);
    LOG_EXPECT_ONCE("timing.csv: is missing; it is begun anew, without the times of 2 epochs");
    cr_expect_not(lvk_run_folder_has(run, LVK_RUN_TIMING));
}
