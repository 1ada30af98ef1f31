/* What a data set keeps in memory for each of its images besides the path: data sets of some hundred thousand
 * must fit. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "core/memory_use.h"
#include "core/text.h"
#include "leukvk/dataset.h"

#include <malloc.h>
#include <stdatomic.h>

TestSuite(data_size, .init = tree_create, .fini = tree_remove);

enum { IMAGES = 3000, SIDE = 32, MOST_BYTES = 135 };

/* Different pictures in folders a and b, and a table of them. */
static void write_images(void) {
    uint8_t pixels[SIDE * SIDE * 3] = {0};
    lvk_text table = {0};
    lvk_text_add(&table, "path,label\n");
    for (int i = 0; i < IMAGES; ++i) {
        char path[64];
        void *data;
        size_t size;
        snprintf(path, sizeof path, "set/%c/image_%06d.png", "ab"[i % 2], i);
        pixels[0] = (uint8_t)(i % 251 + 1);
        pixels[SIDE * SIDE * 3 / 2] = (uint8_t)(i / 251 + 1);
        cr_assert_eq(lvk_png_encode(pixels, SIDE, SIDE, 3, &data, &size), LVK_OK);
        tree_write(path, data, size);
        lvk_free(data);
        lvk_text_add(&table, "%s,%c\n", path, "ab"[i % 2]);
    }
    cr_assert_not(table.failed);
    tree_write_text("set.csv", table.data);
    lvk_text_finish(&table);
}

static atomic_uint_fast64_t live_bytes; /* as the C library has rounded them */

static void count_bytes(void *memory, bool given) {
    const size_t bytes = malloc_usable_size(memory);
    if (given)
        atomic_fetch_add(&live_bytes, bytes);
    else
        atomic_fetch_sub(&live_bytes, bytes);
}

static void expect_small(const char *what, const uint64_t before, lvk_dataset **dataset) {
    uint64_t kept = atomic_load(&live_bytes) - before;
    cr_assert_eq(lvk_dataset_image_count(*dataset), IMAGES);
    for (size_t i = 0; i < IMAGES; ++i)
        kept -= strlen(lvk_dataset_image(*dataset, i)->path) + 1;
    cr_expect_leq(kept, (uint64_t)MOST_BYTES * IMAGES, "%s: %d bytes an image", what, (int)(kept / IMAGES));
    lvk_dataset_destroy(dataset);
    cr_assert_eq(atomic_load(&live_bytes), before);
}

Test(data_size, an_image_costs_few_bytes) {
    write_images();
    lvk_alloc_watch(count_bytes);
    for (int i = 0; i < 2; ++i) {
        const char *source = i ? "set.csv" : "set";
        const uint64_t before = atomic_load(&live_bytes);
        lvk_dataset *dataset;
        cr_assert_eq(lvk_dataset_create(tree_path(source), NULL, &dataset), LVK_OK, "%s",
                     lvk_error_message());
        expect_small(source, before, &dataset);
    }
    const char *named = tree_path("set");
    const uint64_t before = atomic_load(&live_bytes);
    lvk_dataset *dataset;
    cr_assert_eq(lvk_dataset_create_from_files(&named, 1, NULL, &dataset), LVK_OK);
    expect_small("named folder", before, &dataset);
}
