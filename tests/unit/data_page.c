/* The page of a data set when memory runs out anywhere; tests/e2e/data_page.py reads what is on it. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "core/memory.h"
#include "leukvk/data_page.h"

TestSuite(data_page, .init = tree_create, .fini = tree_remove);

/* A picture of 32 x 32 pixels whose first `area` are of one colour. */
static void write_cell(const char *relative, uint32_t area, uint8_t red) {
    enum { SIDE = 32 };
    uint8_t pixels[SIDE * SIDE * 3] = {0};
    for (uint32_t i = 0; i < area; ++i)
        memcpy(pixels + 3 * (size_t)i, (const uint8_t[]){red, 60, 120}, 3);
    void *data;
    size_t size;
    cr_assert_eq(lvk_png_encode(pixels, SIDE, SIDE, 3, &data, &size), LVK_OK);
    tree_write(relative, data, size);
    lvk_free(data);
}

Test(data_page, memory_may_run_out_anywhere) {
    write_cell("t/all/UID_1_1_1_all.png", 50, 100);
    write_cell("t/all/UID_1_1_2_all.png", 60, 101);
    write_cell("t/hem/UID_H1_1_1_hem.png", 50, 100); /* a contradiction */
    write_cell("t/hem/UID_H2_1_1_hem.png", 70, 140);
    tree_write("t/hem/UID_H2_1_2_hem.png", "no picture", 10);
    lvk_dataset *dataset;
    cr_assert_eq(lvk_dataset_create(tree_path("t"), NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    char path[256];
    snprintf(path, sizeof path, "%s", tree_path("page.html"));
    const lvk_data_page_options options = {.threads = 1, .cells = 1};
    const uint64_t live = lvk_alloc_live();
    lvk_status status = LVK_ERROR_MEMORY;
    uint64_t runs = 0;
    for (uint64_t n = 1; status == LVK_ERROR_MEMORY; n += 1 + n / 16, ++runs) {
        (void)lvk_alloc_fail_after(n);
        status = lvk_data_page_write(dataset, &options, path);
        (void)lvk_alloc_fail_after(0);
        cr_expect_eq(lvk_alloc_live(), live, "allocation %d: memory is lost", (int)n);
    }
    cr_expect_eq(status, LVK_OK, "%s", lvk_error_message());
    cr_expect_gt(runs, 40);
    cr_expect_eq(lvk_data_page_write(dataset, &(lvk_data_page_options){.cells = 1001}, path),
                 LVK_ERROR_ARGUMENT);
    cr_expect_eq(lvk_data_page_write(dataset, &(lvk_data_page_options){.crop = "circle"}, path),
                 LVK_ERROR_ARGUMENT);
    cr_expect_eq(lvk_alloc_live(), live);
    lvk_dataset_destroy(&dataset);
}
