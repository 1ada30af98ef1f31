/* Options of programs that were built with other headers: structs that are shorter, or longer, than the library's. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "core/options.h"
#include "leukvk/leukvk.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct first_options {
    size_t struct_size;
    int number;
} first_options;

typedef struct later_options {
    size_t struct_size;
    int number, added;
} later_options;

static lvk_status take(const void *given, later_options *taken) {
    memset(taken, 0xff, sizeof *taken);
    return lvk_options_take(taken, sizeof *taken, offsetof(later_options, added), given, "later_options");
}

/* Memory of `size` bytes behind which nothing may be read. */
static void *fenced(size_t size) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(pages != MAP_FAILED && mprotect(pages + page, page, PROT_NONE) == 0);
    return pages + page - size;
}

Test(options, of_the_first_version) {
    later_options taken;
    const size_t size = offsetof(later_options, added);
    void *given = fenced(size);                  /* not aligned */
    memcpy(given, &(first_options){0, 7}, size); /* `= {0}` names no size */
    cr_expect_eq(take(given, &taken), LVK_OK);
    cr_expect(taken.struct_size == sizeof taken && taken.number == 7 && taken.added == 0);
    memcpy(given, &size, sizeof size);
    cr_expect_eq(take(given, &taken), LVK_OK);
    cr_expect(taken.number == 7 && taken.added == 0);
    cr_expect_eq(take(NULL, &taken), LVK_OK);
    cr_expect(taken.struct_size == sizeof taken && taken.number == 0 && taken.added == 0);
}

Test(options, of_a_later_version) {
    struct {
        later_options options;
        uint64_t unknown;
    } given = {{sizeof given, 7, 8}, 0};
    later_options taken;
    cr_expect_eq(take(&given, &taken), LVK_OK, "what is not known has its default");
    cr_expect(taken.number == 7 && taken.added == 8 && taken.struct_size == sizeof taken);
    given.unknown = 1;
    cr_expect_eq(take(&given, &taken), LVK_ERROR_ARGUMENT);
    cr_expect_str_eq(lvk_error_message(),
                     "later_options: has members of a later version of leukvk than " LEUKVK_VERSION);
    given.options.struct_size = 3;
    cr_expect_eq(take(&given, &taken), LVK_ERROR_ARGUMENT);
}

/* A program that knew no member but the first ones of these structs. */
Test(options, of_the_public_functions) {
    lvk_device *device = NULL;
    lvk_dataset *dataset = NULL;
    const size_t device_size = offsetof(lvk_device_options, validation);
    lvk_device_options *options = fenced(device_size);
    memcpy(options, &(lvk_device_options){.struct_size = device_size, .device = "reference"}, device_size);
    cr_assert_eq(lvk_device_open(options, &device), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq(lvk_device_get_info(device)->name, "reference");
    lvk_device_close(&device);

    const size_t reading_size = offsetof(lvk_dataset_options, positive);
    lvk_dataset_options *reading = fenced(reading_size);
    memcpy(reading, &(lvk_dataset_options){.struct_size = reading_size, .strict = true}, reading_size);
    cr_expect_eq(lvk_dataset_create_from_files(NULL, 0, reading, &dataset), LVK_ERROR_ARGUMENT);
    cr_expect_str_eq(lvk_error_message(), "no image named");

    const lvk_device_options wrong = {.struct_size = 1, .device = "reference"};
    cr_expect_eq(lvk_device_open(&wrong, &device), LVK_ERROR_ARGUMENT);
    cr_expect_null(device);
}

/* As the documents say of every struct of options. */
Test(options, none_are_the_defaults) {
    const double probabilities[] = {0.2, 0.7, 0.6, 0.9};
    const uint8_t labels[] = {0, 0, 1, 1};
    const uint32_t subjects[] = {0, 1, 2, 3};
    const lvk_scored rows = {4, probabilities, labels, NULL, subjects, 4};
    lvk_metrics low, high, low_of_zero, high_of_zero;
    cr_assert_eq(lvk_metrics_bootstrap(&rows, LVK_THRESHOLD, NULL, &low, &high), LVK_OK);
    cr_assert_eq(
        lvk_metrics_bootstrap(&rows, LVK_THRESHOLD, &(lvk_bootstrap_options){0}, &low_of_zero, &high_of_zero),
        LVK_OK);
    cr_expect(low.loss < high.loss);
    cr_expect_eq(low.loss, low_of_zero.loss);
    cr_expect_eq(high.loss, high_of_zero.loss);
}
