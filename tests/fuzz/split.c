/* Files of splits: read, compared with a data set, and written again.
 * Covers: src/dataset/{split,split_file,split_overlap}.c src/core/json_file.c */
#include "support.h"

#include "leukvk/split.h"
#include "pictures.h"

#include <string.h>

static const lvk_dataset *dataset;

void fuzz_begin(void) {
    dataset = fuzz_dataset();
}

/* What was read is written, read and written again, to the same bytes. */
static void write_again(const lvk_split *split) {
    const char *first_path = fuzz_file("first.json", "", 0), *second_path = fuzz_file("second.json", "", 0);
    lvk_split *again = NULL;
    size_t first_size, second_size;
    REQUIRE(fuzz_ok(lvk_split_write(split, first_path)));
    REQUIRE(fuzz_ok(lvk_split_read(first_path, dataset, &again)));
    REQUIRE(fuzz_ok(lvk_split_write(again, second_path)));
    void *first = fuzz_read(first_path, &first_size), *second = fuzz_read(second_path, &second_size);
    REQUIRE(first_size == second_size && memcmp(first, second, first_size) == 0);
    lvk_free(first);
    lvk_free(second);
    lvk_split_destroy(&again);
}

void fuzz_one(const uint8_t *data, size_t size) {
    const char *path = fuzz_file("split.json", data, size);
    lvk_split_overlap overlap;
    lvk_split *split = NULL;
    (void)fuzz_ok(lvk_split_compare(path, dataset, &overlap));
    if (!fuzz_ok(lvk_split_read(path, dataset, &split)))
        return;
    for (int part = 0; part < LVK_SPLIT_PART_COUNT; ++part) {
        size_t count;
        const uint32_t *images = lvk_split_images(split, (lvk_split_part)part, &count);
        for (size_t i = 0; i < count; ++i)
            REQUIRE(images[i] < lvk_dataset_image_count(dataset) && (i == 0 || images[i - 1] < images[i]));
    }
    write_again(split);
    lvk_split_destroy(&split);
}
